//! Codes that the deployed service mailed, as it keeps them.

use users_domain::model::{AdoptedCode, CodePurpose, CodeRecord, Email, Timestamp, UserId};

use super::State;

/// A code as the deployed service keeps it: one row of several of an account and an address.
#[derive(Clone, PartialEq, Eq)]
pub struct AdoptedRow {
    /// Whose address it proves.
    pub user: UserId,
    /// The address it was mailed to.
    pub email: Email,
    /// The code in clear text.
    pub otp: Option<String>,
    /// When it was made; a row that does not say is the newest.
    pub created_at: Option<Timestamp>,
    /// From when on it is of no use.
    pub expires_at: Option<Timestamp>,
    /// When it was used; absent in one that was not.
    pub used_at: Option<Timestamp>,
}

impl AdoptedRow {
    /// What is kept of the code, if the row is good and the code is the one shown.
    fn good(&self, shown: &AdoptedCode) -> Option<CodeRecord> {
        let is_shown = self.otp.as_deref().is_some_and(|otp| shown.is_otp(otp));
        if self.used_at.is_some() || !is_shown {
            return None;
        }
        Some(CodeRecord {
            digest: shown.digest(),
            purpose: CodePurpose::VerifyEmail,
            user: self.user.clone(),
            email: self.email.clone(),
            created_at: self.created_at?,
            expires_at: self.expires_at?,
        })
    }
}

impl State {
    /// A code that was not used, if it is the newest of its account and address.
    pub(super) fn good_adopted_code(&self, shown: &AdoptedCode) -> Option<CodeRecord> {
        self.adopted_codes
            .iter()
            .filter(|row| row.user == shown.user && row.email == shown.email)
            .max_by_key(|row| (row.created_at.is_none(), row.created_at))?
            .good(shown)
    }

    /// Uses up all codes of an account.
    pub(super) fn use_adopted_codes(&mut self, user: &UserId, now: Timestamp) {
        for row in self
            .adopted_codes
            .iter_mut()
            .filter(|row| row.user == *user)
        {
            row.used_at.get_or_insert(now);
        }
    }
}
