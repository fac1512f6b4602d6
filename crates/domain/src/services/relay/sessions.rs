//! Tells the issuer which sessions of an account are over.

use super::Failure;
use crate::model::UserId;
use crate::ports::{Ports, TokenError};

/// Ends the sessions that the account honours no more. Its holder may have signed in again before
/// this is carried out: what he began then goes on, where the issuer knows when it began.
///
/// A session whose begin nobody knows is ended where all tokens were (a reset, a suspension): better
/// that somebody signs in once more than that a stranger stays. Where the holder has changed his own
/// password it is left alone: an older one is refused by its time whenever it is used, and who has
/// signed in again is not thrown out.
pub(super) async fn end(ports: &Ports, user: &UserId) -> Result<(), Failure> {
    let Some(account) = ports.users.find(user).await? else {
        return ports.issuer.revoke_all(user).await.map_err(failure);
    };
    let ended_before = super::super::not_before(&account);
    let all_tokens_ended = ended_before.is_some() && account.tokens_valid_from == ended_before;
    let mut over = ports.issuer.sessions(user).await.map_err(failure)?;
    over.retain(|session| {
        let is_of_unknown_age = session.created_at.is_none();
        (is_of_unknown_age && all_tokens_ended) || !super::super::goes_on(session, ended_before)
    });
    if over.is_empty() {
        return Ok(());
    }
    let over: Vec<_> = over.into_iter().map(|session| session.id).collect();
    let ended = ports.issuer.revoke_some(user, &over).await;
    ended.map_err(failure)
}

/// A token service that refuses to end sessions will not change its mind.
fn failure(error: TokenError) -> Failure {
    match error {
        TokenError::Refused => Failure::Never(error.to_string()),
        TokenError::Unavailable => Failure::NotNow,
    }
}
