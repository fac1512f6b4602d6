//! A postbox that remembers.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use users_domain::model::{CodePurpose, Mail, MailContent, OneTimeCode};
use users_domain::ports::{MailError, Mailer};

type Predicate = Box<dyn Fn(&Mail) -> bool + Send>;

/// Keeps every mail that was sent, in order.
#[derive(Clone, Default)]
pub struct RecordingMailer(Arc<Mutex<Postbox>>);

#[derive(Default)]
struct Postbox {
    mails: Vec<Mail>,
    away: bool,
    rejects: Option<Predicate>,
}

impl RecordingMailer {
    /// A postbox that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nothing is taken, but may be later.
    pub fn go_away(&self) {
        self.postbox().away = true;
    }

    /// From now on mails are taken again.
    pub fn come_back(&self) {
        self.postbox().away = false;
    }

    /// From now on these mails are rejected for good, and only these.
    pub fn reject(&self, these: impl Fn(&Mail) -> bool + Send + 'static) {
        self.postbox().rejects = Some(Box::new(these));
    }

    /// What was sent.
    pub fn mails(&self) -> Vec<Mail> {
        self.postbox().mails.clone()
    }

    /// What was sent; the postbox is empty afterwards.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.postbox().mails)
    }

    /// What was sent to an address.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        let mut mails = self.mails();
        mails.retain(|mail| mail.to.as_str() == address);
        mails
    }

    /// The codes of one purpose that were sent to an address, oldest first.
    pub fn codes(&self, purpose: CodePurpose, address: &str) -> Vec<OneTimeCode> {
        self.mails_to(address)
            .into_iter()
            .filter_map(|mail| match (purpose, mail.content) {
                (CodePurpose::VerifyEmail, MailContent::Verification { code, .. })
                | (CodePurpose::ResetSecret, MailContent::Reset { code, .. }) => Some(code),
                _ => None,
            })
            .collect()
    }

    /// The code of one purpose that was sent to an address last.
    pub fn last_code(&self, purpose: CodePurpose, address: &str) -> Option<OneTimeCode> {
        self.codes(purpose, address).pop()
    }

    fn postbox(&self) -> MutexGuard<'_, Postbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RecordingMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let postbox = self.postbox();
        f.debug_struct("RecordingMailer")
            .field("mails", &postbox.mails)
            .field("away", &postbox.away)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut postbox = self.postbox();
        if postbox.away {
            return Err(MailError::Unavailable);
        }
        if postbox.rejects.as_ref().is_some_and(|these| these(mail)) {
            let reason = "a test rejects it".to_owned();
            return Err(MailError::Rejected { reason });
        }
        postbox.mails.push(mail.clone());
        Ok(())
    }
}
