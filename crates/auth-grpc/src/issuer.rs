//! Has the auth service begin, continue and end sessions: the port `TokenIssuer`.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::try_join_all;
use tonic::Response;
use tracing::warn;
use users_domain::model::{
    BearerToken, Role, Session, SessionDescription, Timestamp, TokenId, TokenKind, TokenPair,
    UserId,
};
use users_domain::ports::{IssueToken, RefreshToken, TokenError, TokenIssuer};
use users_proto::token::v1::{
    IssueReq, ListUserRefreshTokensReq, RefreshReq, RevokeReq, RevokeRes, Token,
};

use crate::AuthGrpc;
use crate::begun::Times;
use crate::clients;
use crate::payload::{self, Payload};
use crate::refused::refused;
use crate::status::{Call, Failure};

/// A fresh pair may be this many seconds older than its account's older ones were ended; that long
/// it is waited for. More is no rounding of seconds, but two clocks that differ.
const LONGEST_WAIT: i64 = 2;

/// So many sessions are ended at the same time, where all of a user's are.
const AT_ONCE: usize = 8;

/// A pair as the service gave it, and what it says of itself.
struct Fresh {
    pair: TokenPair,
    session: TokenId,
    /// The earlier second of both tokens.
    issued_at: i64,
    times: Option<Times>,
}

#[async_trait]
impl TokenIssuer for AuthGrpc {
    #[tracing::instrument(skip_all, name = "token.issue", fields(user.id = %request.user))]
    async fn issue(&self, request: IssueToken) -> Result<TokenPair, TokenError> {
        let first = self.begin(&request).await?;
        let missing = missing(&first, request.not_before);
        if missing == 0 {
            return Ok(self.noted(first));
        }
        let second = if missing <= LONGEST_WAIT {
            self.peer.pause(seconds(missing)).await;
            Some(self.begin(&request).await)
        } else {
            None
        };
        // Nobody will hold its tokens. Should that fail, or nobody wait for this any more, it is a
        // session that nobody can use.
        let _ = self.end(&request.user, &first.session).await;
        let Some(second) = second.transpose()? else {
            return Err(clocks_differ(missing));
        };
        match self::missing(&second, request.not_before) {
            0 => Ok(self.noted(second)),
            missing => {
                let _ = self.end(&request.user, &second.session).await;
                Err(clocks_differ(missing))
            }
        }
    }

    #[tracing::instrument(skip_all, name = "token.refresh", fields(user.id = %request.user))]
    async fn refresh(&self, request: RefreshToken) -> Result<TokenPair, TokenError> {
        // The deployed service answers Internal to what is no refresh token, as to a fault of its
        // own: that must be told apart before it is asked.
        let said = payload::read(request.token.expose()).map_err(refused)?;
        if said.kind != TokenKind::Refresh || said.user != request.user {
            return Err(refused("it is no refresh token of this user"));
        }
        let first = self.go_on(&request, &request.token).await?;
        match missing(&first, request.not_before) {
            0 => Ok(first.pair),
            missing if missing <= LONGEST_WAIT => {
                self.peer.pause(seconds(missing)).await;
                // The session's newest token: an issuer that rotates takes no other for long.
                let second = self.go_on(&request, &first.pair.refresh).await?;
                match self::missing(&second, request.not_before) {
                    0 => Ok(second.pair),
                    missing => Err(clocks_differ(missing)),
                }
            }
            missing => Err(clocks_differ(missing)),
        }
    }

    #[tracing::instrument(skip_all, name = "token.revoke", fields(user.id = %user))]
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
        // The deployed service ends a session whoever owns it, so it is looked up among the user's
        // own first.
        let sessions = self.list(user).await?;
        if sessions.iter().any(|(listed, _)| listed == id) {
            self.end(user, id).await?;
        }
        Ok(())
    }

    #[tracing::instrument(skip_all, name = "token.revoke_all", fields(user.id = %user))]
    async fn revoke_all(&self, user: &UserId) -> Result<(), TokenError> {
        let sessions = self.list(user).await?;
        for some in sessions.chunks(AT_ONCE) {
            let mut ending = Vec::new();
            for (id, _) in some {
                ending.push(self.end(user, id));
            }
            try_join_all(ending).await?;
        }
        Ok(())
    }

    #[tracing::instrument(skip_all, name = "token.sessions", fields(user.id = %user))]
    async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, TokenError> {
        let listed = self.list(user).await?;
        let mut sessions: Vec<_> = listed
            .into_iter()
            .map(|(id, description)| {
                let times = self.begun.times(&id);
                Session {
                    id,
                    user: user.clone(),
                    description,
                    created_at: times.map(|times| times.begins),
                    expires_at: times.map(|times| times.ends),
                }
            })
            .collect();
        // Those of unknown age come first: most began before this process did.
        sessions
            .sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(sessions)
    }
}

