//! Panics in the log, so that they are not lost between its lines and keep their request id.

use std::panic::PanicHookInfo;

/// From now on a panic is a log line instead of a text on standard error.
pub(super) fn log_them() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(
            location,
            thread = thread.name(),
            reason = message(panic),
            "a part of the program panicked"
        );
    }));
}

fn message<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("no message")
}
