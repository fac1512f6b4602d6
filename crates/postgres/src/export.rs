//! Accounts in bulk: the port `UserTransfer`, and how accounts are given out.

use async_trait::async_trait;
use diesel::prelude::*;
use futures::FutureExt as _;
use users_domain::model::{User, UserId};
use users_domain::ports::{ImportMode, StoreError, UserImport, UserTransfer};

use crate::PostgresStore;
use crate::filter::UsersQuery;
use crate::import::Import;
use crate::row::users_of;
use crate::schema::users::{bytewise, users};

#[async_trait]
impl UserTransfer for PostgresStore {
    #[tracing::instrument(skip_all, name = "db.user.export")]
    async fn export(&self, after: Option<&UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let after = after.map(|id| storable(id.as_str()).to_owned());
        self.read((after, limit), |connection, (after, limit)| {
            let query = behind(after.clone()).limit(i64::from(*limit));
            async move { Ok(users_of(connection, query).await?) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.user.import.begin")]
    async fn begin_import(&self, mode: ImportMode) -> Result<Box<dyn UserImport>, StoreError> {
        Ok(Box::new(Import::begin(self.clone(), mode).await?))
    }
}

/// All accounts in order, or those behind an id.
pub(crate) fn behind(after: Option<String>) -> UsersQuery {
    let id = || bytewise(users::id.nullable());
    let ordered = users::table.order(id().asc()).into_boxed();
    match after {
        None => ordered,
        Some(after) => ordered.filter(id().gt(after)),
    }
}

/// Postgres takes no U+0000. No id holds one, so the ids behind such a text are those behind what
/// comes before it.
pub(crate) fn storable(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}
