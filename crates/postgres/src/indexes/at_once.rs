//! Indexes of a table that nobody uses yet: built within the transaction that makes it.

use std::time::Duration;

use super::{CREATE_TRIGRAMS, Failed, INDEXES};
use crate::adoption::found::{Found, Trigrams};
use crate::session::{Session, SessionError};

/// Builds what was not found there, and gives the names. Each statement may take as long as `limit`.
pub(crate) async fn build_at_once(
    session: &Session,
    found: &Found,
    limit: Duration,
) -> Result<Vec<String>, Failed> {
    let mut found = found.clone();
    if found.trigrams == Trigrams::Creatable {
        let failed = |error| ("pg_trgm", error);
        create_trigrams(session, limit).await.map_err(failed)?;
        let looked = Found::look_within(session, limit).await;
        found.trigrams = looked.map_err(failed)?.trigrams;
    }
    let mut built = Vec::new();
    for index in INDEXES {
        if let Some(create) = index.statement(&found, false)
            && index.is_missing(&found)
        {
            let done = session.run(&create, Some(limit)).await;
            done.map_err(|error| (index.name, error))?;
            built.push(index.name.to_owned());
        }
    }
    Ok(built)
}

/// A refusal ends nothing: who builds indexes later asks again, and says what it means.
async fn create_trigrams(session: &Session, limit: Duration) -> Result<(), SessionError> {
    session.run("SAVEPOINT trigrams", Some(limit)).await?;
    match session.run(CREATE_TRIGRAMS, Some(limit)).await {
        Err(SessionError::Refused { .. }) => {
            let undo = "ROLLBACK TO SAVEPOINT trigrams";
            session.run(undo, Some(limit)).await
        }
        done => done,
    }
}
