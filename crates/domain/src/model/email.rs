//! E-mail addresses: kept as typed, compared without (ASCII) case.

use std::fmt;

use email_address::{EmailAddress, Options};

use super::text;
use crate::error::{Invalid, InvalidReason};

const FIELD: &str = "email";

/// An e-mail address: `local@domain`, at most 254 bytes, the case kept as typed.
///
/// Stricter than RFC 5322 on purpose: no display name, comment, quoted local part, domain literal,
/// IP address or single-label domain, since such addresses are the same mailbox in another spelling
/// or no mailbox on the internet at all. A domain outside ASCII must be valid IDNA (UTS 46).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Most bytes of an address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX_BYTES: usize = 254;

    /// Reads an address from outside.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new(FIELD, InvalidReason::Missing));
        }
        text::at_most_bytes(FIELD, text, Self::MAX_BYTES)?;
        text::refuse_hidden(FIELD, text)?;
        let malformed = || {
            Invalid::new(
                FIELD,
                InvalidReason::Malformed("is not an address of the form name@example.com"),
            )
        };
        let options = Options::default()
            .with_minimum_sub_domains(2)
            .without_domain_literal()
            .without_display_text();
        let address = EmailAddress::parse_with_options(text, options).map_err(|_| malformed())?;
        if address.local_part().starts_with('"') || text.chars().any(char::is_whitespace) {
            return Err(malformed());
        }
        // STD 3 rules refuse underscores, leading hyphens and what else no host name may hold.
        let ascii = idna::domain_to_ascii_strict(address.domain()).map_err(|_| malformed())?;
        // Top-level domains are alphabetic (RFC 1123, section 2.1); a number there is an IP address.
        let top = ascii.rsplit('.').next().unwrap_or_default();
        if !top.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(malformed());
        }
        Ok(Self(text.to_owned()))
    }

    /// An address as a store keeps it: older rules may have accepted any text.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which addresses are unique: ASCII letters in lower case.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Personal data: never printed by `{:?}`.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(***)")
    }
}
