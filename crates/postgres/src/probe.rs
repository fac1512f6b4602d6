//! How the database is, for whoever watches over it.

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;
use futures::FutureExt as _;
use users_domain::ports::StoreError;

use crate::PostgresStore;

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It reads and writes.
    Writable,
    /// It answers, and refuses changes: a standby, or set so by its operator.
    ReadOnly,
}

/// What a transaction is unless it says otherwise.
const READ_ONLY: &str = "
    SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool
        AS read_only";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Bool)]
    read_only: bool,
}

impl PostgresStore {
    /// Asks the database how it is, on a connection like any other call's and within the same
    /// bounds.
    pub async fn probe(&self) -> Result<Condition, StoreError> {
        self.read((), |connection, ()| {
            async move {
                let row: Row = diesel::sql_query(READ_ONLY).get_result(connection).await?;
                Ok(if row.read_only {
                    Condition::ReadOnly
                } else {
                    Condition::Writable
                })
            }
            .boxed()
        })
        .await
    }
}
