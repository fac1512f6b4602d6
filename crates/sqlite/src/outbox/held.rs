//! Items that whoever committed them carries out himself.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use users_domain::model::EffectKind;
use users_domain::ports::StoreError;
use uuid::Uuid;

use crate::SqliteStore;
use crate::row::micros;

// An item that was tried waits for its retry and is held no more, though it is not due either.

/// Carried out.
pub(crate) const SETTLE: &str = "
    DELETE FROM outbox
    WHERE kind = ?1 AND once = ?2 AND parked_at IS NULL AND attempts = 0 AND due_at > ?3";

/// Left to everybody.
pub(crate) const LET_GO: &str = "
    UPDATE outbox SET due_at = NULL
    WHERE kind = ?1 AND once = ?2 AND parked_at IS NULL AND attempts = 0 AND due_at > ?3";

impl SqliteStore {
    /// Does one of these to the item that is held under a name, if there is one.
    pub(super) async fn change_held(
        &self,
        statement: &'static str,
        kind: EffectKind,
        name: Uuid,
    ) -> Result<(), StoreError> {
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                diesel::sql_query(statement)
                    .bind::<Text, _>(kind.as_str())
                    .bind::<Text, _>(name.to_string())
                    .bind::<BigInt, _>(micros(clock.now()))
                    .execute(connection)?;
                Ok(())
            })
            .await
    }
}
