//! Tokens that a person can read.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use users_domain::model::{
    BearerToken, RefreshSession, Session, Timestamp, TokenClaims, TokenId, TokenKind, TokenPair,
    UserId,
};
use users_domain::ports::{
    Clock, Entropy, IssueToken, PublishedKeys, ROTATION_GRACE, RefreshToken, RefreshTokenStore,
    Rotation, StoreError, TokenError, TokenIssuer, TokenVerifier, uuid_v4,
};

/// Who issued a token: its first field.
const ISSUER: &str = "fake";

/// Issues and verifies tokens such as `fake.access.id-of-ada.1767225600.1767229200.<id>.0.<checksum>`.
///
/// It keeps the whole contract but for secrecy: the checksum is keyed, so that no byte can be changed
/// unnoticed, yet anybody who has seen a token can compute the key. For tests only.
#[derive(Clone)]
pub struct FakeTokens {
    store: Arc<dyn RefreshTokenStore>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    key: u64,
    access_lifetime: Duration,
    refresh_lifetime: Duration,
}

impl FakeTokens {
    /// Tokens with a key of their own that live as long as by default: an hour and a day.
    pub fn new(
        store: Arc<dyn RefreshTokenStore>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let mut key = [0; 8];
        entropy.fill(&mut key);
        Self {
            store,
            clock,
            entropy,
            key: u64::from_le_bytes(key),
            access_lifetime: Duration::from_hours(1),
            refresh_lifetime: Duration::from_hours(24),
        }
    }

    /// The same with other lifetimes, in whole seconds.
    #[must_use]
    pub fn with_lifetimes(self, access: Duration, refresh: Duration) -> Self {
        Self {
            access_lifetime: access,
            refresh_lifetime: refresh,
            ..self
        }
    }

    /// A token of any kind, such as others on the platform issue: alive for as long as an access
    /// token and of no session; a personal access token says no time of issue.
    pub fn token(&self, user: &UserId, kind: TokenKind) -> BearerToken {
        let now = self.clock.now().unix_timestamp();
        self.write(&Fields {
            user: user.clone(),
            kind,
            issued_at: (kind != TokenKind::PersonalAccess).then_some(now),
            expires_at: now.saturating_add_unsigned(self.access_lifetime.as_secs()),
            session: None,
            generation: 0,
        })
    }

    /// Any text with a right checksum: a forgery by somebody who has the key.
    pub fn sign(&self, text: &str) -> BearerToken {
        let checksum = self.checksum(text);
        BearerToken::new(format!("{text}.{checksum:016x}"))
    }

    /// FNV-1a (Fowler, Noll and Vo) over the key and the text: a change of any one byte changes it.
    fn checksum(&self, text: &str) -> u64 {
        let key = self.key.to_le_bytes();
        key.iter()
            .chain(text.as_bytes())
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            })
    }

    fn write(&self, fields: &Fields) -> BearerToken {
        let issued_at = fields.issued_at.map(|second| second.to_string());
        let session = fields.session.as_ref().map(|id| escaped(id.as_str()));
        self.sign(&format!(
            "{ISSUER}.{}.{}.{}.{}.{}.{}",
            kind_name(fields.kind),
            escaped(fields.user.as_str()),
            issued_at.unwrap_or_default(),
            fields.expires_at,
            session.unwrap_or_default(),
            fields.generation,
        ))
    }

    /// What a genuine token says, alive or not.
    fn read(&self, token: &BearerToken) -> Option<Fields> {
        let (text, checksum) = token.expose().rsplit_once('.')?;
        if checksum != format!("{:016x}", self.checksum(text)) {
            return None;
        }
        let mut fields = text.split('.');
        let mut next = || fields.next();
        if next()? != ISSUER {
            return None;
        }
        let kind = next()?;
        let kind = (0..=u8::MAX)
            .map_while(TokenKind::from_u8)
            .find(|known| kind_name(*known) == kind)?;
        let user = unescaped(next()?).filter(|id| !id.is_empty())?;
        let issued_at = match next()? {
            "" if kind == TokenKind::PersonalAccess => None,
            second => Some(second.parse().ok()?),
        };
        let read = Fields {
            user: UserId::from_stored(user),
            kind,
            issued_at,
            expires_at: next()?.parse().ok()?,
            session: match next()? {
                "" if kind != TokenKind::Refresh => None,
                "" => return None,
                id => Some(TokenId::new(unescaped(id)?)),
            },
            generation: next()?.parse().ok()?,
        };
        next().is_none().then_some(read)
    }

    fn read_alive(&self, token: &BearerToken) -> Result<Fields, TokenError> {
        let now = self.clock.now().unix_timestamp();
        self.read(token)
            .filter(|fields| now < fields.expires_at)
            .ok_or(TokenError::Refused)
    }

    /// The pair of a session's present generation.
    fn pair(&self, session: &RefreshSession, not_before: Option<i64>) -> TokenPair {
        let now = self.clock.now().unix_timestamp();
        let issued_at = not_before.map_or(now, |second| second.max(now));
        let token = |kind, expires_at| {
            self.write(&Fields {
                user: session.user.clone(),
                kind,
                issued_at: Some(issued_at),
                expires_at,
                session: Some(session.id.clone()),
                generation: session.generation,
            })
        };
        let lifetime = self.access_lifetime.as_secs();
        TokenPair {
            access: token(
                TokenKind::Access,
                issued_at.saturating_add_unsigned(lifetime),
            ),
            refresh: token(TokenKind::Refresh, session.expires_at.unix_timestamp()),
        }
    }
}

