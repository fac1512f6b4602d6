//! What commands say. Nobody may read it any more, as in `magistrala-users config | head -1`: then it
//! goes unread, and nothing fails.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, StdoutLock, Write};

/// Standard output for as long as somebody reads it.
pub(super) struct Output {
    stdout: StdoutLock<'static>,
    is_read: bool,
}

impl Output {
    /// Nobody else writes there meanwhile.
    pub(super) fn lock() -> Self {
        Self {
            stdout: io::stdout().lock(),
            is_read: true,
        }
    }

    /// Whether it was read to the end so far: if not, there is no use in going on.
    pub(super) fn is_read(&self) -> bool {
        self.is_read
    }

    /// `instead`, if an error says that nobody reads any more.
    fn unless_unread<T>(&mut self, outcome: io::Result<T>, instead: T) -> io::Result<T> {
        match outcome {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_read = false;
                Ok(instead)
            }
            outcome => outcome,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.stdout.write(bytes);
        self.unless_unread(outcome, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.stdout.flush();
        self.unless_unread(outcome, ())
    }
}

/// Says something on standard output while the service runs, which must go on whatever becomes of it.
pub(super) fn say(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Says on standard error what went wrong, or may.
pub(super) fn complain(line: Arguments<'_>) {
    // There is no other place to say that this did not work.
    let _ = writeln!(io::stderr(), "{line}");
}
