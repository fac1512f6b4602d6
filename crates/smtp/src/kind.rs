//! Which mails there are, and what they are called.

use users_domain::model::{MailContent, Notice};

/// A kind of mail: one subject and one template each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// A link that proves an address.
    Verification,
    /// A link that sets a new password.
    Reset,
    /// The account has another address.
    EmailChanged,
    /// The account has another password.
    PasswordChanged,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::Verification,
        Self::Reset,
        Self::EmailChanged,
        Self::PasswordChanged,
    ];

    /// The name in file names and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Reset => "reset",
            Self::EmailChanged => "email-changed",
            Self::PasswordChanged => "password-changed",
        }
    }

    /// The subject line. Those of the two links are the platform's.
    pub const fn subject(self) -> &'static str {
        match self {
            Self::Verification => "Email Verification",
            Self::Reset => "Password Reset Request",
            Self::EmailChanged => "Email Address Changed",
            Self::PasswordChanged => "Password Changed",
        }
    }

    pub(crate) const fn of(content: &MailContent) -> Self {
        match content {
            MailContent::Verification { .. } => Self::Verification,
            MailContent::Reset { .. } => Self::Reset,
            MailContent::Notice(Notice::EmailChanged) => Self::EmailChanged,
            MailContent::Notice(Notice::PasswordChanged) => Self::PasswordChanged,
        }
    }
}
