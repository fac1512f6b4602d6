//! Tokens verified here, by the keys that the auth service publishes: the port `TokenVerifier`
//! without a call for each token.
//!
//! - The keys are fetched when the first token comes, or by [`JwksVerifier::prefetch`]; they are
//!   fresh for five minutes, or for as long as the publisher says if that is shorter, and then
//!   fetched again while the known ones serve on.
//! - While the publisher is away the known keys serve for a day. With none to go by the answer is
//!   *unavailable*.
//! - A token whose key is not known, or that none of the known keys signed, lets the keys be fetched
//!   again, since a change of keys looks like this (under the same name, too); at most every few
//!   seconds, however many such tokens come. Where they cannot be fetched now, such a token is refused
//!   only if it says that it was issued before the publisher was asked last: a later one might be
//!   genuine, and the answer is *unavailable*. A text that is no token, or one that could not be
//!   accepted whoever signed it, is refused at once.
//! - A key verifies by its own algorithm alone. What verified once is remembered for as long as it
//!   lives and its key is published.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tracing::debug;
use url::Url;
use users_domain::model::{BearerToken, Timestamp, TokenClaims, TokenId, TokenKind, UserId};
use users_domain::ports::{Clock, TokenError, TokenVerifier};
use users_jwt::{Claims, PublicKey, Refusal, Unverified};

mod cache;
mod key_source;
mod publisher;
mod remembered;

pub use publisher::JwksSettingsError;

use cache::KnownKeys;
use key_source::{Asked, KeySource};
use publisher::Publisher;
use remembered::Remembered;

use crate::refused::refused;

/// The clock of the auth service may be ahead of ours by this much: a token that it has just issued
/// would else be refused until ours has caught up, as the deployed services do. Tokens end on the
/// dot.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// A token may be signed by another key than the one it names, since publishers rename keys
/// (`active` becomes `retiring`, and tokens go on naming the former). No more keys are tried.
const MOST_TRIED: usize = 4;

/// Where the keys are, and how long one waits for them.
#[derive(Clone)]
pub struct JwksSettings {
    /// Where the auth service publishes its keys (`http` or `https`).
    pub url: Url,
    /// How long a fetch may take, from connecting to the last byte; more than ten seconds count as
    /// ten. The first token waits for it.
    pub timeout: Duration,
}

impl JwksSettings {
    /// Keys at an address, for which one waits as long as can be.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            timeout: publisher::LONGEST,
        }
    }
}

impl JwksSettings {
    /// The address without what may be secret in it: neither password nor query.
    pub fn place(&self) -> String {
        publisher::shown(&self.url)
    }
}

/// The address may hold a password.
impl fmt::Debug for JwksSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksSettings")
            .field("host", &self.url.host_str())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Verifies the platform's JSON Web Tokens by the published keys.
///
/// A token of the right key is refused all the same if it has no end, names no user, is of a kind
/// that never is a JSON Web Token of a person (API key, personal access token), or names another
/// algorithm than its key's.
pub struct JwksVerifier {
    keys: Arc<KeySource>,
    remembered: Remembered,
    clock: Arc<dyn Clock>,
}

/// What a verifier has done since it was opened, and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JwksStats {
    /// How often the keys were asked for, to the end.
    pub fetches: u64,
    /// How many of these failed.
    pub failures: u64,
    /// Keys that verify tokens now.
    pub keys: usize,
    /// Tokens that are remembered.
    pub remembered: usize,
    /// How many tokens were known when they came.
    pub hits: u64,
}

