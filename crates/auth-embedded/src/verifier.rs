//! Reads bearer tokens: the port `TokenVerifier`.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use tracing::debug;
use users_domain::model::{BearerToken, TokenClaims, TokenId, TokenKind, UserId};
use users_domain::ports::{TokenError, TokenVerifier};
use users_jwt::Claims;

use crate::EmbeddedAuth;

impl EmbeddedAuth {
    /// What a genuine token says that is alive.
    ///
    /// A token from the future is refused, unless it is one of ours: those issued right after an
    /// account's older tokens were ended say the next full second, and verify at once all the same.
    pub(crate) fn read(&self, token: &BearerToken) -> Result<(Claims, TokenClaims), TokenError> {
        let refused = |reason: &dyn std::fmt::Display| {
            debug!(%reason, "token refused");
            TokenError::Refused
        };
        let key = self.key.public();
        let claims = key
            .verify(token.expose())
            .map_err(|reason| refused(&reason))?;
        let now = self.clock.now();
        let latest = self
            .latest_issue
            .load(Ordering::Relaxed)
            .max(now.unix_timestamp());
        claims
            .check_times(now, latest)
            .map_err(|reason| refused(&reason))?;
        let understood = understood(&claims).map_err(|reason| refused(&reason))?;
        Ok((claims, understood))
    }
}

/// What the domain makes of the claims, where they are of a kind that is issued here; the reason
/// where not.
fn understood(claims: &Claims) -> Result<TokenClaims, &'static str> {
    // The other kinds are the platform's; a token of ours never is one.
    let kind = [TokenKind::Access, TokenKind::Refresh]
        .into_iter()
        .find(|kind| kind.as_u8() == claims.kind)
        .ok_or("it is of a kind that is not issued here")?;
    let is_whole = claims.session.is_some() && claims.generation.is_some();
    if kind == TokenKind::Refresh && !is_whole {
        return Err("it is a refresh token without a session");
    }
    Ok(TokenClaims {
        // The account that it was issued for may be older than today's rules about ids.
        user: UserId::from_stored(claims.user.clone()),
        kind,
        issued_at: Some(claims.issued_at.unix_timestamp()),
        expires_at: Some(claims.ends),
        id: claims.session.clone().map(TokenId::new),
    })
}

#[async_trait]
impl TokenVerifier for EmbeddedAuth {
    #[tracing::instrument(skip_all, name = "token.verify")]
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        self.read(token).map(|(_, understood)| understood)
    }
}
