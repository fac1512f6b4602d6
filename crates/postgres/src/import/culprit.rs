//! Which account of a batch the server would not take.

use tokio_postgres::error::SqlState;
use users_domain::model::Arrival;

use super::batch::{Batches, LIMIT};
use crate::session::{Session, SessionError};

/// Tells which account is to blame for a refusal, if one is. What the domain lets through Postgres
/// can hold; but an operator may ask more of the table's columns than we do.
pub(super) async fn tell(
    batches: &Batches,
    session: &Session,
    accounts: &[Arrival],
    error: &SessionError,
) {
    if !is_of_a_value(error) {
        return;
    }
    let (mut suspects, mut reason) = (accounts, error.to_string());
    // One of them is refused.
    while suspects.len() > 1 {
        let (first, second) = suspects.split_at(suspects.len() / 2);
        suspects = match refusal(batches, session, first).await {
            Ok(None) => second,
            Ok(Some(refusal)) => {
                reason = refusal;
                first
            }
            Err(error) => {
                tracing::debug!(%error, "the account to blame was not found");
                return;
            }
        };
    }
    // The last one was not tried by itself yet.
    if let ([account], Ok(Some(_))) = (suspects, refusal(batches, session, suspects).await) {
        let id = account.user.id.as_str();
        tracing::error!(
            user_id = id,
            reason,
            "the database does not take this account"
        );
    }
}

/// Classes 22 (data exception), 23 (integrity constraint violation) and 54 (program limit exceeded)
/// of the server's refusals; two accounts with one name are nobody's fault.
fn is_of_a_value(error: &SessionError) -> bool {
    match error {
        SessionError::Refused { code, .. } if *code != SqlState::UNIQUE_VIOLATION => {
            ["22", "23", "54"].contains(&code.code().get(..2).unwrap_or_default())
        }
        _ => false,
    }
}

/// What the server says against these; they are not kept.
async fn refusal(
    batches: &Batches,
    session: &Session,
    accounts: &[Arrival],
) -> Result<Option<String>, SessionError> {
    let tried = async {
        batches.copy(session, accounts).await?;
        // Those that would not be written are nobody's fault.
        let outcomes = batches.judge(session, accounts).await?;
        batches.write(session, &outcomes).await
    };
    let tried = tried.await;
    session.run("ROLLBACK", Some(LIMIT)).await?;
    match tried {
        Err(error) if is_of_a_value(&error) => Ok(Some(error.to_string())),
        Ok(()) | Err(SessionError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
