//! The port's contract, for each mailer.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use users_smtp::{FileMailer, LinkPrefix, Links, LogMailer, Renderer, Sender, Templates};
use users_testkit::contract::{MailerUnderTest, ReceivedMail, reset_mail};

use eml::Eml;

#[path = "mails/eml.rs"]
#[expect(dead_code, reason = "other tests look at more of a message")]
mod eml;

mod file {
    use super::*;

    users_testkit::mailer_contract!(file_mailer());
}

mod log {
    use super::*;

    users_testkit::mailer_contract!(log_mailer());
}

fn renderer() -> Renderer {
    let links = Links {
        verification: LinkPrefix::parse("https://users.example.com/verify-email").unwrap(),
        reset: LinkPrefix::parse("https://users.example.com/password/reset?from=mail").unwrap(),
    };
    let sender = Sender::parse("Users", "users@example.com").unwrap();
    Renderer::new(sender, links, Templates::builtin())
}

fn file_mailer() -> MailerUnderTest {
    let parent = tempfile::tempdir().unwrap();
    let (folder, elsewhere) = (parent.path().join("mail"), parent.path().join("elsewhere"));
    let mailer = FileMailer::open(&folder, renderer(), Arc::new(|_| {})).unwrap();
    let (going, coming) = (folder.clone(), folder.clone());
    let back = elsewhere.clone();
    MailerUnderTest {
        mailer: Arc::new(mailer),
        received: Some(Box::new(move || received(&folder))),
        unsendable: Some(reset_mail("nobody-at-all", 7)),
        outage: Some((
            Box::new(move || fs::rename(&going, &elsewhere).unwrap()),
            Box::new(move || fs::rename(&back, &coming).unwrap()),
        )),
        keep: Box::new(parent),
    }
}

/// The mails in a folder.
fn received(folder: &Path) -> Vec<ReceivedMail> {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().path())
        // Those with another name are still being written.
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| {
            let mail = Eml::parse(&fs::read(path).unwrap());
            let texts: Vec<_> = mail.parts().iter().map(Eml::text).collect();
            ReceivedMail {
                to: mail.header("To").to_owned(),
                text: texts.join("\n"),
            }
        })
        .collect()
}

/// Nobody receives anything, so that nothing can be wrong with it.
fn log_mailer() -> MailerUnderTest {
    MailerUnderTest {
        mailer: Arc::new(LogMailer),
        received: None,
        unsendable: None,
        outage: None,
        keep: Box::new(()),
    }
}
