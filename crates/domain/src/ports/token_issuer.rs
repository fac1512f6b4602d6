//! The maker of token pairs.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{BearerToken, Role, Session, SessionDescription, TokenId, TokenPair, UserId};

/// How long a refresh token that was just replaced works on: the answer may have been lost.
pub const ROTATION_GRACE: Duration = Duration::from_secs(30);

/// Issues pairs of access and refresh token and keeps the sessions behind them.
///
/// - Both tokens of a pair verify with the matching verifier, name the user and have their kind.
/// - The refresh token keeps its id and its end through every `refresh`; the session lives as long
///   as the first refresh token would have.
/// - A refresh token works once: `refresh` replaces it. The token just replaced works for
///   [`ROTATION_GRACE`] more (the answer may have been lost); its reuse after that ends the session.
///   The platform's own service does not replace it: there it works until the session ends.
/// - `refresh` of a token that is no refresh token of that user, was revoked, reused or expired
///   answers [`TokenError::Refused`].
/// - No token is issued as of before `not_before`, and no session begins before. An issuer that cannot
///   issue as of a moment to come waits for it at most 2 seconds; else it is
///   [`TokenError::Unavailable`], and no session stays: one that was begun on the way is ended, unless
///   the issuer goes away before. A call that is dropped may leave a session whose tokens nobody has.
/// - A pair is given out once the domain's clock has reached the second in it, so that whatever ends
///   the account's tokens afterwards ends it too. An issuer by another clock is waited for; if that is
///   more than 5 seconds ahead, it is [`TokenError::Unavailable`].
/// - Tokens say the role that the account has now. An issuer that cannot change a session's role ends the
///   session and answers [`TokenError::Refused`]: its holder signs in again.
/// - `revoke` of an unknown id, or of another user's, changes nothing and is no error; so it is among
///   the ids of `revoke_some`.
/// - `revoke_some` and `revoke_all` take no longer than half a [`LEASE`](super::LEASE), however many
///   there are: what is not done by then is [`TokenError::Unavailable`]. What was ended stays ended, so
///   that who asks again comes further.
/// - `sessions` lists sessions that have not ended, oldest first. An issuer that keeps no times tells
///   them of the sessions that it remembers, and puts those before these whose age it does not know.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenIssuer: Send + Sync {
    /// Begins a session.
    async fn issue(&self, request: IssueToken) -> Result<TokenPair, TokenError>;

    /// Continues a session.
    async fn refresh(&self, request: RefreshToken) -> Result<TokenPair, TokenError>;

    /// Ends one session of a user.
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError>;

    /// Ends these sessions of a user.
    async fn revoke_some(&self, user: &UserId, ids: &[TokenId]) -> Result<(), TokenError>;

    /// Ends all sessions of a user.
    async fn revoke_all(&self, user: &UserId) -> Result<(), TokenError>;

    /// The sessions of a user.
    async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, TokenError>;
}

/// For whom a pair is issued.
#[derive(Debug, Clone)]
pub struct IssueToken {
    /// The user.
    pub user: UserId,
    /// His role now.
    pub role: Role,
    /// Whether his e-mail address is verified now.
    pub verified: bool,
    /// What he calls the session.
    pub description: Option<SessionDescription>,
    /// The earliest second of Unix time that the tokens may say they were issued at.
    pub not_before: Option<i64>,
}

/// How a session goes on.
#[derive(Debug, Clone)]
pub struct RefreshToken {
    /// The refresh token, already verified to be one of this user.
    pub token: BearerToken,
    /// The user.
    pub user: UserId,
    /// His role now.
    pub role: Role,
    /// Whether his e-mail address is verified now.
    pub verified: bool,
    /// The earliest second of Unix time that the tokens may say they were issued at.
    pub not_before: Option<i64>,
}

/// Why a token was neither issued nor verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token is malformed, forged, expired, ended or not for this.
    #[error("the token was refused")]
    Refused,
    /// The issuer or verifier is away or too slow. The adapter has logged why.
    #[error("the token service is unavailable")]
    Unavailable,
}
