//! Begins, continues and ends sessions: the port `TokenIssuer`.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use time::macros::datetime;
use tracing::{error, warn};
use users_domain::model::{
    BearerToken, RefreshSession, Role, Session, Timestamp, TokenId, TokenKind, TokenPair, UserId,
};
use users_domain::ports::{
    IssueToken, LEASE, ROTATION_GRACE, RefreshToken, Rotation, StoreError, TokenError, TokenIssuer,
    uuid_v4,
};
use users_jwt::{Claims, RoleClaim};

use crate::EmbeddedAuth;

/// Nothing lives longer: the calendar of tokens and stores ends here.
const LATEST: Timestamp = datetime!(9999-12-31 23:59:59 UTC);

#[async_trait]
impl TokenIssuer for EmbeddedAuth {
    #[tracing::instrument(skip_all, name = "token.issue")]
    async fn issue(&self, request: IssueToken) -> Result<TokenPair, TokenError> {
        let now = self.clock.now();
        let begin = begin(now, request.not_before);
        let session = RefreshSession {
            id: TokenId::new(uuid_v4(&*self.entropy).hyphenated().to_string()),
            user: request.user.clone(),
            description: request.description,
            generation: 0,
            created_at: begin,
            expires_at: after(begin, self.refresh_ttl),
            rotated_at: None,
        };
        let holder = Holder {
            user: request.user,
            role: request.role,
            verified: request.verified,
        };
        // As the platform does: an access token names its session only if it came by a refresh.
        let access = self.access(&holder, begin, None)?;
        let refresh = self.refresh_token(&holder, begin, &session)?;
        self.sessions.add(session).await.map_err(unavailable)?;
        self.note_issue(begin);
        Ok(TokenPair { access, refresh })
    }

    #[tracing::instrument(skip_all, name = "token.refresh")]
    async fn refresh(&self, request: RefreshToken) -> Result<TokenPair, TokenError> {
        let (id, generation) = self.session_of(&request)?;
        let rotation = self.sessions.rotate(&id, generation, ROTATION_GRACE).await;
        let session = match rotation.map_err(unavailable)? {
            // Repeated: the same generation again, as the client that asks twice got no answer.
            Rotation::Advanced(session) | Rotation::Repeated(session) => session,
            Rotation::Reused => {
                warn!(
                    user.id = %request.user,
                    session = id.as_str(),
                    "a refresh token was used again after it had been replaced: somebody may hold \
                     a copy, so its session is ended"
                );
                return Err(TokenError::Refused);
            }
            Rotation::Ended => return Err(TokenError::Refused),
        };
        let holder = Holder {
            user: request.user,
            role: request.role,
            verified: request.verified,
        };
        let begin = begin(self.clock.now(), request.not_before);
        let access = self.access(&holder, begin, Some(&session.id))?;
        let refresh = self.refresh_token(&holder, begin, &session)?;
        self.note_issue(begin);
        Ok(TokenPair { access, refresh })
    }

    #[tracing::instrument(skip_all, name = "token.revoke")]
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
        self.sessions.revoke(user, id).await.map_err(unavailable)?;
        Ok(())
    }

    #[tracing::instrument(skip_all, name = "token.revoke_some")]
    async fn revoke_some(&self, user: &UserId, ids: &[TokenId]) -> Result<(), TokenError> {
        let began = Instant::now();
        for id in ids {
            if began.elapsed() > LEASE / 2 {
                warn!(user.id = %user, "ending sessions takes long: it goes on at the next attempt");
                return Err(TokenError::Unavailable);
            }
            self.revoke(user, id).await?;
        }
        Ok(())
    }

    #[tracing::instrument(skip_all, name = "token.revoke_all")]
    async fn revoke_all(&self, user: &UserId) -> Result<(), TokenError> {
        self.sessions.revoke_all(user).await.map_err(unavailable)
    }

    #[tracing::instrument(skip_all, name = "token.sessions")]
    async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, TokenError> {
        let kept = self.sessions.list(user).await.map_err(unavailable)?;
        Ok(kept.into_iter().map(Session::from).collect())
    }
}

