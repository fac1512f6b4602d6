//! Rules that every text from outside obeys, whatever it is for.

use crate::error::{Invalid, InvalidReason};

/// Refuses control characters, separators of lines, and characters that reorder the text around
/// them, which make one name look like another on a screen (Unicode TR 36, section 2.4).
pub(super) fn refuse_hidden(field: &'static str, text: &str) -> Result<(), Invalid> {
    match text.chars().find(|c| is_hidden(*c)) {
        None => Ok(()),
        Some('\0') => Err(Invalid::new(field, InvalidReason::Character("U+0000"))),
        Some(c) if c.is_control() => Err(Invalid::new(
            field,
            InvalidReason::Character("a control character"),
        )),
        Some('\u{2028}' | '\u{2029}') => Err(Invalid::new(
            field,
            InvalidReason::Character("a line or paragraph separator"),
        )),
        Some(_) => Err(Invalid::new(
            field,
            InvalidReason::Character("a bidirectional formatting character"),
        )),
    }
}

/// Refuses more than `limit` bytes of UTF-8.
pub(super) fn at_most_bytes(field: &'static str, text: &str, limit: usize) -> Result<(), Invalid> {
    if text.len() > limit {
        return Err(Invalid::new(
            field,
            InvalidReason::TooLong {
                limit,
                unit: "bytes",
            },
        ));
    }
    Ok(())
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}
