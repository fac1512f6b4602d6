//! A verifier, the publisher of its keys, and an issuer that signs with them.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings};
use users_auth_grpc::{JwksSettings, JwksVerifier};
use users_domain::model::{BearerToken, TokenClaims};
use users_domain::ports::{Clock, PublishedKeys, RefreshTokenStore, TokenError, TokenVerifier};
use users_testkit::fakes::{FixedClock, MemoryStore, SeededEntropy};

use crate::forge::{Forge, claims, header, with};
use crate::publisher::{Answer, Publisher};

/// Where verifiers are opened: not where the tests run.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Whichever test is first installs it.
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
});

/// How long after a fetch tokens may cause the next one.
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

pub(crate) struct Fixture {
    pub(crate) publisher: Publisher,
    pub(crate) verifier: Arc<JwksVerifier>,
    pub(crate) clock: FixedClock,
}

impl Fixture {
    pub(crate) fn new(answer: Answer) -> Self {
        Self::with_timeout(answer, Duration::from_secs(10))
    }

    /// With keys of these signers.
    pub(crate) fn publishing(signers: &[&Signer]) -> Self {
        Self::new(keys(signers))
    }

    pub(crate) fn with_timeout(answer: Answer, timeout: Duration) -> Self {
        let (publisher, clock) = (Publisher::new(answer), FixedClock::new());
        let verifier = open(&publisher, timeout, &clock);
        Self {
            publisher,
            verifier,
            clock,
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        let token = BearerToken::new(token.to_owned());
        self.verifier.verify(&token).await
    }

    pub(crate) async fn accepts(&self, token: &str) {
        let claims = self.verify(token).await.unwrap();
        assert_eq!(claims.user.as_str(), "id-of-ada");
    }

    pub(crate) async fn refuses(&self, token: &str) {
        assert_eq!(
            self.verify(token).await,
            Err(TokenError::Refused),
            "{token}"
        );
    }

    pub(crate) async fn cannot_tell(&self, token: &str) {
        assert_eq!(self.verify(token).await, Err(TokenError::Unavailable));
    }

    /// Begins to verify, as far as it gets without waiting.
    pub(crate) async fn begin(&self, token: &str) -> Verification {
        let (verifier, token) = (self.verifier.clone(), BearerToken::new(token.to_owned()));
        let mut verification: Verification = Box::pin(async move { verifier.verify(&token).await });
        let polled = poll_fn(|context| Poll::Ready(verification.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "it waits for the keys");
        verification
    }

    /// Waits until a number of fetches have ended.
    pub(crate) async fn settled(&self, fetches: u64) {
        while self.verifier.stats().fetches < fetches {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.verifier.stats().fetches, fetches);
    }
}

/// A verification that has begun.
pub(crate) type Verification =
    Pin<Box<dyn Future<Output = Result<TokenClaims, TokenError>> + Send>>;

pub(crate) fn open(
    publisher: &Publisher,
    timeout: Duration,
    clock: &FixedClock,
) -> Arc<JwksVerifier> {
    let settings = JwksSettings {
        timeout,
        ..JwksSettings::new(publisher.url())
    };
    let runtime = RUNTIME.handle().clone();
    Arc::new(JwksVerifier::open(&settings, Arc::new(clock.clone()), runtime).unwrap())
}

/// The answer that publishes these keys.
pub(crate) fn keys(signers: &[&Signer]) -> Answer {
    let keys: Vec<_> = signers.iter().map(|signer| signer.key()).collect();
    Answer::Keys(format!("{}\n", json!({ "keys": keys })))
}

/// An embedded issuer whose key goes by whatever name one likes.
pub(crate) struct Signer {
    pub(crate) auth: Arc<EmbeddedAuth>,
    pub(crate) sessions: Arc<dyn RefreshTokenStore>,
    pub(crate) forge: Forge,
    kid: Value,
    key: Value,
    _folder: Arc<TempDir>,
}

impl Signer {
    /// Its key goes by its own id.
    pub(crate) fn new(seed: u64, clock: &FixedClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let sessions: Arc<dyn RefreshTokenStore> =
            Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let auth = EmbeddedAuth::open(
            EmbeddedAuthSettings::new(path.clone()),
            sessions.clone(),
            Arc::new(clock.clone()),
            Arc::new(SeededEntropy::new(seed)),
        );
        let auth = auth.unwrap();
        let set: Value = serde_json::from_str(&auth.key_set()).unwrap();
        let key = set["keys"][0].clone();
        Self {
            auth: Arc::new(auth),
            sessions,
            forge: Forge::with_key_of(&path),
            kid: key["kid"].clone(),
            key,
            _folder: Arc::new(folder),
        }
    }

    /// Its key goes by this id from now on.
    pub(crate) fn named(seed: u64, kid: &str) -> Self {
        Self::new(seed, &FixedClock::new()).renamed(kid)
    }

    pub(crate) fn renamed(self, kid: &str) -> Self {
        Self {
            kid: json!(kid),
            key: with(&self.key, "kid", json!(kid)),
            ..self
        }
    }

    pub(crate) fn key(&self) -> &Value {
        &self.key
    }

    pub(crate) fn kid(&self) -> &Value {
        &self.kid
    }

    /// An access token of Ada's, issued at a second.
    pub(crate) fn token(&self, now: i64) -> String {
        self.token_with(now, "aud", json!("x"))
    }

    /// One with a claim replaced.
    pub(crate) fn token_with(&self, now: i64, claim: &str, value: Value) -> String {
        let claims = with(&claims("id-of-ada", now), claim, value);
        self.forge.sign(header(&self.kid), claims)
    }
}
