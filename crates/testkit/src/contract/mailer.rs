//! What a mailer promises.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use users_domain::model::{CodePurpose, Email, Mail, MailContent, Notice, OneTimeCode, Username};
use users_domain::ports::{MailError, Mailer};
use uuid::Uuid;

use super::calls::{POLLS, at_once, dropped_after, on_a_bare_runtime};
use super::log;
use super::material::LONG_AGO;
use super::{Keep, Lever};

/// A mailer, and sight of its receiving side.
pub struct MailerUnderTest {
    /// The mailer.
    pub mailer: Arc<dyn Mailer>,
    /// The mails that the receiving side has, in any order; `None` where it cannot be read.
    pub received: Option<Box<dyn Fn() -> Vec<ReceivedMail> + Send + Sync>>,
    /// A mail that can never be sent; `None` where every mail can.
    pub unsendable: Option<Mail>,
    /// Takes the receiving side away, and brings it back; `None` where it cannot be away.
    pub outage: Option<(Lever, Lever)>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

/// A mail as the receiving side has it.
pub struct ReceivedMail {
    /// Whom it is for.
    pub to: String,
    /// Everything that he reads, links in full: the texts of all its parts, decoded.
    pub text: String,
}

suite! {
    $
    /// Makes a test of every promise of [`Mailer`](users_domain::ports::Mailer). The argument gives
    /// a fresh [`MailerUnderTest`]($crate::contract::MailerUnderTest).
    mailer_contract, mailer:
    what_is_acknowledged_was_taken,
    a_code_stands_in_its_link_as_it_is,
    links_for_different_purposes_lead_to_different_places,
    a_mail_that_can_never_be_sent_is_rejected_and_others_go_on,
    away_it_is_unavailable_and_it_comes_back,
    neither_code_nor_address_reaches_the_log,
    many_calls_at_once_all_arrive,
    it_serves_a_bare_runtime,
    a_dropped_call_does_no_harm,
}

/// A mail with a link that sets a new password, such as the suite sends. Another number makes
/// another code.
pub fn reset_mail(address: &str, number: u64) -> Mail {
    let content = with_code(CodePurpose::ResetSecret, bytes(number));
    mail(address, number, content)
}

/// What a code of this number is made of.
fn bytes(number: u64) -> [u8; OneTimeCode::BYTES] {
    let mut bytes = [0; OneTimeCode::BYTES];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn mail(address: &str, number: u64, content: MailContent) -> Mail {
    Mail {
        id: Uuid::from_u128(u128::from(number) + 1),
        to: Email::from_stored(address.to_owned()),
        username: Some(Username::from_stored("ada".to_owned())),
        content,
        written_at: LONG_AGO,
    }
}

fn with_code(purpose: CodePurpose, bytes: [u8; OneTimeCode::BYTES]) -> MailContent {
    let code = OneTimeCode::new(bytes);
    let expires_at = LONG_AGO + Duration::from_mins(15);
    match purpose {
        CodePurpose::VerifyEmail => MailContent::Verification { code, expires_at },
        CodePurpose::ResetSecret => MailContent::Reset { code, expires_at },
    }
}

/// One mail of each content, with codes and addresses of their own; numbered from `first`.
fn mails(first: u64) -> Vec<Mail> {
    let contents = [
        with_code(CodePurpose::VerifyEmail, bytes(first)),
        with_code(CodePurpose::ResetSecret, bytes(first + 1)),
        MailContent::Notice(Notice::EmailChanged),
        MailContent::Notice(Notice::PasswordChanged),
    ];
    (first..)
        .zip(contents)
        .map(|(number, content)| mail(&address(number), number, content))
        .collect()
}

/// An address both parts of which stand nowhere else.
fn address(number: u64) -> String {
    format!("hypatia-{number:06}@alexandria-{number:06}.example.com")
}

fn code(mail: &Mail) -> Option<&OneTimeCode> {
    match &mail.content {
        MailContent::Verification { code, .. } | MailContent::Reset { code, .. } => Some(code),
        MailContent::Notice(_) => None,
    }
}

impl MailerUnderTest {
    async fn send(&self, mail: &Mail) {
        self.mailer.send(mail).await.unwrap();
    }

    /// What has arrived for the address of a mail, as far as that can be seen.
    fn received_of(&self, mail: &Mail) -> Option<Vec<ReceivedMail>> {
        let mut received = self.received.as_ref()?();
        received.retain(|received| received.to == mail.to.as_str());
        Some(received)
    }

    /// Whether a mail has arrived whole, as far as that can be seen.
    fn assert_received(&self, mail: &Mail) {
        let Some(received) = self.received_of(mail) else {
            return;
        };
        let code = code(mail).map_or("", OneTimeCode::expose);
        assert!(
            received.iter().any(|received| received.text.contains(code)),
            "{mail:?}"
        );
    }
}

pub async fn what_is_acknowledged_was_taken(subject: &MailerUnderTest) {
    for mail in mails(0) {
        subject.send(&mail).await;
        subject.assert_received(&mail);
    }
}

/// Whether a character may stand in a code (RFC 4648, section 5).
fn is_of_a_code(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

/// Where the links of a text lead, without the code.
fn places(text: &str, code: &OneTimeCode) -> HashSet<String> {
    let code = code.expose();
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>'))
        .filter(|word| word.contains(code))
        .map(|link| {
            let (before, behind) = link.split_once(code).expect("it holds the code");
            assert!(
                !before.ends_with(is_of_a_code) && !behind.starts_with(is_of_a_code),
                "a code is part of a longer word"
            );
            format!("{before} {behind}")
        })
        .collect()
}

impl MailerUnderTest {
    /// Where the links of a mail lead that was just sent; `None` where that cannot be seen.
    async fn places(&self, mail: &Mail) -> Option<HashSet<String>> {
        self.send(mail).await;
        let received = self.received_of(mail)?;
        let [received] = received.as_slice() else {
            panic!("{} mails of {mail:?}", received.len());
        };
        Some(places(&received.text, code(mail)?))
    }
}

pub async fn a_code_stands_in_its_link_as_it_is(subject: &MailerUnderTest) {
    // What base64url can look like: dashes and underscores at both ends too.
    let odd = [0x00, 0x10, 0x7f, 0xfb, 0xbe, 0xef, 0xff];
    for purpose in CodePurpose::ALL {
        for byte in odd {
            let number = u64::from(byte) * 2 + u64::from(purpose == CodePurpose::ResetSecret);
            let content = with_code(purpose, [byte; OneTimeCode::BYTES]);
            let mail = mail(&address(number), number, content);
            if let Some(places) = subject.places(&mail).await {
                assert!(!places.is_empty(), "no link in {mail:?}");
            }
        }
    }
}

pub async fn links_for_different_purposes_lead_to_different_places(subject: &MailerUnderTest) {
    let mut all: HashSet<String> = HashSet::new();
    for (number, purpose) in (0..).zip(CodePurpose::ALL) {
        let content = with_code(purpose, [7; OneTimeCode::BYTES]);
        let mail = mail(&address(number), number, content);
        let Some(places) = subject.places(&mail).await else {
            return;
        };
        assert!(all.is_disjoint(&places), "{purpose:?}: {places:?}");
        all.extend(places);
    }
}

pub async fn a_mail_that_can_never_be_sent_is_rejected_and_others_go_on(subject: &MailerUnderTest) {
    let Some(unsendable) = &subject.unsendable else {
        return;
    };
    for _ in 0..2 {
        let Err(MailError::Rejected { reason }) = subject.mailer.send(unsendable).await else {
            panic!("it was not rejected");
        };
        assert!(!reason.is_empty());
        assert!(!reason.contains(unsendable.to.as_str()), "{reason}");
        if let Some(code) = code(unsendable) {
            assert!(!reason.contains(code.expose()), "{reason}");
        }
    }
    let other = reset_mail(&address(1), 1);
    subject.send(&other).await;
    subject.assert_received(&other);
}

pub async fn away_it_is_unavailable_and_it_comes_back(subject: &MailerUnderTest) {
    let Some((go_away, come_back)) = &subject.outage else {
        return;
    };
    let mail = reset_mail(&address(1), 1);
    go_away();
    for _ in 0..2 {
        let answer = subject.mailer.send(&mail).await;
        assert_eq!(answer, Err(MailError::Unavailable));
    }
    come_back();
    subject.send(&mail).await;
    subject.assert_received(&mail);
}

pub async fn neither_code_nor_address_reaches_the_log(subject: &MailerUnderTest) {
    static RUNS: AtomicU64 = AtomicU64::new(1);

    log::listen();
    // The program's other mailers write to the same log.
    let first = RUNS.fetch_add(1, Ordering::Relaxed) * 1_000;
    let mut sent = mails(first);
    for mail in &sent {
        subject.send(mail).await;
    }
    if let Some(unsendable) = &subject.unsendable {
        subject.mailer.send(unsendable).await.unwrap_err();
        sent.push(unsendable.clone());
    }
    if let Some((go_away, _)) = &subject.outage {
        go_away();
        let late = reset_mail(&address(first + 9), first + 9);
        subject.mailer.send(&late).await.unwrap_err();
        sent.push(late);
    }
    for mail in &sent {
        // No part of an address either.
        for part in mail.to.as_str().split('@') {
            log::assert_never_logged(part);
        }
        if let Some(code) = code(mail) {
            log::assert_never_logged(code.expose());
        }
    }
}

pub async fn many_calls_at_once_all_arrive(subject: &MailerUnderTest) {
    let mails: Vec<_> = (0..32)
        .map(|number| reset_mail(&address(number), number))
        .collect();
    let answers = at_once(mails.iter().cloned().map(|mail| {
        let mailer = subject.mailer.clone();
        async move { mailer.send(&mail).await }
    }))
    .await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    for mail in &mails {
        subject.assert_received(mail);
    }
}

pub async fn it_serves_a_bare_runtime(subject: &MailerUnderTest) {
    let (mailer, mail) = (subject.mailer.clone(), reset_mail(&address(1), 1));
    let sent = mail.clone();
    on_a_bare_runtime(async move || mailer.send(&sent).await)
        .await
        .unwrap();
    subject.assert_received(&mail);
}

pub async fn a_dropped_call_does_no_harm(subject: &MailerUnderTest) {
    let mut mails = Vec::new();
    for (number, polls) in (0..).zip(POLLS) {
        let mail = reset_mail(&address(number), number);
        dropped_after(polls, subject.mailer.send(&mail)).await;
        mails.push(mail);
    }
    let last = reset_mail(&address(99), 99);
    subject.send(&last).await;
    subject.assert_received(&last);
    for mail in &mails {
        // Each wholly or not at all.
        if subject
            .received_of(mail)
            .is_some_and(|received| !received.is_empty())
        {
            subject.assert_received(mail);
        }
    }
}
