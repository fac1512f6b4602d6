//! An issuer with its verifier and keys: what the three suites about tokens are run on.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{BearerToken, Role, TokenClaims, TokenPair, UserId};
use users_domain::ports::{
    IssueToken, PublishedKeys, RefreshToken, RefreshTokenStore, TokenError, TokenIssuer,
    TokenVerifier,
};

use super::{Keep, Lever};
use crate::fakes::FixedClock;

/// An issuer with the verifier and the keys that match it.
pub struct TokensUnderTest {
    /// The issuer.
    pub issuer: Arc<dyn TokenIssuer>,
    /// The verifier of its tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// The keys of both.
    pub keys: Arc<dyn PublishedKeys>,
    /// The clock that all of them, and the store of sessions, go by.
    pub clock: FixedClock,
    /// Where the issuer keeps its sessions.
    pub sessions: Arc<dyn RefreshTokenStore>,
    /// How long an access token lives: whole seconds.
    pub access_lifetime: Duration,
    /// How long a session lives: whole seconds, and longer than an access token.
    pub refresh_lifetime: Duration,
    /// Whether the issuer can issue as of a moment that has not come. One that cannot waits for it a
    /// little, which no clock that stands still lets it see the end of.
    pub issues_ahead: bool,
    /// Access tokens of the given user, fresh and genuine but for one flaw; made with the
    /// verifier's own key where the flaw is not the key. More than one where the flaw has several
    /// forms, none where the format cannot have it.
    pub forge: Box<Forge>,
    /// Makes issuer and store unavailable for good; `None` where nothing can be away.
    pub go_away: Option<Lever>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

/// Makes forged tokens of a user.
pub type Forge = dyn Fn(Flaw, &UserId) -> Vec<BearerToken> + Send + Sync;

/// What is wrong with a forged token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing: shows that the other forgeries are refused for their flaw alone.
    None,
    /// Signed with a key of the same kind that is not the verifier's.
    AnotherKey,
    /// Says another algorithm than the key's: `none`, and one that takes the public key as a shared
    /// secret, rightly computed.
    AnotherAlgorithm,
    /// Made by another issuer.
    AnotherIssuer,
    /// Says no end.
    NoEnd,
    /// Misses a claim other than the end: one token for each.
    MissingClaim,
    /// Has a claim of the wrong type or of an unknown value: one token for each.
    WrongClaim,
}

pub(super) fn ada() -> UserId {
    UserId::from_stored("id-of-ada".to_owned())
}

pub(super) fn grace() -> UserId {
    UserId::from_stored("id-of-grace".to_owned())
}

impl TokensUnderTest {
    /// Begins a session.
    pub(super) async fn issue(&self, user: &UserId) -> TokenPair {
        self.issuer.issue(request(user)).await.unwrap()
    }

    /// Tries to continue a session.
    pub(super) async fn refresh(
        &self,
        user: &UserId,
        token: &BearerToken,
    ) -> Result<TokenPair, TokenError> {
        self.issuer.refresh(continuation(user, token)).await
    }

    /// What a genuine token says.
    pub(super) async fn claims(&self, token: &BearerToken) -> TokenClaims {
        self.verifier.verify(token).await.unwrap()
    }

    /// Whether the verifier refuses a token, rather than accept it or be away.
    pub(super) async fn is_refused(&self, token: &BearerToken) -> bool {
        matches!(self.verifier.verify(token).await, Err(TokenError::Refused))
    }

    /// How many sessions of a user have not ended.
    pub(super) async fn sessions_of(&self, user: &UserId) -> usize {
        self.issuer.sessions(user).await.unwrap().len()
    }
}

/// Asks for a session with nothing particular about it.
pub(super) fn request(user: &UserId) -> IssueToken {
    IssueToken {
        user: user.clone(),
        role: Role::User,
        verified: true,
        description: None,
        not_before: None,
    }
}

/// Asks for a session to go on.
pub(super) fn continuation(user: &UserId, token: &BearerToken) -> RefreshToken {
    RefreshToken {
        token: token.clone(),
        user: user.clone(),
        role: Role::User,
        verified: true,
        not_before: None,
    }
}

pub(super) fn assert_refused<T: std::fmt::Debug>(answer: &Result<T, TokenError>) {
    assert!(matches!(answer, Err(TokenError::Refused)), "{answer:?}");
}
