//! Which verifier a token goes to: the port `TokenVerifier` for a platform that publishes its keys.

use std::sync::Arc;

use async_trait::async_trait;
use users_domain::model::{BearerToken, TokenClaims};
use users_domain::ports::{TokenError, TokenVerifier};
use users_grpc_client::PERSONAL_ACCESS_TOKEN;

/// Verifies JSON Web Tokens by one verifier and personal access tokens by another.
pub struct PlatformVerifier {
    by_keys: Arc<dyn TokenVerifier>,
    by_issuer: Arc<dyn TokenVerifier>,
}

impl PlatformVerifier {
    /// `by_keys` verifies by published keys ([`JwksVerifier`](crate::JwksVerifier)); `by_issuer`
    /// asks the auth service.
    pub fn new(by_keys: Arc<dyn TokenVerifier>, by_issuer: Arc<dyn TokenVerifier>) -> Self {
        Self { by_keys, by_issuer }
    }
}

#[async_trait]
impl TokenVerifier for PlatformVerifier {
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        let verifier = if token.expose().starts_with(PERSONAL_ACCESS_TOKEN) {
            &self.by_issuer
        } else {
            &self.by_keys
        };
        verifier.verify(token).await
    }
}

#[cfg(test)]
mod tests {
    use users_testkit::mocks::MockTokenVerifier;

    use super::*;

    fn never() -> Arc<MockTokenVerifier> {
        Arc::new(MockTokenVerifier::new())
    }

    fn once() -> Arc<MockTokenVerifier> {
        let mut verifier = MockTokenVerifier::new();
        verifier
            .expect_verify()
            .once()
            .return_const(Err(TokenError::Unavailable));
        Arc::new(verifier)
    }

    #[tokio::test]
    async fn personal_access_tokens_go_to_their_issuer_and_nothing_else_does() {
        let token = BearerToken::new("pat_AAAA_x.y.z".to_owned());
        let verified = PlatformVerifier::new(never(), once()).verify(&token).await;
        assert_eq!(verified, Err(TokenError::Unavailable));
        for other in ["", "pat", "PAT_x", "eyJ.e30.x", " pat_x"] {
            let token = BearerToken::new(other.to_owned());
            let verified = PlatformVerifier::new(once(), never()).verify(&token).await;
            assert_eq!(verified, Err(TokenError::Unavailable), "{other}");
        }
    }
}
