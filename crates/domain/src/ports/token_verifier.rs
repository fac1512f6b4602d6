//! The reader of bearer tokens.

use async_trait::async_trait;

use super::TokenError;
use crate::model::{BearerToken, TokenClaims};

/// Verifies bearer tokens; does not look at the account.
///
/// - A token that the matching issuer issued verifies until it ends, and not after.
/// - Anything else is [`TokenError::Refused`]: other text, a changed byte in any part, another key,
///   another algorithm than the key's, another issuer, no end, a missing or wrongly typed claim.
/// - The algorithm is taken from the key, never from the token.
/// - It works on any text of any length in bounded time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// What the token says, if it is genuine and alive.
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError>;
}
