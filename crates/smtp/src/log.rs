//! No mail server at all: mails are counted in the log, and lost.

use async_trait::async_trait;
use tracing::info;
use users_domain::model::Mail;
use users_domain::ports::{MailError, Mailer};

use crate::kind::MailKind;

/// Sends nothing: **every mail is lost**, and the log says of which kind it was. Nobody can verify
/// an address or set a new password by mail; administrators still can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogMailer;

#[async_trait]
impl Mailer for LogMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let kind = MailKind::of(&mail.content).as_str();
        info!(mail = %mail.id, kind, "a mail is not sent: mails go to the log only");
        Ok(())
    }
}