/// What stands in a token, in order: issuer, kind, user, seconds of issue and end, session,
/// generation.
struct Fields {
    user: UserId,
    kind: TokenKind,
    issued_at: Option<i64>,
    expires_at: i64,
    session: Option<TokenId>,
    generation: u64,
}

#[async_trait]
impl TokenIssuer for FakeTokens {
    async fn issue(&self, request: IssueToken) -> Result<TokenPair, TokenError> {
        let now = self.clock.now();
        let earliest = request.not_before.map(Timestamp::from_unix_timestamp);
        let session = RefreshSession {
            id: TokenId::new(uuid_v4(&*self.entropy).to_string()),
            user: request.user,
            description: request.description,
            generation: 0,
            created_at: earliest
                .and_then(Result::ok)
                .map_or(now, |earliest| earliest.max(now)),
            expires_at: now + self.refresh_lifetime,
            rotated_at: None,
        };
        self.store.add(session.clone()).await.map_err(away)?;
        Ok(self.pair(&session, request.not_before))
    }

    async fn refresh(&self, request: RefreshToken) -> Result<TokenPair, TokenError> {
        let fields = self.read_alive(&request.token)?;
        if fields.kind != TokenKind::Refresh || fields.user != request.user {
            return Err(TokenError::Refused);
        }
        let id = fields.session.ok_or(TokenError::Refused)?;
        let rotation = self
            .store
            .rotate(&id, fields.generation, ROTATION_GRACE)
            .await;
        match rotation.map_err(away)? {
            Rotation::Advanced(session) | Rotation::Repeated(session) => {
                Ok(self.pair(&session, request.not_before))
            }
            Rotation::Reused | Rotation::Ended => Err(TokenError::Refused),
        }
    }

    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
        self.store.revoke(user, id).await.map_err(away)?;
        Ok(())
    }

    async fn revoke_some(&self, user: &UserId, ids: &[TokenId]) -> Result<(), TokenError> {
        for id in ids {
            self.revoke(user, id).await?;
        }
        Ok(())
    }

    async fn revoke_all(&self, user: &UserId) -> Result<(), TokenError> {
        self.store.revoke_all(user).await.map_err(away)
    }

    async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, TokenError> {
        let kept = self.store.list(user).await.map_err(away)?;
        Ok(kept.into_iter().map(Session::from).collect())
    }
}

#[async_trait]
impl TokenVerifier for FakeTokens {
    async fn verify(&self, token: &BearerToken) -> Result<TokenClaims, TokenError> {
        let fields = self.read_alive(token)?;
        Ok(TokenClaims {
            user: fields.user,
            kind: fields.kind,
            issued_at: fields.issued_at,
            expires_at: Timestamp::from_unix_timestamp(fields.expires_at).ok(),
            id: fields.session,
        })
    }
}

impl PublishedKeys for FakeTokens {
    /// One key that no token is signed with: readers find the form of a key set, and nothing more.
    fn key_set(&self) -> String {
        const PUBLIC: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        format!(
            r#"{{"keys":[{{"alg":"EdDSA","crv":"Ed25519","kid":"{ISSUER}","kty":"OKP","use":"sig","x":"{PUBLIC}"}}]}}"#
        )
    }
}

fn away(_: StoreError) -> TokenError {
    TokenError::Unavailable
}

fn kind_name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Access => "access",
        TokenKind::Refresh => "refresh",
        TokenKind::Recovery => "recovery",
        TokenKind::Api => "api",
        TokenKind::PersonalAccess => "personal-access",
        TokenKind::Invitation => "invitation",
    }
}

/// Only characters that a bearer token may have (RFC 6750, section 2.1) and no dot: other bytes are
/// written `~2e`.
fn escaped(text: &str) -> String {
    let mut written = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            written.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(written, "~{byte:02x}");
        }
    }
    written
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('~');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_fits_into_a_token() {
        for id in ["ada", "a.b~c d", "идентификатор", "~", "%2e"] {
            let text = escaped(id);
            assert!(!text.contains('.') && text.is_ascii(), "{text}");
            assert_eq!(unescaped(&text).as_deref(), Some(id));
        }
    }
}
