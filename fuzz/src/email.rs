//! E-mail addresses.

use users_domain::model::Email;

use crate::mail::written_to;
use crate::text::holds_hidden;

/// Any text as an address.
///
/// What is accepted is kept as typed, in 254 bytes without hidden characters or white space, has one
/// domain of several labels, is still an address when stored and when folded, and is one that mail
/// can be sent to.
pub fn email(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(email) = Email::parse(text) else {
        return;
    };
    assert_eq!(email.as_str(), text);
    assert!(text.len() <= 254 && !holds_hidden(text));
    assert!(!text.contains(char::is_whitespace));
    let (local, domain) = text.rsplit_once('@').expect("an at sign");
    assert!(!local.is_empty() && !local.contains(['@', '"', '<', '>', '(', ')', ',', ';', ':']));
    let domain = idna::domain_to_ascii_strict(domain).expect("a domain");
    let labels: Vec<_> = domain.split('.').collect();
    assert!(labels.len() >= 2 && labels.iter().all(|label| !label.is_empty()));
    assert!(domain.parse::<std::net::IpAddr>().is_err());

    assert_eq!(Email::parse(email.as_str()).as_ref(), Ok(&email));
    let folded = email.folded();
    let again = Email::parse(&folded).expect("the folded form is an address");
    assert_eq!(again.folded(), folded);

    let to = written_to(&email, None).expect("mail can be sent to it");
    assert_eq!(
        to,
        format!("{local}@{domain_as_sent}", domain_as_sent = as_sent(text))
    );
}

/// The domain as it stands in a mail: kept where it is ASCII.
fn as_sent(address: &str) -> String {
    let domain = address.rsplit('@').next().unwrap_or_default();
    if domain.is_ascii() {
        domain.to_owned()
    } else {
        idna::domain_to_ascii_strict(domain).expect("a domain")
    }
}
