//! A mail to be written: what it says, to whom; how it looks is the mailer's business.

use std::fmt;

use uuid::Uuid;

use super::{Email, Notice, OneTimeCode, Timestamp, Username};

/// A mail.
#[derive(Clone)]
pub struct Mail {
    /// Its id; a repetition has another, because it holds another code.
    pub id: Uuid,
    /// Where to.
    pub to: Email,
    /// The username of the account it is about; absent where the account has none.
    pub username: Option<Username>,
    /// What it says.
    pub content: MailContent,
    /// When it was written.
    pub written_at: Timestamp,
}

/// What a mail says.
#[derive(Debug, Clone)]
pub enum MailContent {
    /// A link that proves the address.
    Verification {
        /// The code in the link.
        code: OneTimeCode,
        /// From when on it is of no use.
        expires_at: Timestamp,
    },
    /// A link that sets a new password.
    Reset {
        /// The code in the link.
        code: OneTimeCode,
        /// From when on it is of no use.
        expires_at: Timestamp,
    },
    /// Something about the account changed.
    Notice(Notice),
}

/// Personal data and a secret: of a mail `{:?}` says which it is.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}
