//! Templates of mails, in Go's language, as an operator may have written them.

use std::panic;
use std::thread;

use users_smtp::fuzzing::{Outcome, fill_in};

/// The stack of the threads that send mails.
const STACK_BYTES: usize = 2 << 20;

/// The most that a mail may be.
const LONGEST: usize = 1 << 20;

/// What every field of the mail holds. No template has the rare brackets by itself.
const HOSTILE: &str = "a\u{27ea}<b>\u{27eb}&\"' {{.User}}";

/// Any text as a template, and if it is one, filled in with hostile data.
///
/// It ends, within the stack of a thread and within a mebibyte; and if it is HTML, no markup of the
/// data's gets into it, unless its author vouches for it.
pub fn template(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else {
        return;
    };
    let outcome = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES);
        let filling = thread.spawn_scoped(scope, || fill_in(source, HOSTILE));
        filling
            .expect("a thread")
            .join()
            .expect("it does not panic")
    });
    let Outcome::Filled { text, is_html } = outcome else {
        return;
    };
    assert!(text.len() <= LONGEST);
    let author_vouches = source.contains("safeHTML") || source.contains('\u{27ea}');
    if is_html && !author_vouches {
        assert!(!text.contains("\u{27ea}<"), "markup of the data's: {text}");
    }
}

/// Lets the template engine panic, where the code under test catches it and calls the template
/// faulty; a fuzzer ends at the first panic, caught or not.
pub fn forgive_caught_panics() {
    let end = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let is_the_engines = panic
            .location()
            .is_some_and(|place| place.file().contains("gtmpl"));
        if !is_the_engines {
            end(panic);
        }
    }));
}
