//! Proving that an e-mail address is the account's.

use std::sync::Arc;

use crate::authorization::{Operation, permit};
use crate::error::{Error, Unauthenticated};
use crate::model::{
    Caller, Change, CodePurpose, CodeRecord, Effect, EventOperation, MailRequest, Proof,
    RequestContext, User,
};
use crate::ports::{Ports, StoreError};
use crate::users::Settings;

/// Has addresses proven.
#[derive(Clone)]
pub struct Verification {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

impl Verification {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Has a link mailed to the caller's address. While one waits to be sent, another request adds
    /// none.
    #[tracing::instrument(skip_all, name = "send_verification")]
    pub async fn send_verification(
        &self,
        context: &RequestContext,
        caller: &Caller,
    ) -> Result<(), Error> {
        permit(Operation::SendVerification, caller, self.settings.access)?;
        let Some(principal) = caller.principal() else {
            return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
        };
        let account = &principal.account;
        if account.is_verified() {
            return Err(Error::AlreadyVerified);
        }
        let event = super::event(
            &self.ports,
            context,
            EventOperation::SendVerification,
            account.id.as_str(),
        )
        .user_id(&account.id)
        .text("token_type", caller.token_kind().event_name())
        .build();
        let mail = MailRequest::Verification {
            user: account.id.clone(),
            address: account.email.clone(),
        };
        let effects = vec![Effect::Mail(mail), Effect::Event(event)];
        Ok(self.ports.outbox.add(effects).await?)
    }

    /// Whether a code would prove an address now. Changes nothing, so that a page may ask.
    #[tracing::instrument(skip_all, name = "check_verification")]
    pub async fn check(&self, proof: &Proof) -> Result<(), Error> {
        super::recovery::check(&self.ports, proof, CodePurpose::VerifyEmail)
            .await
            .map(drop)
    }

    /// Proves the address that a code was mailed to. A code works once.
    #[tracing::instrument(skip_all, name = "verify_email")]
    pub async fn verify_email(
        &self,
        context: &RequestContext,
        proof: &Proof,
    ) -> Result<User, Error> {
        let (ports, context) = (self.ports.clone(), context.clone());
        let decide = move |user: &User, code: &CodeRecord| -> Result<Change, Error> {
            let now = ports.clock.now();
            super::ensure_code_fits(code, user, now)?;
            let mut user = user.clone();
            user.verified_at = Some(now);
            user.updated_at = Some(user.updated_at.map_or(now, |before| before.max(now)));
            let event = super::event(
                &ports,
                &context,
                EventOperation::VerifyEmail,
                user.id.as_str(),
            )
            .user_id(&user.id)
            .text("email", user.email.as_str())
            .time_if("verified_at", user.verified_at)
            .build();
            Ok(Change {
                user,
                effects: vec![Effect::Event(event)],
            })
        };
        self.ports
            .users
            .redeem(proof, CodePurpose::VerifyEmail, Arc::new(decide))
            .await
            .map_err(unknown_code)
    }
}

/// A code that the store does not know, or not any more.
pub(super) fn unknown_code(error: StoreError) -> Error {
    match error {
        StoreError::NotFound => Error::InvalidCode,
        other => other.into(),
    }
}
