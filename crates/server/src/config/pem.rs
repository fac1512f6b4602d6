//! Certificates and keys: a value is the name of a file, or the PEM text itself (RFC 7468), as the
//! platform's other services read them.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::reader::Reader;
use super::variable::{Kind, Variable};

/// What PEM text begins with.
const BEGIN: &str = "-----BEGIN ";
/// A file may be this long, in bytes: enough for a bundle of authorities.
const MAX_FILE_LENGTH: u64 = 1024 * 1024;

/// A file's name or PEM text; which, is seen where the setting is used.
pub(super) const PEM: Kind<String> = Kind {
    name: "PEM",
    expected: "the path of a PEM file, or PEM text",
    parse: |text| Ok(text.to_owned()),
};

/// PEM text, wherever it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(String);

impl Pem {
    /// The text; that of a key is secret.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// It may be a key.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(***)")
    }
}

/// What a PEM text must hold.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    /// A certificate, or several.
    Certificates,
    /// A private key.
    Key,
}

impl Holds {
    fn is_in(self, text: &str) -> bool {
        text.lines()
            .filter_map(|line| line.trim().strip_prefix(BEGIN))
            .any(|label| match self {
                Self::Certificates => label == "CERTIFICATE-----",
                Self::Key => label.ends_with("PRIVATE KEY-----"),
            })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Certificates => "a certificate",
            Self::Key => "a private key",
        }
    }
}

/// The text behind a setting that is used; `None` if it is unset, or if a problem was noted.
pub(super) fn read(reader: &mut Reader, variable: &Variable<String>, holds: Holds) -> Option<Pem> {
    let value = reader.optional(variable)?;
    match text_of(&value) {
        Ok(text) if holds.is_in(&text) => Some(Pem(text)),
        Ok(_) => {
            let expected = format!("PEM with {}; there is none in it", holds.name());
            reader.refuse(&variable.entry, &expected);
            None
        }
        Err(reason) => {
            let expected = variable.entry.expected;
            reader.refuse(&variable.entry, &format!("{expected}; {reason}"));
            None
        }
    }
}

fn text_of(value: &str) -> Result<String, String> {
    if is_text(value) {
        return Ok(value.to_owned());
    }
    let mut text = String::new();
    let length = File::open(Path::new(value))
        .and_then(|file| file.take(MAX_FILE_LENGTH + 1).read_to_string(&mut text))
        .map_err(|error| format!("cannot read the file: {error}"))?;
    if length as u64 > MAX_FILE_LENGTH {
        return Err(format!("the file is longer than {MAX_FILE_LENGTH} bytes"));
    }
    Ok(text)
}

/// No file that anybody has is called so. Words may stand before the first certificate, as tools
/// write them.
fn is_text(value: &str) -> bool {
    value.contains(BEGIN)
}

/// A value of a setting on one line: PEM text has many, and says nothing to people.
pub(super) fn shown(value: &str) -> String {
    if is_text(value) {
        "(PEM text)".to_owned()
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

    #[test]
    fn words_before_the_first_certificate_make_no_file_name_of_it() {
        for before in [
            "",
            "\n",
            "# our own\n",
            "Bag Attributes\n    friendlyName: a\n",
        ] {
            let text = format!("{before}{CERTIFICATE}");
            assert_eq!(text_of(&text).as_deref(), Ok(&*text));
            assert_eq!(shown(&text), "(PEM text)");
        }
    }

    #[test]
    fn a_file_is_read_whole_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let longest = usize::try_from(MAX_FILE_LENGTH).unwrap();
        let name = file.to_str().unwrap();
        let whole = "a".repeat(longest);
        std::fs::write(&file, &whole).unwrap();
        assert!(text_of(name) == Ok(whole));
        std::fs::write(&file, "a".repeat(longest + 1)).unwrap();
        assert!(text_of(name).unwrap_err().contains("longer than"));
    }
}
