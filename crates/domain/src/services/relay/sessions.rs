//! Tells the issuer which sessions of an account are over.

use super::Failure;
use crate::model::UserId;
use crate::ports::{Ports, StoreError, TokenError};

/// Ends the sessions that the account honours no more. Its holder may have signed in again before
/// this is carried out: what he began then goes on, where the issuer knows when it began. A session
/// whose begin nobody knows is ended: better that somebody signs in once more than that a stranger
/// stays.
pub(super) async fn end(ports: &Ports, user: &UserId) -> Result<(), Failure> {
    let Some(account) = ports.users.find(user).await.map_err(not_now)? else {
        return ports.issuer.revoke_all(user).await.map_err(failure);
    };
    let ended_before = super::super::not_before(&account);
    for session in ports.issuer.sessions(user).await.map_err(failure)? {
        let is_of_unknown_age = ended_before.is_some() && session.created_at.is_none();
        if is_of_unknown_age || !super::super::goes_on(&session, ended_before) {
            ports
                .issuer
                .revoke(user, &session.id)
                .await
                .map_err(failure)?;
        }
    }
    Ok(())
}

/// A token service that refuses to end sessions will not change its mind.
fn failure(error: TokenError) -> Failure {
    match error {
        TokenError::Refused => Failure::Never(error.to_string()),
        TokenError::Unavailable => Failure::NotNow,
    }
}

fn not_now(_: StoreError) -> Failure {
    Failure::NotNow
}
