//! Bytes as the records write them.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

/// Reads pairs of hexadecimal digits.
pub(super) fn read(text: &str) -> Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        bail!("no pairs of hexadecimal digits: {text}");
    }
    (0..text.len())
        .step_by(2)
        .map(|at| {
            u8::from_str_radix(&text[at..at + 2], 16)
                .with_context(|| format!("no hexadecimal digits at {at} of {text}"))
        })
        .collect()
}

/// Writes them.
pub(super) fn write(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = [0x00, 0x0a, 0x7f, 0xff];
        assert_eq!(write(&bytes), "000a7fff");
        assert_eq!(read("000a7fff").expect("bytes"), bytes);
        assert!(read("0").is_err());
        assert!(read("0g").is_err());
        assert!(read("é").is_err());
    }
}
