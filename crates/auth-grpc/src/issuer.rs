//! Has the auth service begin, continue and end sessions: the port `TokenIssuer`.

use std::collections::HashSet;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join;
use tonic::Response;
use tracing::{info, warn};
use users_domain::model::{
    BearerToken, Role, Session, SessionDescription, Timestamp, TokenId, TokenKind, TokenPair,
    UserId,
};
use users_domain::ports::{IssueToken, RefreshToken, TokenError, TokenIssuer};
use users_proto::token::v1::{IssueReq, RefreshReq};

use crate::AuthGrpc;
use crate::clients;
use crate::fresh::Fresh;
use crate::payload;
use crate::refused::refused;
use crate::sessions;
use crate::status::{Call, Failure};

/// A fresh pair may be this many seconds older than its account's older ones were ended; that long
/// it is waited for. More is no rounding of seconds, but two clocks that differ.
const LONGEST_WAIT: i64 = 2;

/// The auth service's clock may be ahead of ours by so much, as for those that verify its tokens; that
/// long a fresh pair is kept back.
const MOST_AHEAD: Duration = Duration::from_secs(5);

/// More than this is no rounding, and the operator is told.
const NOTABLY_AHEAD: Duration = Duration::from_secs(1);

/// Timers and clocks do not run quite alike.
const TICK: Duration = Duration::from_millis(10);

#[async_trait]
impl TokenIssuer for AuthGrpc {
    #[tracing::instrument(skip_all, name = "token.issue", fields(user.id = %request.user))]
    async fn issue(&self, request: IssueToken) -> Result<TokenPair, TokenError> {
        let first = self.begin(&request).await?;
        let fresh = match missing(&first, request.not_before) {
            0 => first,
            missing => {
                let discarded = self.discard(&request.user, &first);
                if missing > LONGEST_WAIT {
                    discarded.await;
                    return Err(too_early(missing));
                }
                join(discarded, self.peer.pause(seconds(missing))).await;
                self.begin(&request).await?
            }
        };
        let answer = match missing(&fresh, request.not_before) {
            0 => self.catch_up(&fresh).await,
            missing => Err(too_early(missing)),
        };
        if answer.is_err() {
            self.discard(&request.user, &fresh).await;
        }
        answer.map(|()| self.noted(fresh))
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
        let fresh = match missing(&first, request.not_before) {
            0 => first,
            missing if missing <= LONGEST_WAIT => {
                self.peer.pause(seconds(missing)).await;
                // The session's newest token: an issuer that rotates takes no other for long.
                self.go_on(&request, &first.pair.refresh).await?
            }
            missing => return Err(too_early(missing)),
        };
        let missing = missing(&fresh, request.not_before);
        if missing > 0 {
            return Err(too_early(missing));
        }
        self.catch_up(&fresh).await?;
        Ok(fresh.pair)
    }

    #[tracing::instrument(skip_all, name = "token.revoke", fields(user.id = %user))]
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
        self.revoke_some(user, std::slice::from_ref(id)).await
    }

    #[tracing::instrument(skip_all, name = "token.revoke_some", fields(user.id = %user))]
    async fn revoke_some(&self, user: &UserId, ids: &[TokenId]) -> Result<(), TokenError> {
        if ids.is_empty() {
            return Ok(());
        }
        let wanted: HashSet<&TokenId> = ids.iter().collect();
        let work = async {
            // The deployed service ends a session whoever owns it, so they are looked up among the
            // user's own first.
            let mut sessions = sessions::list(&self.peer, user).await?;
            sessions.retain(|(id, _)| wanted.contains(id));
            sessions::end_each(&self.peer, user, &sessions).await
        };
        sessions::in_time(&self.peer, work).await
    }

    #[tracing::instrument(skip_all, name = "token.revoke_all", fields(user.id = %user))]
    async fn revoke_all(&self, user: &UserId) -> Result<(), TokenError> {
        let work = async {
            let sessions = sessions::list(&self.peer, user).await?;
            sessions::end_each(&self.peer, user, &sessions).await
        };
        sessions::in_time(&self.peer, work).await
    }

    #[tracing::instrument(skip_all, name = "token.sessions", fields(user.id = %user))]
    async fn sessions(&self, user: &UserId) -> Result<Vec<Session>, TokenError> {
        let listed = sessions::list(&self.peer, user).await?;
        let mut known: Vec<_> = listed
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
        known.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(known)
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
        Fresh::read(token, &request.user)
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
        let fresh = Fresh::read(token, &request.user)?;
        if u32::from(fresh.role.number()) != role_number(request.role) {
            // The deployed service copies the role that the user had when the session began.
            info!("the session is of a role that the account has no more: it is ended");
            self.discard(&request.user, &fresh).await;
            return Err(refused("it is of another role"));
        }
        Ok(fresh)
    }

    /// Ends a session whose tokens nobody gets, and waits for that. It is done all the same when
    /// nobody waits any more.
    fn discard(&self, user: &UserId, fresh: &Fresh) -> impl Future<Output = ()> + use<> {
        let (peer, user, id) = (self.peer.clone(), user.clone(), fresh.session.clone());
        self.peer.see_through(async move {
            // Should it fail, it is a session that nobody can use.
            let _ = sessions::end(&peer, &user, &id).await;
        })
    }

    /// Keeps a pair back until our own clock has reached the second that it says it was issued at.
    /// What ends an account's tokens later ends it too then, since that goes by our clock.
    async fn catch_up(&self, fresh: &Fresh) -> Result<(), TokenError> {
        let Ok(issued_at) = Timestamp::from_unix_timestamp(fresh.latest_issue) else {
            return Err(ahead(None));
        };
        let Ok(early) = Duration::try_from(issued_at - self.clock.now()) else {
            return Ok(());
        };
        if early > MOST_AHEAD {
            return Err(ahead(Some(early)));
        }
        if early > NOTABLY_AHEAD {
            warn!(
                seconds = early.as_secs_f64(),
                "the auth service's clock is ahead of this machine's: logins wait for it"
            );
        }
        if !early.is_zero() {
            self.peer.pause(early + TICK).await;
        }
        Ok(())
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

pub(crate) fn token_error(failure: Failure) -> TokenError {
    match failure {
        Failure::Refused => refused("the auth service does not accept it"),
        Failure::No | Failure::Away => TokenError::Unavailable,
    }
}

/// How many seconds a pair is too early.
fn missing(fresh: &Fresh, not_before: Option<i64>) -> i64 {
    not_before.map_or(0, |second| second.saturating_sub(fresh.issued_at).max(0))
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}

fn too_early(seconds: i64) -> TokenError {
    warn!(
        seconds,
        "the auth service issues tokens of a time before the account's older ones were ended: its \
         clock is behind this machine's"
    );
    TokenError::Unavailable
}

fn ahead(early: Option<Duration>) -> TokenError {
    warn!(
        seconds = early.map(|early| early.as_secs_f64()),
        "the auth service issues tokens of a time that is still to come: its clock is ahead of this \
         machine's"
    );
    TokenError::Unavailable
}
