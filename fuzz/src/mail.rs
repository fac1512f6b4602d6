//! Mails to what older programs left in accounts: addresses and names that obey no rule.

use std::time::Duration;

use users_domain::model::{Email, Mail, MailContent, Notice, OneTimeCode, Username};
use users_smtp::{LinkPrefix, Links, Renderer, Sender, Templates};
use users_testkit::fakes::FixedClock;
use uuid::Uuid;

/// Headers of our mails.
const HEADERS: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// The longest line of a message, without its end (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// A stored address and, behind the last bar, a stored username.
///
/// Whatever they hold, a mail has our headers and no others, each once, and one recipient.
pub fn mail(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (address, username) = text.rsplit_once('|').unwrap_or((text, ""));
    let email = Email::from_stored(address.to_owned());
    let username = Username::from_stored(username.to_owned());
    written_to(&email, Some(&username));
}

/// Writes mails and gives the address that they go to; nothing if none can be sent.
pub(crate) fn written_to(email: &Email, username: Option<&Username>) -> Option<String> {
    thread_local! {
        static RENDERER: Renderer = renderer();
    }
    let written_at = FixedClock::START;
    let contents = [
        MailContent::Verification {
            code: OneTimeCode::new([7; OneTimeCode::BYTES]),
            expires_at: written_at + Duration::from_hours(1),
        },
        MailContent::Notice(Notice::PasswordChanged),
    ];
    let recipients = contents.map(|content| {
        let mail = Mail {
            id: Uuid::from_u128(7),
            to: email.clone(),
            username: username.cloned(),
            content,
            written_at,
        };
        let rendered = RENDERER.with(|renderer| renderer.render(&mail)).ok()?;
        check(&rendered.to_eml(), rendered.to());
        Some(rendered.to().to_owned())
    });
    let [one, other] = recipients;
    assert_eq!(one, other);
    one
}

fn check(message: &[u8], to: &str) {
    let message = std::str::from_utf8(message).expect("a message in UTF-8");
    let lines: Vec<_> = message.split("\r\n").collect();
    for line in &lines {
        assert!(
            !line.contains(['\r', '\n', '\0']) && line.len() <= LONGEST_LINE,
            "{line:?}"
        );
    }
    let mut seen = Vec::new();
    let mut recipient = String::new();
    for line in lines.iter().take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if seen.last() == Some(&"To") {
                recipient.push_str(line.trim());
            }
            continue;
        }
        let (name, value) = line.split_once(": ").expect("a header");
        assert!(HEADERS.contains(&name), "{name}");
        assert!(!seen.contains(&name), "{name} twice");
        seen.push(name);
        if name == "To" {
            value.clone_into(&mut recipient);
        }
    }
    // Outside ASCII it is encoded.
    if to.is_ascii() {
        assert_eq!(recipient, to);
    }
}

fn renderer() -> Renderer {
    let prefix = |text| LinkPrefix::parse(text).expect("an address");
    Renderer::new(
        Sender::parse("Users", "users@example.com").expect("a sender"),
        Links {
            verification: prefix("https://example.com/verify-email"),
            reset: prefix("https://example.com/password/reset"),
        },
        Templates::builtin(),
    )
}
