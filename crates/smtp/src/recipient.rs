//! The mailbox behind an account's address, which older rules let be any text.

use lettre::Address;
use lettre::message::Mailbox;
use users_domain::model::Email;

/// The bare address, if mail can be sent to it: a name beside it and spaces around it are left out.
pub(crate) fn mailbox(email: &Email) -> Option<Address> {
    let text = email.as_str().trim();
    // Nothing of this kind stands in an address, and some of it would end a header.
    if text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return None;
    }
    let address = match text.parse() {
        Ok(address) => address,
        Err(_) => text.parse::<Mailbox>().ok()?.email,
    };
    ascii_domain(address)
}

/// Names the domain by its ASCII form (RFC 5891), which every mail server understands; a local part
/// outside ASCII stays, and only some do.
pub(crate) fn ascii_domain(address: Address) -> Option<Address> {
    if address.domain().is_ascii() {
        return Some(address);
    }
    let host = idna::domain_to_ascii_strict(address.domain()).ok()?;
    Address::new(address.user(), host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        mailbox(&Email::from_stored(text.to_owned())).map(|address| address.to_string())
    }

    #[test]
    fn only_the_bare_address_is_written_to() {
        for text in [
            "ada@example.com",
            " ada@example.com ",
            "Ada L <ada@example.com>",
            "\"Ada, L\" <ada@example.com>",
            "<ada@example.com>",
        ] {
            assert_eq!(read(text).as_deref(), Some("ada@example.com"), "{text}");
        }
    }

    #[test]
    fn a_domain_outside_ascii_is_named_by_its_ascii_form() {
        assert_eq!(
            read("zoe@exämple.com").as_deref(),
            Some("zoe@xn--exmple-cua.com")
        );
        assert_eq!(
            read("zoë@exämple.com").as_deref(),
            Some("zoë@xn--exmple-cua.com")
        );
    }

    #[test]
    fn what_is_no_mailbox_is_not_written_to() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@exa mple.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@example.com, eve@example.com",
            "Ada <ada@example.com> <eve@example.com>",
            "ada@example.com\u{2028}eve",
            "\"a\u{0}\"@example.com",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
