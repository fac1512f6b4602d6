//! Header names of a length that actix-http's parser panics at.

/// Longest name that `http::HeaderName` holds; actix-http 3.20 takes for granted that none is
/// longer, though its own limit, to a whole head, is twice as much.
const LONGEST: usize = 65_535;

/// Looks at what a client sends for a name that is too long.
///
/// It need not know where heads are: hardly any JSON text or form has so many characters of names in
/// a row and then a colon. One that has ends like a head that has.
#[derive(Default)]
pub(super) struct LongNames {
    /// How many characters of names came last.
    run: usize,
}

impl LongNames {
    /// Whether one ends within these bytes, which follow those of the call before.
    pub(super) fn end_in(&mut self, bytes: &[u8]) -> bool {
        for &byte in bytes {
            if is_of_names(byte) {
                self.run += 1;
            } else {
                if byte == b':' && self.run > LONGEST {
                    return true;
                }
                self.run = 0;
            }
        }
        false
    }
}

/// RFC 9110, section 5.6.2: what a token is made of.
const fn is_of_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_seen_however_it_arrives() {
        let head = [
            b"GET / HTTP/1.1\r\n".as_slice(),
            &vec![b'x'; LONGEST + 1],
            b": 1",
        ]
        .concat();
        for piece in [1, 1000, head.len()] {
            let mut names = LongNames::default();
            assert!(
                head.chunks(piece).any(|bytes| names.end_in(bytes)),
                "{piece}"
            );
        }
    }

    #[test]
    fn what_the_parser_bears_is_let_through() {
        let name = "x".repeat(LONGEST);
        let text = "x".repeat(LONGEST + 1);
        for bytes in [
            format!("GET / HTTP/1.1\r\n{name}: 1\r\n\r\n"),
            format!("GET /{text} HTTP/1.1\r\nHost: a\r\n\r\n"),
            format!("x: {text}\r\n\r\n"),
            format!(r#"{{"{text}": "{text}"}}"#),
            format!("token={text}&password={text}%3A"),
        ] {
            assert!(!LongNames::default().end_in(bytes.as_bytes()));
        }
    }
}
