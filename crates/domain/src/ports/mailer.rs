//! The way to people's mailboxes.

use async_trait::async_trait;

use crate::model::Mail;

/// Writes and sends mails.
///
/// - Returns `Ok` only when the receiving side has taken the mail.
/// - A link holds the mail's code as it stands; a verification link never opens a reset, nor the
///   other way round.
/// - [`MailError::Rejected`] means that this mail can never be sent; [`MailError::Unavailable`] that
///   another attempt may succeed.
/// - Neither code nor address reaches the log.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The receiving side will never take this mail.
    #[error("the mail was rejected: {reason}")]
    Rejected {
        /// Why, for the operator; holds neither code nor address.
        reason: String,
    },
    /// The receiving side is away or too slow.
    #[error("the mail server is unavailable")]
    Unavailable,
}
