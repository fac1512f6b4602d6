//! How many accounts there are. Those of a status and a role are kept in `user_counts` by triggers,
//! whoever writes; who asks for anything else counts the rows that pass.

use std::time::Duration;

use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tracing::warn;
use users_domain::model::{Role, TagFilter, UserFilter};

use crate::PostgresStore;
use crate::error::{Failure, OpenError};
use crate::filter::filtered;
use crate::session::{Session, SessionError};

/// How many accounts there are, all at one moment.
pub(crate) struct Counted {
    /// That pass the filter.
    pub(crate) passing: u64,
    /// All.
    pub(crate) all: u64,
    /// Whether those that pass were counted one by one: then there is no doubt about it, and there is
    /// more in the filter than status and role.
    pub(crate) row_by_row: bool,
}

/// The number of all accounts, beside another one.
const ALL: &str = "(SELECT coalesce(sum(users), 0)::bigint FROM user_counts)";

#[derive(QueryableByName)]
struct Sums {
    #[diesel(sql_type = BigInt)]
    passing: i64,
    #[diesel(sql_type = BigInt)]
    everybody: i64,
}

/// How many pass, and how many there are.
pub(crate) async fn counted(
    connection: &mut AsyncPgConnection,
    filter: &UserFilter,
) -> Result<Counted, Failure> {
    let row_by_row = !is_kept(filter);
    let (passing, all) = if row_by_row {
        filtered(filter)
            .select((count_star(), sql::<BigInt>(ALL)))
            .get_result(connection)
            .await?
    } else {
        let sums: Sums = diesel::sql_query(sums(filter))
            .get_result(connection)
            .await?;
        (sums.passing, sums.everybody)
    };
    // Only sums that were not mended yet are negative.
    Ok(Counted {
        passing: u64::try_from(passing).unwrap_or_default(),
        all: u64::try_from(all).unwrap_or_default(),
        row_by_row,
    })
}

/// Whether the filter lets pass by nothing but status and role.
fn is_kept(filter: &UserFilter) -> bool {
    let passes_all = |part: &Option<String>| part.as_deref().is_none_or(str::is_empty);
    [
        &filter.id,
        &filter.email,
        &filter.first_name,
        &filter.last_name,
    ]
    .into_iter()
    .all(passes_all)
        && filter.username.is_none()
        && filter.metadata.is_none()
        && filter.created_from.is_none()
        && filter.created_to.is_none()
        && match &filter.tags {
            None => true,
            Some(TagFilter::All(tags)) => tags.is_empty(),
            Some(TagFilter::Any(_)) => false,
        }
}

pub(crate) fn sums(filter: &UserFilter) -> String {
    let mut condition = "TRUE".to_owned();
    if let Some(status) = filter.status {
        condition = format!("status = {}", status.as_i16());
    }
    if let Some(role) = filter.role {
        let is = if role == Role::Admin { "" } else { "NOT " };
        condition = format!("{condition} AND {is}administrator");
    }
    format!(
        "SELECT coalesce(sum(users) FILTER (WHERE {condition}), 0)::bigint AS passing,
                coalesce(sum(users), 0)::bigint AS everybody
         FROM user_counts"
    )
}

/// Sums and rows of one moment.
const SNAPSHOT: &str = "
    BEGIN ISOLATION LEVEL REPEATABLE READ;
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'";

/// By how much the sums are wrong.
const DIFFERENCES: &str = "
    SELECT status, administrator,
           coalesce(counted.users, 0) - coalesce(kept.users, 0) AS users
    FROM (SELECT coalesce(status, '-9223372036854775808'::bigint) AS status,
                 role IS NOT DISTINCT FROM 1 AS administrator, count(*) AS users
          FROM users GROUP BY 1, 2) AS counted
    FULL JOIN (SELECT status, administrator, sum(users)::bigint AS users
               FROM user_counts GROUP BY 1, 2) AS kept
    USING (status, administrator)
    WHERE coalesce(counted.users, 0) <> coalesce(kept.users, 0)";

/// Gathers what transactions of a higher isolation have in rows of their own. It may be done by several
/// at once, and beside everything else.
const GATHER: &str = "
    WITH own AS (DELETE FROM user_counts WHERE shard >= 64 RETURNING status, administrator, users)
    INSERT INTO user_counts AS kept (shard, status, administrator, users)
    SELECT -1, status, administrator, sum(users)::bigint FROM own GROUP BY 2, 3
    ON CONFLICT (shard, status, administrator)
    DO UPDATE SET users = kept.users + excluded.users";

impl PostgresStore {
    /// Whether the numbers of accounts were wrong; they are right now. Rows that were written with
    /// triggers switched off, as when a copy is restored so, are in no number until then. It reads the
    /// whole table, so this is for the time after the start. What others write meanwhile is counted
    /// by themselves: only the difference is added.
    ///
    /// # Errors
    ///
    /// There is no connection, it was lost, no answer came in time, or the server refused.
    pub async fn mend_counts(&self) -> Result<bool, OpenError> {
        let (session, found) = self.look().await?;
        if !found.relations.contains_key("user_counts") {
            return Ok(false);
        }
        let limit = self.connections.settings().statement_timeout;
        let failed = |error| self.session_failed(error);
        // Most starts find nothing to do, and need no turn to see it.
        let right = is_right(&session, limit).await.map_err(failed)?;
        if right {
            return Ok(false);
        }
        let turn = self.take_turn().await?;
        let mended = mend(&session, limit).await.map_err(failed)?;
        self.end_turn(turn).await;
        if mended {
            warn!(
                "the numbers of accounts were wrong and are mended: accounts were written while the \
                 triggers of the table users were switched off"
            );
        }
        Ok(mended)
    }

    /// Makes one row of those that writers at REPEATABLE READ and SERIALIZABLE left in `user_counts`,
    /// so that they do not become many. No number changes.
    pub(crate) async fn gather_counts(&self) -> Result<(), OpenError> {
        let (session, found) = self.look().await?;
        if !found.relations.contains_key("user_counts") {
            return Ok(());
        }
        let limit = self.connections.settings().statement_timeout;
        let done = async {
            // A replica that only reads may look, and most looks find nothing.
            let some = "SELECT EXISTS (SELECT FROM user_counts WHERE shard >= 64)";
            if session.is_true(some, Some(limit)).await? {
                let gather = format!("BEGIN ISOLATION LEVEL READ COMMITTED; {GATHER}; COMMIT");
                session.run(&gather, Some(limit)).await?;
            }
            Ok(())
        };
        done.await.map_err(|error| self.session_failed(error))
    }
}

async fn is_right(session: &Session, limit: Duration) -> Result<bool, SessionError> {
    session.run(SNAPSHOT, Some(limit)).await?;
    let right = format!("SELECT NOT EXISTS ({DIFFERENCES})");
    let right = session.is_true(&right, None).await?;
    session.run("ROLLBACK", Some(limit)).await?;
    Ok(right)
}

async fn mend(session: &Session, limit: Duration) -> Result<bool, SessionError> {
    session.run(SNAPSHOT, Some(limit)).await?;
    let add = format!(
        "INSERT INTO user_counts AS kept (shard, status, administrator, users)
         SELECT -1, status, administrator, users FROM ({DIFFERENCES}) AS missed
         ON CONFLICT (shard, status, administrator)
         DO UPDATE SET users = kept.users + excluded.users
         RETURNING status"
    );
    let added = session.rows(&add, None).await?;
    session.run("COMMIT", Some(limit)).await?;
    Ok(!added.is_empty())
}
