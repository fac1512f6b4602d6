//! What the targets ask of texts, written apart from the code that they test.

/// Whether a text holds what no text from outside may: control characters, separators of lines and
/// characters that turn the text around them.
pub(crate) fn holds_hidden(text: &str) -> bool {
    const HIDDEN: [char; 11] = [
        '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
        '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    text.chars().any(|c| c.is_control() || HIDDEN.contains(&c))
}

/// The first byte of an input, which chooses what the rest is for, and the rest.
pub(crate) fn choice(bytes: &[u8]) -> Option<(char, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((char::from(*first), rest))
}

/// The same, where the rest must be a text.
pub(crate) fn choice_and_text(bytes: &[u8]) -> Option<(char, &str)> {
    let (choice, rest) = choice(bytes)?;
    Some((choice, std::str::from_utf8(rest).ok()?))
}
