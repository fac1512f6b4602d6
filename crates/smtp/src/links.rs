//! The addresses that a person clicks: where they lead is configured, the code is added.

use std::fmt;

use url::Url;
use users_domain::model::{MailContent, OneTimeCode};

/// Where mailed links lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The page that proves an address.
    pub verification: LinkPrefix,
    /// The page that sets a new password.
    pub reset: LinkPrefix,
}

impl Links {
    /// The link of a mail; `None` where it has none. A secret: it holds the code.
    pub(crate) fn link(&self, content: &MailContent) -> Option<String> {
        match content {
            MailContent::Verification { code, .. } => Some(self.verification.link(code)),
            MailContent::Reset { code, .. } => Some(self.reset.link(code)),
            MailContent::Notice(_) => None,
        }
    }
}

/// An `http` or `https` address that a code can be added to. It is used as typed.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkPrefix(String);

impl LinkPrefix {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, InvalidLinkPrefix> {
        // The parser would cut out some of these, and quotes and brackets end a link in a text.
        let breaks = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\".contains(c);
        if text.contains(breaks) {
            return Err(InvalidLinkPrefix::Character);
        }
        let url = Url::parse(text).map_err(|_| InvalidLinkPrefix::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidLinkPrefix::Scheme);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with the code as its query parameter `token`, beside those it may have.
    ///
    /// A fragment stays behind the query. One that begins with `/` or `!/` is the route of a page
    /// that reads its address itself, query included, so there the code goes to its end.
    fn link(&self, code: &OneTimeCode) -> String {
        let (before, fragment) = match self.0.split_once('#') {
            Some((_, route)) if route.starts_with(['/', '!']) => (self.0.as_str(), None),
            Some((before, fragment)) => (before, Some(fragment)),
            None => (self.0.as_str(), None),
        };
        let separator = match before.rsplit_once('#').map_or(before, |(_, route)| route) {
            query if query.ends_with(['?', '&']) => "",
            query if query.contains('?') => "&",
            _ => "?",
        };
        // Codes are base64url: nothing in them needs an escape.
        let mut link = format!("{before}{separator}token={}", code.expose());
        if let Some(fragment) = fragment {
            link.push('#');
            link.push_str(fragment);
        }
        link
    }
}

impl fmt::Debug for LinkPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkPrefix({})", self.0)
    }
}

/// Why a text is no address for links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLinkPrefix {
    /// It holds what would end the link in the middle of a text.
    #[error("must not hold white space, control characters, quotes, angle brackets or backslashes")]
    Character,
    /// It is not a complete address.
    #[error("is not an address like https://example.com/path")]
    NoUrl,
    /// It leads elsewhere than to a page.
    #[error("must begin with http:// or https://")]
    Scheme,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(prefix: &str) -> String {
        let code = OneTimeCode::new([0; OneTimeCode::BYTES]);
        let link = LinkPrefix::parse(prefix).unwrap().link(&code);
        link.replace(code.expose(), "CODE")
    }

    #[test]
    fn the_code_joins_what_the_address_already_asks() {
        for (prefix, expected) in [
            (
                "http://localhost/reset",
                "http://localhost/reset?token=CODE",
            ),
            ("https://a.example", "https://a.example?token=CODE"),
            (
                "http://a.example/r?a=b",
                "http://a.example/r?a=b&token=CODE",
            ),
            ("http://a.example/r?", "http://a.example/r?token=CODE"),
            (
                "http://a.example/r?a=b&",
                "http://a.example/r?a=b&token=CODE",
            ),
            (
                "http://bücher.example/r",
                "http://bücher.example/r?token=CODE",
            ),
        ] {
            assert_eq!(link(prefix), expected);
        }
    }

    #[test]
    fn a_fragment_stays_behind_the_code_unless_it_is_a_route() {
        for (prefix, expected) in [
            (
                "http://a.example/r#top",
                "http://a.example/r?token=CODE#top",
            ),
            (
                "http://a.example/r?a=b#top",
                "http://a.example/r?a=b&token=CODE#top",
            ),
            ("http://a.example/r#", "http://a.example/r?token=CODE#"),
            (
                "http://a.example/#/reset",
                "http://a.example/#/reset?token=CODE",
            ),
            (
                "http://a.example/?v=1#/reset",
                "http://a.example/?v=1#/reset?token=CODE",
            ),
            (
                "http://a.example/#!/reset?a=b",
                "http://a.example/#!/reset?a=b&token=CODE",
            ),
        ] {
            assert_eq!(link(prefix), expected);
        }
    }

    #[test]
    fn what_no_browser_would_follow_is_refused() {
        use InvalidLinkPrefix::{Character, NoUrl, Scheme};

        for (prefix, reason) in [
            ("", NoUrl),
            ("/password/reset", NoUrl),
            ("localhost/reset", NoUrl),
            ("http://", NoUrl),
            ("localhost:9002/reset", Scheme),
            ("ftp://a.example/reset", Scheme),
            ("javascript:alert(1)", Scheme),
            (" http://a.example/reset", Character),
            ("http://a.example/re set", Character),
            ("http://a.example/\r\nBcc: x", Character),
            ("http://a.example/\"onclick=", Character),
        ] {
            assert_eq!(LinkPrefix::parse(prefix), Err(reason), "{prefix}");
        }
    }
}