impl JwksVerifier {
    /// A verifier that has not asked for the keys yet. It asks on the runtime of the handle,
    /// whichever its callers run on.
    ///
    /// A process-wide default provider of cryptography must be installed (rustls), else this
    /// panics.
    pub fn open(
        settings: &JwksSettings,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Result<Self, JwksSettingsError> {
        let publisher = Publisher::new(settings)?;
        Ok(Self {
            keys: Arc::new(KeySource::new(publisher, clock.clone(), runtime)),
            remembered: Remembered::new(),
            clock,
        })
    }

    /// Gets the keys, so that the first token need not wait for them.
    pub async fn prefetch(&self) -> Result<(), TokenError> {
        self.keys.current().await.map(drop)
    }

    /// What it has done, and what it holds.
    pub fn stats(&self) -> JwksStats {
        let counts = self.keys.counts();
        JwksStats {
            fetches: counts.fetches.load(Ordering::Acquire),
            failures: counts.failures.load(Ordering::Relaxed),
            keys: self.keys.known().len(),
            remembered: self.remembered.len(),
            hits: self.remembered.hits(),
        }
    }

    /// What the token says that one of the keys signed, with that key.
    fn signed_by<'k>(
        token: &Unverified<'_>,
        keys: &'k KnownKeys,
    ) -> Result<(Claims, &'k Arc<PublicKey>), Refusal> {
        let id = token.key_id();
        let (named, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| Some(key.id()) == id);
        if named.is_empty() {
            return Err(Refusal::Key);
        }
        named
            .into_iter()
            .chain(others)
            .take(MOST_TRIED)
            .find_map(|key| token.verify_by(key).ok().map(|claims| (claims, key)))
            .ok_or(Refusal::Signature)
    }

    /// Verifies a token that could be accepted if only it is genuine.
    async fn verify_plausible(
        &self,
        token: &Unverified<'_>,
        came_at: Timestamp,
        keys: KnownKeys,
    ) -> Result<(Claims, Arc<PublicKey>), TokenError> {
        let refusal = match Self::signed_by(token, &keys) {
            Ok((claims, key)) => return Ok((claims, key.clone())),
            Err(refusal) => refusal,
        };
        let refusal = match self.keys.newer().await {
            Asked::New(keys) => match Self::signed_by(token, &keys) {
                Ok((claims, key)) => return Ok((claims, key.clone())),
                Err(refusal) => refusal,
            },
            Asked::NotNow => refusal,
        };
        // The two clocks may differ by so much, and times of issue are whole seconds.
        let used_by = came_at.min(token.claims().issued_at + CLOCK_SKEW);
        if self.keys.asked_since(used_by) {
            return Err(refused(refusal));
        }
        debug!(reason = %refusal, "a token may be of a key that is not known yet");
        Err(TokenError::Unavailable)
    }
}

impl fmt::Debug for JwksVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwksVerifier")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TokenVerifier for JwksVerifier {
    #[tracing::instrument(skip_all, name = "token.verify")]
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        let text = token.expose();
        let now = self.clock.now();
        let digest = remembered::digest(text);
        if let Some((claims, key)) = digest.and_then(|digest| self.remembered.get(&digest, now)) {
            let keys = self.keys.current().await?;
            if keys.contains(&key) {
                self.remembered.note_hit();
                return Ok(claims);
            }
        }
        let token = plausible(text, now).map_err(refused)?;
        let keys = self.keys.current().await?;
        let (claims, key) = self.verify_plausible(&token, now, keys).await?;
        let understood = understood(claims).map_err(refused)?;
        if let Some(digest) = digest {
            self.remembered.put(digest, &understood, key);
        }
        Ok(understood)
    }
}

/// A token that can be accepted if only it is genuine.
fn plausible(text: &str, now: Timestamp) -> Result<Unverified<'_>, Refusal> {
    let token = Unverified::parse(text)?;
    if token.algorithm() != PublicKey::ALGORITHM {
        return Err(Refusal::Algorithm);
    }
    if token.key_id().is_none() {
        return Err(Refusal::Key);
    }
    let claims = token.claims();
    kind(claims)?;
    claims.check_times(now, (now + CLOCK_SKEW).unix_timestamp())?;
    Ok(token)
}

/// The kinds that the auth service accepts as JSON Web Tokens.
fn kind(claims: &Claims) -> Result<TokenKind, Refusal> {
    match TokenKind::from_u8(claims.kind) {
        Some(TokenKind::Api | TokenKind::PersonalAccess) | None => Err(Refusal::Kind),
        Some(kind) => Ok(kind),
    }
}

/// What the domain makes of the claims.
fn understood(claims: Claims) -> Result<TokenClaims, Refusal> {
    Ok(TokenClaims {
        kind: kind(&claims)?,
        // The account that it was issued for may be older than today's rules about ids.
        user: UserId::from_stored(claims.user),
        issued_at: Some(claims.issued_at.unix_timestamp()),
        expires_at: Some(claims.ends),
        id: claims.session.map(TokenId::new),
    })
}
