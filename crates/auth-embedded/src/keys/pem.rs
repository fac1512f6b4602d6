//! Private keys as text (RFC 7468, section 10).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Most characters of base64 in a line.
const LINE: usize = 64;

/// The DER document in a text, which may explain itself before and after it.
pub(super) fn read(text: &str) -> Option<SecretSlice<u8>> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    let base64: SecretString = body.split_ascii_whitespace().collect::<String>().into();
    let der = STANDARD.decode(base64.expose_secret()).ok()?;
    Some(der.into())
}

/// A DER document as text.
pub(super) fn write(der: &[u8]) -> SecretString {
    let base64: SecretString = STANDARD.encode(der).into();
    let mut text = format!("{BEGIN}\n");
    let mut rest = base64.expose_secret();
    while !rest.is_empty() {
        // base64 is ASCII, so it may be cut anywhere.
        let (line, others) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = others;
    }
    text.push_str(END);
    text.push('\n');
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(text: &str) -> Option<Vec<u8>> {
        read(text).map(|der| der.expose_secret().to_vec())
    }

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 1, 47, 48, 49, 500] {
            let der = vec![7; length];
            let text = write(&der);
            assert!(text.expose_secret().lines().all(|line| line.len() <= LINE));
            assert_eq!(read_back(text.expose_secret()), Some(der));
        }
    }

    #[test]
    fn foreign_line_ends_and_comments_are_read() {
        let text = format!("made by hand\r\n{BEGIN}\r\nBwcH\r\n{END}\r\nand kept\r\n");
        assert_eq!(read_back(&text), Some(vec![7, 7, 7]));
    }

    #[test]
    fn other_texts_hold_no_key() {
        for text in [
            "",
            BEGIN,
            &format!("{BEGIN}\nBwcH\n"),
            &format!("{END}\nBwcH\n{BEGIN}"),
            &format!("{BEGIN}\nBw.H\n{END}"),
            "-----BEGIN PUBLIC KEY-----\nBwcH\n-----END PUBLIC KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nBwcH\n-----END ENCRYPTED PRIVATE KEY-----",
        ] {
            assert_eq!(read_back(text), None, "{text:?}");
        }
    }
}
