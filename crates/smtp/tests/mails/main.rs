//! Mails from end to end: what they say, what travels, and where it lies.

#![expect(clippy::unwrap_used, reason = "tests say so by failing")]

mod builtin;
mod eml;
mod file;
mod hostile;
mod log;
mod operators;

use time::macros::datetime;
use users_domain::model::{Email, Mail, MailContent, Notice, OneTimeCode, Timestamp, Username};
use users_smtp::{LinkPrefix, Links, Renderer, Sender, Templates};
use uuid::Uuid;

const WRITTEN_AT: Timestamp = datetime!(2026-11-24 21:14:05.678901 UTC);
const ID: Uuid = Uuid::from_u128(0x0193_5f1e_0000_7000_8000_0000_0000_0001);

fn verification() -> MailContent {
    MailContent::Verification {
        code: OneTimeCode::new([1; OneTimeCode::BYTES]),
        expires_at: WRITTEN_AT + time::Duration::hours(24),
    }
}

fn reset() -> MailContent {
    MailContent::Reset {
        code: OneTimeCode::new([2; OneTimeCode::BYTES]),
        expires_at: WRITTEN_AT + time::Duration::minutes(15),
    }
}

/// One mail of each kind.
fn contents() -> [MailContent; 4] {
    [
        verification(),
        reset(),
        MailContent::Notice(Notice::EmailChanged),
        MailContent::Notice(Notice::PasswordChanged),
    ]
}

fn mail(to: &str, username: Option<&str>, content: MailContent) -> Mail {
    Mail {
        id: ID,
        to: Email::from_stored(to.to_owned()),
        username: username.map(|name| Username::from_stored(name.to_owned())),
        content,
        written_at: WRITTEN_AT,
    }
}

fn to_ada(content: MailContent) -> Mail {
    mail("ada@example.com", Some("ada"), content)
}

fn renderer(templates: Templates) -> Renderer {
    let links = Links {
        verification: LinkPrefix::parse("https://users.example.com/verify-email").unwrap(),
        reset: LinkPrefix::parse("https://users.example.com/password/reset?from=mail").unwrap(),
    };
    let sender = Sender::parse("Users", "users@example.com").unwrap();
    Renderer::new(sender, links, templates)
}

/// The code of the mail stands for itself.
fn code(mail: &Mail) -> &str {
    match &mail.content {
        MailContent::Verification { code, .. } | MailContent::Reset { code, .. } => code.expose(),
        MailContent::Notice(_) => panic!("no code"),
    }
}
