//! Errors and what caused them.

use std::error::Error;
use std::fmt::Write as _;

/// An error, then what caused it, then what caused that.
pub(crate) fn sources<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| {
        (*error).source()
    })
}

/// Whether an error, or what caused it, is of a type.
pub(crate) fn any_is<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(<dyn Error>::is::<E>)
}

/// An error and what caused it as a text, without repeating what one level says like the next.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for error in sources(error) {
        let this = error.to_string();
        if this != last {
            let separator = if text.is_empty() { "" } else { ": " };
            // Writing to a string cannot fail.
            let _ = write!(text, "{separator}{this}");
        }
        last = this;
    }
    text
}
