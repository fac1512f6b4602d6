//! Panics in the log, so that they are not lost between its lines and keep their request id.

use std::any::Any;

/// Stands for a message that was put together when the program panicked.
const WITHHELD: &str = "its message is not shown, for it may repeat what the program worked on";

/// From now on a panic is a log line instead of a text on standard error.
pub(super) fn log_them() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let thread = std::thread::current();
        tracing::error!(
            location,
            thread = thread.name(),
            reason = message(panic.payload()),
            "a part of the program panicked"
        );
    }));
}

/// The message of a panic if it stands like that in the source. One that was put together may hold a
/// value, as those of a failed `expect` and of text cut within a character do: the place of the panic
/// has to do.
pub(crate) fn message(panic: &(dyn Any + Send)) -> &'static str {
    panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or(WITHHELD)
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    /// The message of what panics here. The hook that tests have prints it all the same.
    fn told(work: impl FnOnce() + std::panic::UnwindSafe) -> &'static str {
        message(&*catch_unwind(work).expect_err("it panics"))
    }

    #[test]
    fn a_message_of_the_source_is_told() {
        assert_eq!(told(|| panic!("as intended")), "as intended");
        let nothing: Option<u8> = std::hint::black_box(None);
        let unwrapped = told(move || {
            std::hint::black_box(nothing.unwrap());
        });
        assert!(unwrapped.contains("Option::unwrap()"), "{unwrapped}");
    }

    #[test]
    fn a_message_that_may_hold_a_value_is_not() {
        let address = std::hint::black_box("zoë@example.com".to_owned());
        let failed: Result<(), String> = std::hint::black_box(Err(address.clone()));
        for told in [
            told({
                let address = address.clone();
                move || panic!("no mail for {address}")
            }),
            told(move || failed.expect("a mail")),
            told({
                let address = address.clone();
                move || drop(address[..3].to_owned())
            }),
            told(move || std::panic::panic_any(address)),
        ] {
            assert_eq!(told, WITHHELD);
        }
    }
}
