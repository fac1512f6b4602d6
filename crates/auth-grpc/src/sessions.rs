//! The sessions that the auth service keeps: listed, and ended.

use std::future::Future;
use std::pin::pin;

use futures::future::{Either, select, try_join_all};
use tonic::Response;
use tracing::warn;
use users_domain::model::{SessionDescription, TokenId, UserId};
use users_domain::ports::{LEASE, TokenError};
use users_grpc_client::MESSAGE_LIMIT;
use users_proto::token::v1::{ListUserRefreshTokensReq, RevokeReq, RevokeRes};

use crate::clients;
use crate::issuer::token_error;
use crate::peer::Peer;
use crate::status::{Call, Failure};

/// How large a list of sessions may be, in bytes: some hundred thousand of them. The service gives all
/// or none, and who has too many to be listed could end none of them.
const LIST_LIMIT: usize = 16 * MESSAGE_LIMIT;

/// So many sessions are ended at the same time.
const AT_ONCE: usize = 8;

/// A session, and what its holder calls it.
pub(crate) type Listed = (TokenId, Option<SessionDescription>);

/// The sessions of a user.
pub(crate) async fn list(peer: &Peer, user: &UserId) -> Result<Vec<Listed>, TokenError> {
    let message = ListUserRefreshTokensReq {
        user_id: user.as_str().to_owned(),
    };
    let answer = peer
        .call(Call::ListUserRefreshTokens, |call| async move {
            clients::tokens(&call)
                .max_decoding_message_size(LIST_LIMIT)
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

/// Ends sessions that are known to be the user's, some at a time.
pub(crate) async fn end_each(
    peer: &Peer,
    user: &UserId,
    sessions: &[Listed],
) -> Result<(), TokenError> {
    for some in sessions.chunks(AT_ONCE) {
        let mut ending = Vec::new();
        for (id, _) in some {
            ending.push(end(peer, user, id));
        }
        try_join_all(ending).await?;
    }
    Ok(())
}

/// Ends a session that is known to be the user's.
pub(crate) async fn end(peer: &Peer, user: &UserId, id: &TokenId) -> Result<(), TokenError> {
    let message = RevokeReq {
        token_id: id.as_str().to_owned(),
        user_id: user.as_str().to_owned(),
    };
    let answer = peer
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

/// Gives work up that takes longer than half a lease. What it has done by then stays done.
pub(crate) async fn in_time(
    peer: &Peer,
    work: impl Future<Output = Result<(), TokenError>>,
) -> Result<(), TokenError> {
    match select(pin!(work), pin!(peer.pause(LEASE / 2))).await {
        Either::Left((done, _)) => done,
        Either::Right(((), _)) => {
            warn!("ending a user's sessions takes long: the rest is left to the next attempt");
            Err(TokenError::Unavailable)
        }
    }
}
