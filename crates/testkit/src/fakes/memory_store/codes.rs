//! Codes that were mailed: what is kept of them, and which are still good.

use std::collections::BTreeMap;

use users_domain::model::{CodePurpose, CodeRecord, Email, Proof, Timestamp, UserId};

use super::State;

/// What a store keeps of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCode {
    /// By what it is found, in hexadecimal digits.
    pub digest: String,
    /// What it is good for.
    pub purpose: CodePurpose,
    /// Whose account it opens.
    pub user: UserId,
    /// The address it was mailed to.
    pub email: Email,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is of no use.
    pub expires_at: Timestamp,
    /// Whether it was used or voided.
    pub spent: bool,
}

impl From<CodeRecord> for KeptCode {
    fn from(code: CodeRecord) -> Self {
        Self {
            digest: code.digest.to_hex(),
            purpose: code.purpose,
            user: code.user,
            email: code.email,
            created_at: code.created_at,
            expires_at: code.expires_at,
            spent: false,
        }
    }
}

impl State {
    /// A code that was neither used nor voided.
    pub(super) fn good_code(&self, proof: &Proof, purpose: CodePurpose) -> Option<CodeRecord> {
        let digest = match proof {
            Proof::Digest(digest) => digest,
            Proof::Adopted(shown) => {
                let code = self.good_adopted_code(shown);
                return code.filter(|code| code.purpose == purpose);
            }
        };
        self.codes
            .get(&digest.to_hex())
            .filter(|code| code.purpose == purpose && !code.spent)
            .map(|code| CodeRecord {
                digest: *digest,
                purpose,
                user: code.user.clone(),
                email: code.email.clone(),
                created_at: code.created_at,
                expires_at: code.expires_at,
            })
    }

    /// When the newest code of an account, purpose and address was made.
    pub(super) fn last_code_at(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        email: &Email,
    ) -> Option<Timestamp> {
        self.codes
            .values()
            .filter(|code| code.user == *user && code.purpose == purpose)
            .filter(|code| code.email.folded() == email.folded())
            .map(|code| code.created_at)
            .max()
    }

    /// Makes the codes of an account useless, those of one purpose or all.
    pub(super) fn void_codes(&mut self, user: &UserId, purpose: Option<CodePurpose>) {
        for code in self.codes.values_mut() {
            if code.user == *user && purpose.is_none_or(|purpose| purpose == code.purpose) {
                code.spent = true;
            }
        }
    }

    /// Clears away codes that are of no use any more, and says how many.
    pub(super) fn remove_useless_codes(&mut self, now: Timestamp, limit: u32) -> u32 {
        let mut removed = 0;
        let codes = std::mem::take(&mut self.codes).into_iter();
        self.codes = codes
            .filter(|(_, code)| {
                let goes = removed < limit && (code.spent || code.expires_at <= now);
                removed += u32::from(goes);
                !goes
            })
            .collect::<BTreeMap<_, _>>();
        removed
    }
}
