//! What the requests bear, and who verifies it.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use time::OffsetDateTime;
use users_auth_grpc::AuthGrpc;
use users_domain::model::{BearerToken, TokenClaims, TokenId, TokenKind, UserId};
use users_domain::ports::{TokenError, TokenVerifier};
use users_testkit::fakes::FakeTokens;

use crate::Result;

/// What a request bears.
pub(crate) enum Bearer {
    Nothing,
    /// A code from a mail.
    Mailed,
    /// A token of the fakes: the record does not have it, since it was verified without a call.
    Made(TokenKind),
    /// A recorded token that was verified without a call; what it says.
    Local(String, TokenClaims),
    /// A recorded token that the auth service verified.
    Remote(String),
}

/// Verifies all of them: as the service does where the auth service publishes keys, and as it does
/// where it has none.
pub(crate) struct Bearers {
    pub(crate) fakes: FakeTokens,
    pub(crate) auth: Arc<AuthGrpc>,
    pub(crate) bearer: Bearer,
}

#[async_trait]
impl TokenVerifier for Bearers {
    async fn verify(&self, token: &BearerToken) -> std::result::Result<TokenClaims, TokenError> {
        match &self.bearer {
            Bearer::Local(text, claims) if text == token.expose() => Ok(claims.clone()),
            Bearer::Remote(text) if text == token.expose() => self.auth.verify(token).await,
            _ => self.fakes.verify(token).await,
        }
    }
}

/// What a recorded token says.
pub(crate) fn claims_of(token: &str) -> Result<TokenClaims> {
    let payload = token.split('.').nth(1).ok_or("a token without claims")?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    let kind = claims["type"]
        .as_u64()
        .and_then(|number| TokenKind::from_u8(number.try_into().ok()?));
    let ends = claims["exp"].as_i64().ok_or("a token without an end")?;
    Ok(TokenClaims {
        user: UserId::from_stored(claims["sub"].as_str().unwrap_or_default().to_owned()),
        kind: kind.ok_or("a token of no known kind")?,
        issued_at: claims["iat"].as_i64(),
        expires_at: Some(OffsetDateTime::from_unix_timestamp(ends)?),
        id: claims["jti"].as_str().map(|id| TokenId::new(id.to_owned())),
    })
}
