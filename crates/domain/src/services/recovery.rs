//! A new password for somebody who lost his.

use std::sync::Arc;

use crate::error::Error;
use crate::model::{
    Change, CodePurpose, CodeRecord, Effect, Email, MailRequest, Password, Proof, RequestContext,
    User,
};
use crate::ports::Ports;

use super::verification::unknown_code;

/// Lets people back in.
#[derive(Clone)]
pub struct Recovery {
    ports: Arc<Ports>,
}

impl Recovery {
    pub(crate) fn new(ports: Arc<Ports>) -> Self {
        Self { ports }
    }

    /// Has a link mailed to an address, if an enabled account has it: that is found out when the
    /// mail is sent, so the answer is the same for every address, in text and time. While one waits
    /// to be sent, another request for the address adds none.
    #[tracing::instrument(skip_all, name = "send_password_reset")]
    pub async fn send_password_reset(
        &self,
        context: &RequestContext,
        address: Email,
    ) -> Result<(), Error> {
        let mail = MailRequest::reset(address, context);
        Ok(self.ports.outbox.add(vec![Effect::Mail(mail)]).await?)
    }

    /// Whether a code would set a new password now. Changes nothing, so that a page may ask.
    #[tracing::instrument(skip_all, name = "check_password_reset")]
    pub async fn check(&self, proof: &Proof) -> Result<(), Error> {
        check(&self.ports, proof, CodePurpose::ResetSecret)
            .await
            .map(drop)
    }

    /// Sets a new password by a mailed code, which works once. Every token of the account dies; its
    /// address is proven, if it was not.
    #[tracing::instrument(skip_all, name = "reset_secret")]
    pub async fn reset_secret(
        &self,
        context: &RequestContext,
        proof: &Proof,
        password: &Password,
    ) -> Result<User, Error> {
        // Before anything costly: strangers who make codes up cost one look-up.
        check(&self.ports, proof, CodePurpose::ResetSecret).await?;
        let hash = self.ports.hasher.hash(password).await?;
        let (ports, context) = (self.ports.clone(), context.clone());
        let decide = move |user: &User, code: &CodeRecord| -> Result<Change, Error> {
            let now = ports.clock.now();
            super::ensure_code_fits(code, user, now)?;
            super::ensure_enabled(user).map_err(|_| Error::InvalidCode)?;
            let mut user = user.clone();
            user.secret = Some(hash.clone());
            user.verified_at = user.verified_at.or(Some(now));
            user.updated_at = Some(user.updated_at.map_or(now, |before| before.max(now)));
            super::end_tokens(&mut user, now);
            let effects = super::new_secret_effects(&ports, &context, &user);
            Ok(Change { user, effects })
        };
        self.ports
            .users
            .redeem(proof, CodePurpose::ResetSecret, Arc::new(decide))
            .await
            .map_err(unknown_code)
    }
}

/// What is kept of a code, if it is good as far as can be told without its account.
pub(super) async fn check(
    ports: &Ports,
    proof: &Proof,
    purpose: CodePurpose,
) -> Result<CodeRecord, Error> {
    match ports.users.find_code(proof, purpose).await? {
        Some(code) if ports.clock.now() < code.expires_at => Ok(code),
        _ => Err(Error::InvalidCode),
    }
}
