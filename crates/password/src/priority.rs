//! Lets everything else go first: the priority of the threads that hash.

#[cfg(target_os = "linux")]
use rustix::process::{getpriority_process, setpriority_process};

/// How nice the threads are, from 0 (as the rest of the program) to 19: at 10 a thread that wants a
/// core beside one of ordinary priority gets about a tenth of it.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Lowers the priority of the calling thread. On Linux a priority belongs to a thread, on other
/// systems to the whole process, so there it stays as it is.
pub(crate) fn lower() {
    #[cfg(target_os = "linux")]
    if let Err(error) = lower_on_linux() {
        // Hashing works all the same.
        tracing::debug!(%error, "a thread that hashes passwords keeps its ordinary priority");
    }
}

#[cfg(target_os = "linux")]
fn lower_on_linux() -> rustix::io::Result<()> {
    // A program that was started nicer still stays so.
    let niceness = getpriority_process(None)?.max(NICENESS);
    setpriority_process(None, niceness)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn only_the_thread_that_asks_becomes_nicer() {
        let before = getpriority_process(None).unwrap();
        let lowered = thread::spawn(|| {
            lower();
            getpriority_process(None).unwrap()
        });
        assert_eq!(lowered.join().unwrap(), NICENESS.max(before));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