impl EmbeddedAuth {
    /// Session and generation of a genuine refresh token of the user who asks.
    fn session_of(&self, request: &RefreshToken) -> Result<(TokenId, u64), TokenError> {
        let (claims, understood) = self.read(&request.token)?;
        if understood.kind != TokenKind::Refresh || understood.user != request.user {
            return Err(TokenError::Refused);
        }
        understood
            .id
            .zip(claims.generation)
            .ok_or(TokenError::Refused)
    }

    /// An access token. It names its session if it came by a refresh.
    fn access(
        &self,
        holder: &Holder,
        begin: Timestamp,
        session: Option<&TokenId>,
    ) -> Result<BearerToken, TokenError> {
        self.key
            .sign(&holder.access(begin, after(begin, self.access_ttl), session))
    }

    fn refresh_token(
        &self,
        holder: &Holder,
        begin: Timestamp,
        session: &RefreshSession,
    ) -> Result<BearerToken, TokenError> {
        self.key.sign(&Claims {
            kind: TokenKind::Refresh.as_u8(),
            generation: Some(session.generation),
            ..holder.access(begin, session.expires_at, Some(&session.id))
        })
    }

    /// Lets the verifier know how late our own tokens may say they were issued.
    fn note_issue(&self, begin: Timestamp) {
        self.latest_issue
            .fetch_max(begin.unix_timestamp(), Ordering::Relaxed);
    }
}

/// Whom a token is for, as far as all tokens of a pair say the same.
struct Holder {
    user: UserId,
    role: Role,
    verified: bool,
}

impl Holder {
    /// What an access token says.
    fn access(&self, begin: Timestamp, ends: Timestamp, session: Option<&TokenId>) -> Claims {
        Claims {
            user: self.user.as_str().to_owned(),
            kind: TokenKind::Access.as_u8(),
            role: match self.role {
                Role::User => RoleClaim::User,
                Role::Admin => RoleClaim::Admin,
            },
            verified: self.verified,
            issued_at: begin,
            ends,
            not_before: None,
            session: session.map(|id| id.as_str().to_owned()),
            generation: None,
        }
    }
}

/// When tokens say they begin: now, or at the earliest second that the account honours.
fn begin(now: Timestamp, not_before: Option<i64>) -> Timestamp {
    let earliest = not_before.map(|second| {
        let beyond = if second > 0 { LATEST } else { now };
        Timestamp::from_unix_timestamp(second).unwrap_or(beyond)
    });
    earliest.map_or(now, |earliest| earliest.max(now))
}

fn after(begin: Timestamp, ttl: Duration) -> Timestamp {
    time::Duration::try_from(ttl)
        .ok()
        .and_then(|ttl| begin.checked_add(ttl))
        .map_or(LATEST, |end| end.min(LATEST))
}

/// The store has logged why, unless it answered what it never should.
fn unavailable(error: StoreError) -> TokenError {
    match error {
        StoreError::Unavailable => {}
        unexpected => error!(error = %unexpected, "the store of sessions refused a call"),
    }
    TokenError::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = datetime!(2026-02-03 04:05:06.5 UTC);

    #[test]
    fn tokens_begin_now_or_at_the_earliest_second_that_counts() {
        let second = NOW.unix_timestamp();
        for earlier in [None, Some(second), Some(0), Some(i64::MIN)] {
            assert_eq!(begin(NOW, earlier), NOW, "{earlier:?}");
        }
        assert_eq!(begin(NOW, Some(i64::MAX)), LATEST);
        let next = datetime!(2026-02-03 04:05:07 UTC);
        assert_eq!(begin(NOW, Some(second + 1)), next);
    }

    #[test]
    fn an_endless_life_ends_with_the_calendar() {
        for ttl in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
            assert_eq!(after(NOW, ttl), LATEST);
        }
        assert_eq!(after(NOW, Duration::ZERO), NOW);
    }
}
