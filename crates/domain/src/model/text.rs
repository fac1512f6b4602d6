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

/// Whether nobody would see anything of a text: it is made of white space and of characters that
/// are not drawn (Unicode's Default_Ignorable_Code_Point, as far as it is assigned).
pub(super) fn is_invisible(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_ignorable(c))
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

fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'..='\u{e01ef}'
    )
}
