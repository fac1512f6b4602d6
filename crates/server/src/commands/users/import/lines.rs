//! Lines of bounded length out of any bytes.

use std::io::{self, BufRead, Read as _};

/// Most bytes of a line, its end aside: as many as a body of the API has.
pub(super) const MAX_LINE_BYTES: usize = users_http::MAX_BODY_BYTES;

/// Windows programs begin texts with it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What stands behind the last line that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, in the buffer.
    Whole,
    /// One that was passed over, since it is too long.
    TooLong,
}

/// Reads line by line.
pub(super) struct Lines<R> {
    input: R,
    /// The number of the line read last, counted from 1.
    pub(super) number: u64,
    /// How many bytes were read, line ends too.
    pub(super) bytes: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            number: 0,
            bytes: 0,
        }
    }

    /// The next line that is not blank, without its end; `None` behind the last.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Line>> {
        // What ends a line may be two bytes.
        let most = MAX_LINE_BYTES as u64 + 2;
        loop {
            line.clear();
            let read = (&mut self.input).take(most).read_until(b'\n', line)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            self.bytes += read as u64;
            if line.ends_with(b"\n") {
                line.pop();
            } else if read as u64 == most {
                self.bytes += self.input.skip_until(b'\n')? as u64;
                return Ok(Some(Line::TooLong));
            }
            if line.ends_with(b"\r") {
                line.pop();
            }
            if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            if line.len() > MAX_LINE_BYTES {
                return Ok(Some(Line::TooLong));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(Line::Whole));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines with their numbers; of a long one its length, or nothing if it is too long.
    fn lines(bytes: &[u8]) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::new(bytes);
        let mut buffer = Vec::new();
        let mut found = Vec::new();
        while let Some(line) = lines.next(&mut buffer).unwrap() {
            let text = match (line, buffer.len()) {
                (Line::TooLong, _) => None,
                (Line::Whole, 0..100) => Some(String::from_utf8_lossy(&buffer).into_owned()),
                (Line::Whole, length) => Some(length.to_string()),
            };
            found.push((lines.number, text));
        }
        assert_eq!(lines.bytes, bytes.len() as u64);
        found
    }

    fn line(number: u64, text: &str) -> (u64, Option<String>) {
        (number, Some(text.to_owned()))
    }

    #[test]
    fn ends_of_any_kind_and_blank_lines_are_no_lines() {
        let text = b"\xef\xbb\xbfa\r\n\n \t\r\nb\n\r\nc\xff";
        assert_eq!(
            lines(text),
            [line(1, "a"), line(4, "b"), line(6, "c\u{fffd}")]
        );
        assert!(lines(b"").is_empty());
        assert!(lines(b"\xef\xbb\xbf\n").is_empty());
        assert_eq!(lines(b"a\n"), [line(1, "a")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_reading_goes_on() {
        for (length, is_read) in [
            (MAX_LINE_BYTES, true),
            (MAX_LINE_BYTES + 1, false),
            (MAX_LINE_BYTES + 2, false),
            (MAX_LINE_BYTES + 3, false),
            (3 * MAX_LINE_BYTES, false),
        ] {
            for end in ["\n", "\r\n"] {
                let text = format!("a{end}{}{end}b", "x".repeat(length));
                let long = is_read.then(|| length.to_string());
                assert_eq!(
                    lines(text.as_bytes()),
                    [line(1, "a"), (2, long), line(3, "b")],
                    "{length} {end:?}"
                );
                let last = is_read.then(|| length.to_string());
                assert_eq!(lines("x".repeat(length).as_bytes()), [(1, last)]);
            }
        }
    }
}
