//! The indexes that an import does not need: of a table that was empty they are dropped, and built
//! when all is in, which takes a fraction of the time.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tracing::{debug, info, warn};
use users_domain::ports::{ImportMode, StoreError};

use super::Failed;
use crate::PostgresStore;
use crate::error::OpenError;
use crate::indexes::INDEXES;
use crate::session::{Session, SessionError};
use crate::settings::PostgresSettings;

/// From so many accounts on it pays.
pub(super) const MANY: u64 = 20_000;

/// How often is tried to drop the indexes of a table that others use.
const ATTEMPTS: u32 = 10;

/// The import itself looks names up.
const NEEDED: [&str; 2] = ["users_by_folded_email_idx", "users_by_folded_username_idx"];

/// "Empty" is empty but for the administrator.
const IS_EMPTY: &str = "
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL statement_timeout = '30s';
    SELECT count(*) < 2 FROM (SELECT FROM users LIMIT 2) AS accounts;
    COMMIT";

/// Who waits to drop has everybody wait behind him.
const BEGIN: &str = "
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL statement_timeout = '30s';
    SET LOCAL lock_timeout = '200ms'";
const LIMIT: Duration = Duration::from_secs(31);

/// What becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Secondary {
    /// Others need them: they stay as they are.
    Stay,
    /// The table was empty: they are dropped once there are many accounts.
    MayGo {
        /// How often others were in the way.
        attempts: u32,
    },
    /// They were dropped, perhaps.
    Gone,
}

impl Secondary {
    /// Looks how many accounts there are.
    pub(super) async fn look(session: &Session) -> Result<Self, SessionError> {
        Ok(if session.is_true(IS_EMPTY, Some(LIMIT)).await? {
            Self::MayGo { attempts: 0 }
        } else {
            Self::Stay
        })
    }

    /// Drops them if it is time to. An import that must not goes on with them.
    pub(super) async fn make_way(&mut self, store: &PostgresStore, imported: u64) {
        let Self::MayGo { attempts } = *self else {
            return;
        };
        if imported < MANY {
            return;
        }
        *self = match drop_them(store, imported).await {
            Ok(0) => Self::Stay,
            Ok(dropped) => {
                info!(
                    dropped,
                    "indexes are dropped, and built when all accounts are in"
                );
                Self::Gone
            }
            Err(SessionError::Refused { code, .. })
                if code == SqlState::LOCK_NOT_AVAILABLE && attempts < ATTEMPTS =>
            {
                Self::MayGo {
                    attempts: attempts + 1,
                }
            }
            Err(error @ SessionError::Refused { .. }) => {
                warn!(%error, "indexes cannot be dropped for the import, which takes longer now");
                Self::Stay
            }
            Err(error) => {
                debug!(%error, "whether indexes were dropped is not known");
                Self::Gone
            }
        };
    }

    /// Builds what was dropped, by this import or by one before that was killed: where nothing is
    /// missing it is a look. Where the server refuses that the next start tries again.
    pub(super) async fn build(&mut self, store: &PostgresStore) -> Result<(), StoreError> {
        match store.build_indexes().await {
            Ok(_) => *self = Self::Stay,
            Err(error @ OpenError::Index { .. }) => {
                warn!(%error);
                *self = Self::Stay;
            }
            Err(error) => {
                tracing::error!(%error, "the indexes were not built; the next start tries again");
                return Err(StoreError::Unavailable);
            }
        }
        Ok(())
    }
}

/// Accounts that others may have made since an import of an empty table began.
const FEW: u64 = 100;

/// Sees to it that an import can look names up. A table that was taken over a moment ago has no indexes
/// for it yet, and without them each batch would read the table as a whole.
pub(super) async fn wait_for_names(store: &PostgresStore, mode: ImportMode) -> Result<(), Failed> {
    let there = async || {
        let (_, found) = store.look().await.map_err(|error| undone(&error))?;
        let mut needed = INDEXES.iter().filter(|index| NEEDED.contains(&index.name));
        Ok::<bool, Failed>(needed.all(|index| !index.is_missing(&found)))
    };
    if there().await? {
        return Ok(());
    }
    if mode == ImportMode::Write {
        info!("the indexes of names are built first");
        store
            .build_indexes()
            .await
            .map_err(|error| undone(&error))?;
        if there().await? {
            return Ok(());
        }
    }
    Err(Failed::NoNames)
}

fn undone(error: &OpenError) -> Failed {
    Failed::Undone(SessionError::Lost(error.to_string()))
}

/// Drops those that there are, and says how many that was; none, where others have made accounts too.
async fn drop_them(store: &PostgresStore, imported: u64) -> Result<usize, SessionError> {
    let lost = |error: OpenError| SessionError::Lost(error.to_string());
    let (session, found) = store.look().await.map_err(lost)?;
    // Another table's index may have such a name.
    let Some(users) = found.relations.get("users") else {
        return Ok(0);
    };
    let there: Vec<&str> = INDEXES
        .iter()
        .map(|index| index.name)
        .filter(|name| !NEEDED.contains(name) && users.indexes.contains_key(*name))
        .collect();
    if there.is_empty() {
        return Ok(0);
    }
    let most = imported.saturating_add(FEW);
    let few =
        format!("SELECT count(*) <= {most} FROM (SELECT FROM users LIMIT {most} + 1) AS counted");
    if !session.is_true(&few, Some(LIMIT)).await? {
        return Ok(0);
    }
    let drop = format!("{BEGIN}; DROP INDEX {}; COMMIT", there.join(", "));
    session.run(&drop, Some(LIMIT)).await?;
    Ok(there.len())
}

/// Clears up behind a great import: pending entries of indexes, what pages show everybody, and what
/// the planner knows. It takes as long as it takes. What the role may not do is left undone.
pub(super) async fn vacuum(session: &Session, settings: &PostgresSettings) {
    let done = async {
        if settings.statement_cache {
            let unlimited = "SET statement_timeout = 0; SET lock_timeout = '1min'";
            session
                .run(unlimited, Some(settings.statement_timeout))
                .await?;
        }
        session.run("VACUUM (ANALYZE) users", None).await
    };
    if let Err(error) = done.await {
        warn!(%error, "the table of accounts was not vacuumed after the import");
    }
}
