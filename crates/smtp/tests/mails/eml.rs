//! Reads messages back (RFC 5322, RFC 2045), as strictly as a suspicious mail server.

/// A message or one of its parts.
pub(crate) struct Eml {
    /// Names and values, unfolded.
    pub(crate) headers: Vec<(String, String)>,
    body: String,
}

impl Eml {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = str::from_utf8(bytes).unwrap();
        assert!(
            !text.replace("\r\n", "").contains(['\r', '\n', '\0']),
            "a line end of its own kind: {text:?}"
        );
        assert!(text.lines().all(|line| line.len() <= 998));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let headers = head
            .replace("\r\n ", " ")
            .split("\r\n")
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect();
        Self {
            headers,
            body: body.to_owned(),
        }
    }

    /// The only header of this name.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self
            .headers
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str());
        let value = values.next().unwrap_or_else(|| panic!("no {name}"));
        assert!(values.next().is_none(), "{name} twice");
        value
    }

    pub(crate) fn header_names(&self) -> Vec<&str> {
        self.headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The parts of a multipart.
    pub(crate) fn parts(&self) -> Vec<Self> {
        let (_, boundary) = self.header("Content-Type").split_once("boundary=").unwrap();
        let delimiter = format!("--{}", boundary.trim_matches('"'));
        let (parts, end) = self.body.rsplit_once(&format!("{delimiter}--")).unwrap();
        assert_eq!(end, "\r\n");
        let between = format!("{delimiter}\r\n");
        let mut parts = parts.split(&between);
        assert_eq!(parts.next(), Some(""));
        parts.map(|part| Self::parse(part.as_bytes())).collect()
    }

    /// The text, decoded; lines end as in Unix.
    pub(crate) fn text(&self) -> String {
        assert_eq!(self.header("Content-Transfer-Encoding"), "quoted-printable");
        let mut bytes = Vec::new();
        let mut rest = self.body.as_bytes();
        while let [first, after @ ..] = rest {
            rest = match (first, after) {
                (b'=', [b'\r', b'\n', after @ ..]) => after,
                (b'=', [high, low, after @ ..]) => {
                    let digits = [*high, *low];
                    let digits = str::from_utf8(&digits).unwrap();
                    bytes.push(u8::from_str_radix(digits, 16).unwrap());
                    after
                }
                (byte, after) => {
                    assert!(byte.is_ascii());
                    bytes.push(*byte);
                    after
                }
            };
        }
        String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
    }
}
