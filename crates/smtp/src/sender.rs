//! Who mails come from.

use lettre::Address;
use lettre::message::Mailbox;

use crate::recipient;

/// The sender of every mail: an address, and a name beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    mailbox: Mailbox,
}

impl Sender {
    /// Reads a name, which may be empty, and an address.
    pub fn parse(name: &str, address: &str) -> Result<Self, InvalidSender> {
        let address = recipient::ascii_domain(address.parse().map_err(|_| InvalidSender::Address)?)
            .ok_or(InvalidSender::Address)?;
        if name.contains(char::is_control) {
            return Err(InvalidSender::Name);
        }
        let name = name.trim();
        let mailbox = Mailbox::new((!name.is_empty()).then(|| name.to_owned()), address);
        // What is not read back as it was written would be missing from every mail.
        match mailbox.to_string().parse::<Mailbox>() {
            Ok(read) if read == mailbox => Ok(Self { mailbox }),
            _ => Err(InvalidSender::Name),
        }
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    pub(crate) fn address(&self) -> &Address {
        &self.mailbox.email
    }

    /// The sender in a text: `"Name" <address>`, or `<address>` where there is no name.
    pub(crate) fn in_words(&self) -> String {
        let address = self.address();
        match &self.mailbox.name {
            Some(name) => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                format!("\"{name}\" <{address}>")
            }
            None => format!("<{address}>"),
        }
    }
}

/// Why nobody can send under this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSender {
    /// The address cannot send.
    #[error("the address is not of the form name@example.com")]
    Address,
    /// The name cannot stand in a header.
    #[error("the name cannot stand in a mail's header")]
    Name,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_the_sender_in_quotes() {
        let in_words = |name, address| Sender::parse(name, address).unwrap().in_words();
        assert_eq!(in_words("", "from@example.com"), "<from@example.com>");
        assert_eq!(
            in_words("Example", "from@example.com"),
            "\"Example\" <from@example.com>"
        );
        assert_eq!(
            in_words("A \"B\", C", "from@example.com"),
            "\"A \\\"B\\\", C\" <from@example.com>"
        );
    }

    #[test]
    fn a_sender_nobody_can_be_is_refused() {
        for address in ["", "@", "from", "Ada <ada@example.com>", "a@b\r\nBcc: c@d"] {
            assert_eq!(Sender::parse("", address), Err(InvalidSender::Address));
        }
        assert_eq!(
            Sender::parse("A\r\nBcc: b@example.com", "a@example.com"),
            Err(InvalidSender::Name)
        );
    }
}
