//! Reads bearer tokens: the port `TokenVerifier`.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use tracing::debug;
use users_domain::model::{BearerToken, Timestamp, TokenClaims};
use users_domain::ports::{TokenError, TokenVerifier};

use crate::EmbeddedAuth;
use crate::claims::Claims;
use crate::numeric_date::NumericDate;
use crate::signing_key::SigningKey;

/// Longer texts are refused unread; our own tokens have some 600 bytes.
const MOST_BYTES: usize = 8 * 1024;

/// Reads what a key signed.
pub(crate) struct Reader {
    key: DecodingKey,
    key_id: String,
    validation: Validation,
}

impl Reader {
    /// A reader of one key's tokens. The algorithm is the key's, whatever a token says.
    pub(crate) fn new(key: &SigningKey) -> Self {
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Signature and algorithm are the library's to check, the claims ours: it would ask the
        // machine's clock, and allow a minute after the end.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self {
            key: DecodingKey::from_ed_der(key.public()),
            key_id: key.id().to_owned(),
            validation,
        }
    }

    /// What a genuine token says, and what the domain makes of it; the reason for any other text.
    /// `latest` is the last second at which a token may say it was issued.
    fn read(
        &self,
        token: &BearerToken,
        now: Timestamp,
        latest: i64,
    ) -> Result<(Claims, TokenClaims), &'static str> {
        let text = token.expose();
        if text.len() > MOST_BYTES {
            return Err("it is too long");
        }
        let token = decode::<Claims>(text, &self.key, &self.validation)
            .map_err(|_| "it is malformed or not signed with our key")?;
        if token.header.kid.as_ref() != Some(&self.key_id) {
            return Err("it names another key");
        }
        if token.header.crit.is_some() {
            return Err("it asks for an extension (RFC 7515, section 4.1.11)");
        }
        let claims = token.claims;
        let understood = claims.understood()?;
        if claims.ends.moment() <= now {
            return Err("it has ended");
        }
        if claims.issued_at.seconds() > latest {
            return Err("it is from the future");
        }
        if claims.not_before.map(NumericDate::moment) > Some(now) {
            return Err("it is not valid yet");
        }
        Ok((claims, understood))
    }
}

impl EmbeddedAuth {
    /// What a genuine token says that is alive.
    ///
    /// A token from the future is refused, unless it is one of ours: those issued right after an
    /// account's older tokens were ended say the next full second, and verify at once all the same.
    pub(crate) fn read(&self, token: &BearerToken) -> Result<(Claims, TokenClaims), TokenError> {
        let now = self.clock.now();
        let latest = self
            .latest_issue
            .load(Ordering::Relaxed)
            .max(now.unix_timestamp());
        self.reader.read(token, now, latest).map_err(|reason| {
            debug!(reason, "token refused");
            TokenError::Refused
        })
    }
}

#[async_trait]
impl TokenVerifier for EmbeddedAuth {
    #[tracing::instrument(skip_all, name = "token.verify")]
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        self.read(token).map(|(_, understood)| understood)
    }
}
