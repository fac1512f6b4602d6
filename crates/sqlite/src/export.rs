//! Accounts in bulk: the port `UserTransfer`, and the way out.

use async_trait::async_trait;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool};
use tracing::warn;
use users_domain::model::{User, UserId};
use users_domain::ports::{ImportMode, StoreError, UserImport, UserTransfer};

use crate::SqliteStore;
use crate::dry_run::DryRun;
use crate::filter::UsersQuery;
use crate::import::Import;
use crate::row::UserRow;
use crate::schema::users;

#[async_trait]
impl UserTransfer for SqliteStore {
    #[tracing::instrument(skip_all, name = "db.user.export")]
    async fn export(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let after = after.map(|id| id.as_str().as_bytes().to_vec());
        self.threads()
            .read(move |connection| Ok(accounts_behind(connection, after, limit)?))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.user.begin_import")]
    async fn begin_import(&self, mode: ImportMode) -> Result<Box<dyn UserImport>, StoreError> {
        Ok(match mode {
            ImportMode::Write => Box::new(Import::begin(self)),
            ImportMode::DryRun => Box::new(DryRun::begin(self).await?),
        })
    }
}

/// The next accounts in the order of the bytes of their ids. An id that is no text is passed over:
/// it reads as another text, by which nobody finds the account, and behind which the walk would not
/// go on where it was.
fn accounts_behind(
    connection: &mut SqliteConnection,
    mut after: Option<Vec<u8>>,
    limit: u32,
) -> QueryResult<Vec<User>> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut accounts = Vec::new();
    let mut odd = 0;
    while accounts.len() < wanted {
        let missing = wanted - accounts.len();
        let rows: Vec<(UserRow, Vec<u8>)> = rows_behind(after.as_deref(), missing)
            .select((UserRow::as_select(), sql::<Binary>("CAST(id AS BLOB)")))
            .load(connection)?;
        let found = rows.len();
        after = rows.last().map(|(_, bytes)| bytes.clone()).or(after);
        let before = accounts.len();
        accounts.extend(
            rows.into_iter()
                .filter(|(row, bytes)| row.id.0.as_bytes() == bytes)
                .map(|(row, _)| User::from(row)),
        );
        odd += found - (accounts.len() - before);
        if found < missing {
            // Bytes stand behind all texts.
            let bytes = users::table.filter(sql::<Bool>("id >= x''"));
            let bytes: i64 = bytes.count().get_result(connection)?;
            odd += usize::try_from(bytes).unwrap_or_default();
            break;
        }
    }
    if odd > 0 {
        warn!(
            accounts = odd,
            "accounts whose ids are no text are not exported"
        );
    }
    Ok(accounts)
}

/// Rows whose ids are text, and greater than these bytes; the id's own index gives them in order.
pub(crate) fn rows_behind(after: Option<&[u8]>, limit: usize) -> UsersQuery {
    let texts = users::table
        .filter(sql::<Bool>("id < x''"))
        .order(users::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    match after {
        None => texts,
        Some(after) => texts.filter(
            sql::<Bool>("id > CAST(")
                .bind::<Binary, _>(after.to_vec())
                .sql(" AS TEXT)"),
        ),
    }
}