impl AuthGrpc {
    async fn begin(&self, request: &IssueToken) -> Result<Fresh, TokenError> {
        let description = request.description.as_ref().map(SessionDescription::as_str);
        let message = IssueReq {
            user_id: request.user.as_str().to_owned(),
            user_role: role_number(request.role),
            r#type: TokenKind::Access.as_u8().into(),
            verified: request.verified,
            description: description.unwrap_or_default().to_owned(),
        };
        let token = self
            .peer
            .call(Call::Issue, |call| async move {
                clients::tokens(&call)
                    .issue(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await
            .map_err(token_error)?;
        fresh(token, &request.user)
    }

    async fn go_on(
        &self,
        request: &RefreshToken,
        token: &BearerToken,
    ) -> Result<Fresh, TokenError> {
        let message = RefreshReq {
            refresh_token: token.expose().to_owned(),
            verified: request.verified,
        };
        let token = self
            .peer
            .call(Call::Refresh, |call| async move {
                clients::tokens(&call)
                    .refresh(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await
            .map_err(token_error)?;
        fresh(token, &request.user)
    }

    async fn list(
        &self,
        user: &UserId,
    ) -> Result<Vec<(TokenId, Option<SessionDescription>)>, TokenError> {
        let message = ListUserRefreshTokensReq {
            user_id: user.as_str().to_owned(),
        };
        let answer = self
            .peer
            .call(Call::ListUserRefreshTokens, |call| async move {
                clients::tokens(&call)
                    .list_user_refresh_tokens(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await
            .map_err(token_error)?;
        let sessions = answer.refresh_tokens.into_iter();
        Ok(sessions
            .filter(|session| !session.id.is_empty())
            .map(|session| {
                let description = Some(session.description).filter(|text| !text.is_empty());
                (
                    TokenId::new(session.id),
                    description.map(SessionDescription::from_stored),
                )
            })
            .collect())
    }

    /// Ends a session that is known to be the user's.
    async fn end(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
        let message = RevokeReq {
            token_id: id.as_str().to_owned(),
            user_id: user.as_str().to_owned(),
        };
        let answer = self
            .peer
            .call(Call::Revoke, |call| async move {
                clients::tokens(&call)
                    .revoke(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await;
        match answer {
            Ok(RevokeRes {}) | Err(Failure::No) => Ok(()),
            Err(failure) => Err(token_error(failure)),
        }
    }

    /// The pair of a session that begins.
    fn noted(&self, fresh: Fresh) -> TokenPair {
        if let Some(times) = fresh.times {
            self.begun.note(fresh.session, times);
        }
        fresh.pair
    }
}

/// The platform counts the roles of tokens from one.
const fn role_number(role: Role) -> u32 {
    match role {
        Role::User => 1,
        Role::Admin => 2,
    }
}

fn token_error(failure: Failure) -> TokenError {
    match failure {
        Failure::Refused => refused("the auth service does not accept it"),
        Failure::No | Failure::Away => TokenError::Unavailable,
    }
}

/// Looks at an answer: it must hold what was asked for.
fn fresh(token: Token, user: &UserId) -> Result<Fresh, TokenError> {
    let refresh_token = token.refresh_token.unwrap_or_default();
    let odd = |what: &'static str, why: &dyn fmt::Display| {
        warn!(
            what,
            %why, "the auth service answered with another token than it was asked for"
        );
        TokenError::Unavailable
    };
    let check = |what, text: &str, kind| {
        let said = payload::read(text).map_err(|why| odd(what, &why))?;
        if said.kind != kind {
            return Err(odd(what, &"it is of another kind"));
        }
        if said.user != *user {
            return Err(odd(what, &"it is another user's"));
        }
        Ok(said)
    };
    let access = check("access", &token.access_token, TokenKind::Access)?;
    let refresh: Payload = check("refresh", &refresh_token, TokenKind::Refresh)?;
    let session = refresh
        .id
        .ok_or_else(|| odd("refresh", &"it names no session"))?;
    let begins = Timestamp::from_unix_timestamp(refresh.issued_at).ok();
    Ok(Fresh {
        pair: TokenPair {
            access: BearerToken::new(token.access_token),
            refresh: BearerToken::new(refresh_token),
        },
        session,
        issued_at: access.issued_at.min(refresh.issued_at),
        times: begins.map(|begins| Times {
            begins,
            ends: refresh.ends,
        }),
    })
}

/// How many seconds a pair is too early.
fn missing(fresh: &Fresh, not_before: Option<i64>) -> i64 {
    not_before.map_or(0, |second| second.saturating_sub(fresh.issued_at).max(0))
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}

fn clocks_differ(seconds: i64) -> TokenError {
    warn!(
        seconds,
        "the auth service issues tokens of a time before the account's older ones were ended: its \
         clock is behind this machine's"
    );
    TokenError::Unavailable
}
