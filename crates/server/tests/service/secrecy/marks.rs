//! Values that are known again wherever they turn up.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What must not be found, and what must not be found in the log.
#[derive(Default)]
pub(super) struct Marks {
    secrets: Vec<Mark>,
    /// Addresses and what else belongs to people: files hold it, the log must not.
    personal: Vec<Mark>,
}

struct Mark {
    what: &'static str,
    value: String,
    /// Spellings in which the case of letters means nothing.
    caseless: Vec<String>,
    /// Spellings in which it does.
    exact: Vec<String>,
}

impl Mark {
    fn new(what: &'static str, value: &str, bytes: &[u8]) -> Self {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut caseless = vec![hex.concat(), format!("%{}", hex.join("%"))];
        if bytes == value.as_bytes() {
            caseless.push(value.to_ascii_lowercase());
        }
        let mut exact: Vec<String> = [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD]
            .into_iter()
            .flat_map(|base64| (0..3).map(|before| within(bytes, before, |all| base64.encode(all))))
            .collect();
        // Most bytes are spelled alike in both alphabets.
        exact.sort();
        exact.dedup();
        Self {
            what,
            value: value.to_owned(),
            caseless,
            exact,
        }
    }

    fn is_in(&self, text: &Searched) -> bool {
        self.caseless.iter().any(|one| text.lower.contains(one))
            || self.exact.iter().any(|one| text.exact.contains(one))
    }
}

/// The part of an encoded text that is the same whatever stands round the bytes, with so many bytes
/// before them in their group of three.
fn within(bytes: &[u8], before: usize, encode: impl Fn(&[u8]) -> String) -> String {
    let all = [&[0; 2][..before], bytes].concat();
    let text = encode(&all);
    // A digit stands for six bits: those that share some with what is round are left out.
    let whole = all.len() * 8 / 6;
    text[(before * 8).div_ceil(6)..whole].to_owned()
}

/// A text to look into.
pub(super) struct Searched {
    exact: String,
    lower: String,
}

impl Searched {
    pub(super) fn new(text: String) -> Self {
        Self {
            lower: text.to_ascii_lowercase(),
            exact: text,
        }
    }
}

impl Marks {
    /// Something that only its holder may know.
    pub(super) fn secret(&mut self, what: &'static str, value: &str) {
        self.secrets.push(Mark::new(what, value, value.as_bytes()));
    }

    /// A token: the whole of it, and what makes it one.
    pub(super) fn token(&mut self, what: &'static str, token: &str) {
        self.secret(what, token);
        let (_, signature) = token.rsplit_once('.').unwrap();
        self.secret(what, signature);
    }

    /// What belongs to somebody and is no secret.
    pub(super) fn personal(&mut self, what: &'static str, value: &str) {
        self.personal.push(Mark::new(what, value, value.as_bytes()));
    }

    /// A key file (PEM, PKCS#8): its text, and the 32 bytes with which the key ends.
    pub(super) fn signing_key(&mut self, pem: &str) {
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(&text).unwrap();
        self.secret("the signing key", &text);
        let seed = Mark::new("the signing key", &text, &der[der.len() - 32..]);
        self.secrets.push(seed);
    }

    #[track_caller]
    pub(super) fn assert_no_secret(&self, place: &str, text: &Searched) {
        assert_absent(&self.secrets, place, text);
    }

    #[track_caller]
    pub(super) fn assert_no_address(&self, place: &str, text: &Searched) {
        assert_absent(&self.personal, place, text);
    }

    pub(super) fn holds_address(&self, text: &Searched) -> bool {
        self.personal.iter().any(|mark| mark.is_in(text))
    }

    /// No line of the log holds anything.
    #[track_caller]
    pub(super) fn assert_unlogged(&self, log: &str) {
        let text = Searched::new(log.to_owned());
        self.assert_no_secret("the log", &text);
        self.assert_no_address("the log", &text);
    }
}

#[track_caller]
fn assert_absent(marks: &[Mark], place: &str, text: &Searched) {
    for mark in marks {
        if mark.is_in(text) {
            let lines = text
                .exact
                .lines()
                .map(|line| Searched::new(line.to_owned()));
            let line = lines.into_iter().find(|line| mark.is_in(line));
            let line = line.map_or(String::new(), |line| {
                line.exact.chars().take(2_000).collect()
            });
            panic!("{}, {:?}, is in {place}: {line}", mark.what, mark.value);
        }
    }
}

#[test]
fn a_mark_is_found_in_every_spelling() {
    let mut marks = Marks::default();
    marks.personal("an address", "Ada-7f3a@example.com");
    for text in [
        "to ada-7f3A@EXAMPLE.com",
        "4164612d37663361406578616d706c652e636f6d",
        "%41%64%61%2D%37%66%33%61%40%65%78%61%6D%70%6C%65%2E%63%6F%6D",
        &STANDARD.encode("Ada-7f3a@example.com"),
        &STANDARD.encode("x Ada-7f3a@example.com and more"),
        &URL_SAFE_NO_PAD.encode("{\"email\":\"Ada-7f3a@example.com\"}"),
        &URL_SAFE_NO_PAD.encode("\u{ff}\u{fe}Ada-7f3a@example.com?"),
    ] {
        assert!(
            marks.holds_address(&Searched::new(text.to_owned())),
            "{text}"
        );
    }
    assert!(!marks.holds_address(&Searched::new("ada@example.com".to_owned())));
}
