//! An `EmbeddedAuth` on a folder of its own, with a clock that stands still.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::TempDir;
use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings};
use users_domain::model::{BearerToken, Role, TokenClaims, TokenPair, UserId};
use users_domain::ports::{
    IssueToken, RefreshToken, RefreshTokenStore, TokenError, TokenIssuer, TokenVerifier,
};
use users_testkit::fakes::{FixedClock, MemoryStore, SeededEntropy};
use users_testkit::faults::{Fault, FaultPlan, Faulty};

use crate::forge::Forge;

pub(crate) const ACCESS: Duration = Duration::from_hours(1);
pub(crate) const REFRESH: Duration = Duration::from_hours(24);

/// Issuer, verifier and keys, with everything around them.
pub(crate) struct Fixture {
    pub(crate) auth: Arc<EmbeddedAuth>,
    pub(crate) clock: FixedClock,
    pub(crate) sessions: Arc<dyn RefreshTokenStore>,
    /// In force, every call to the store fails.
    pub(crate) outage: FaultPlan,
    pub(crate) folder: TempDir,
}

pub(crate) fn ada() -> UserId {
    UserId::from_stored("id-of-ada".to_owned())
}

/// A part of a token taken apart, without any check.
pub(crate) fn part(token: &str, number: usize) -> String {
    let part = token.split('.').nth(number).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with_lifetimes(ACCESS, REFRESH)
    }

    pub(crate) fn with_lifetimes(access_ttl: Duration, refresh_ttl: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FixedClock::new();
        let outage = FaultPlan::always(Fault::Away);
        outage.calm();
        let store: Arc<dyn RefreshTokenStore> = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let sessions: Arc<dyn RefreshTokenStore> = Arc::new(Faulty::new(store, outage.clone()));
        let settings = EmbeddedAuthSettings {
            access_ttl,
            refresh_ttl,
            ..EmbeddedAuthSettings::new(folder.path().join("key.pem"))
        };
        let auth = EmbeddedAuth::open(
            settings,
            sessions.clone(),
            Arc::new(clock.clone()),
            Arc::new(SeededEntropy::new(1)),
        );
        Self {
            auth: Arc::new(auth.unwrap()),
            clock,
            sessions,
            outage,
            folder,
        }
    }

    pub(crate) fn key_path(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }

    /// Makes tokens of any kind with the fixture's own key.
    pub(crate) fn forge(&self) -> Forge {
        Forge::with_key_of(&self.key_path())
    }

    pub(crate) async fn issue(&self) -> TokenPair {
        self.issue_not_before(None).await
    }

    pub(crate) async fn issue_not_before(&self, not_before: Option<i64>) -> TokenPair {
        let request = IssueToken {
            user: ada(),
            role: Role::User,
            verified: true,
            description: None,
            not_before,
        };
        self.auth.issue(request).await.unwrap()
    }

    pub(crate) async fn refresh(&self, token: &BearerToken) -> Result<TokenPair, TokenError> {
        let request = RefreshToken {
            token: token.clone(),
            user: ada(),
            role: Role::User,
            verified: true,
            not_before: None,
        };
        self.auth.refresh(request).await
    }

    pub(crate) async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        self.auth.verify(token).await
    }

    pub(crate) async fn assert_refused(&self, token: &str, why: &str) {
        let verified = self.verify(&BearerToken::new(token.to_owned())).await;
        assert_eq!(verified, Err(TokenError::Refused), "{why}");
    }
}
