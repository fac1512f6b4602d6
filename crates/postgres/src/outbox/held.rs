//! Items that whoever committed them carries out himself.

use diesel::sql_types::{Text, Timestamptz};
use diesel_async::RunQueryDsl;
use futures::FutureExt as _;
use users_domain::model::EffectKind;
use users_domain::ports::StoreError;
use uuid::Uuid;

use crate::PostgresStore;
use crate::moment::StoredMoment;

// An item that was tried waits for its retry and is held no more, though it is not due either.

/// Carried out.
pub(crate) const SETTLE: &str = "
    DELETE FROM outbox
    WHERE kind = $1 AND once = $2 AND parked_at IS NULL AND attempts = 0 AND due_at > $3";

/// Left to everybody.
pub(crate) const LET_GO: &str = "
    UPDATE outbox SET due_at = NULL
    WHERE kind = $1 AND once = $2 AND parked_at IS NULL AND attempts = 0 AND due_at > $3";

impl PostgresStore {
    /// Does one of these to the item that is held under a name, if there is one.
    pub(super) async fn change_held(
        &self,
        statement: &'static str,
        kind: EffectKind,
        name: Uuid,
    ) -> Result<(), StoreError> {
        let input = (name.to_string(), self.clock.clone());
        self.write(input, move |connection, (name, clock)| {
            async move {
                diesel::sql_query(statement)
                    .bind::<Text, _>(kind.as_str())
                    .bind::<Text, _>(&*name)
                    .bind::<Timestamptz, _>(StoredMoment::from(clock.now()))
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }
}
