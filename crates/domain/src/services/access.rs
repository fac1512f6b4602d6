//! From a bearer token to who is asking.

use std::sync::Arc;

use tracing::{debug, info, warn};

use crate::authorization::{Bearer, Operation, permit, permit_as_owner};
use crate::error::{Error, Unauthenticated};
use crate::model::{BearerToken, Caller, Principal, Status, TokenClaims, TokenKind, User, UserId};
use crate::ports::{Ports, TokenError};
use crate::users::Settings;

/// Finds out who is asking, and whether he may.
#[derive(Clone)]
pub struct Access {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

impl Access {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Who is asking for an operation, proven and permitted.
    ///
    /// The token is verified, its account loaded, and everything that counts taken from the
    /// account as it is now: a disabled, demoted or re-verified person is treated so at once. Where
    /// it makes a difference that somebody administers the platform, its authority has to agree
    /// ([`Error::Unavailable`] if it cannot be asked).
    pub async fn identify(
        &self,
        operation: Operation,
        bearer: Option<&BearerToken>,
    ) -> Result<Caller, Error> {
        self.identify_on(operation, bearer, None).await
    }

    /// The same where it is known which account the operation is about. While the platform's authority
    /// cannot be asked, an administrator does to his own account what everybody may do to his own, and
    /// counts as no more than that.
    #[tracing::instrument(skip_all, name = "access", fields(operation = operation.as_str()))]
    pub async fn identify_on(
        &self,
        operation: Operation,
        bearer: Option<&BearerToken>,
        target: Option<&UserId>,
    ) -> Result<Caller, Error> {
        let policy = self.settings.access;
        let mut caller = match (operation.rule(policy).bearer, bearer) {
            (Bearer::Ignored, _) | (Bearer::Optional, None) => Caller::Anonymous,
            (Bearer::Access | Bearer::Refresh, None) => {
                return Err(Error::Unauthenticated(Unauthenticated::MissingToken));
            }
            (_, Some(token)) => Caller::Account(Box::new(self.authenticate(token).await?)),
        };
        self.permit(operation, &caller)?;
        if let Caller::Account(principal) = &mut caller
            && operation.heeds_administrators(principal, policy)
        {
            let agreed = self.platform_agrees(&principal.account.id).await;
            if !matches!(agreed, Ok(true)) {
                principal.denied_by_platform = true;
                match (agreed, target) {
                    (Err(away), Some(target)) => {
                        permit_as_owner(operation, &caller, target, policy).map_err(|_| away)?;
                    }
                    (Err(away), None) => return Err(away),
                    (Ok(_), _) => self.permit(operation, &caller)?,
                }
            }
        }
        Ok(caller)
    }

    fn permit(&self, operation: Operation, caller: &Caller) -> Result<(), Error> {
        permit(operation, caller, self.settings.access).inspect_err(|error| {
            let user_id = caller
                .principal()
                .map(|principal| principal.account.id.as_str());
            info!(user.id = user_id, %error, "refused");
        })
    }

    /// Whether the platform agrees that the holder of an administrator's account administers it.
    async fn platform_agrees(&self, user: &UserId) -> Result<bool, Error> {
        let Some(authority) = &self.ports.platform.authority else {
            return Ok(true);
        };
        let agrees = authority.is_administrator(user).await;
        let agrees = agrees.map_err(|_| Error::Unavailable {
            port: "platform authority",
        })?;
        if !agrees {
            warn!(
                user.id = %user,
                "the account's role is admin, but the platform does not know it as an administrator"
            );
        }
        Ok(agrees)
    }

    async fn authenticate(&self, token: &BearerToken) -> Result<Principal, Error> {
        let claims = self
            .ports
            .verifier
            .verify(token)
            .await
            .map_err(|error| match error {
                TokenError::Refused => refused("the token does not verify"),
                TokenError::Unavailable => Error::Unavailable {
                    port: "token verifier",
                },
            })?;
        let Some(account) = self.ports.users.find(&claims.user).await? else {
            return Err(refused("the token's account does not exist"));
        };
        match still_valid(&account, &claims) {
            Ok(()) => Ok(Principal::new(account, claims)),
            Err(reason) => Err(refused(reason)),
        }
    }
}

/// Whether the account still honours the token.
fn still_valid(account: &User, claims: &TokenClaims) -> Result<(), &'static str> {
    if account.status != Status::Enabled {
        return Err("the account is not enabled");
    }
    let issued_before = |limit: Option<i64>| match (claims.issued_at, limit) {
        (_, None) => false,
        (Some(issued_at), Some(limit)) => issued_at < limit,
        // Personal access tokens carry no time; their issuer ends them.
        (None, Some(_)) => claims.kind != TokenKind::PersonalAccess,
    };
    if issued_before(account.tokens_valid_from) {
        return Err("the account's tokens of that time were ended");
    }
    if claims.kind == TokenKind::Refresh && issued_before(account.sessions_valid_from) {
        return Err("the account's sessions of that time were ended");
    }
    Ok(())
}

fn refused(reason: &'static str) -> Error {
    debug!(reason, "token refused");
    Error::Unauthenticated(Unauthenticated::InvalidToken)
}
