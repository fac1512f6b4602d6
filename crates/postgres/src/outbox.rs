//! What must leave the process: the port `Outbox`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt as _;
use users_domain::model::{Effect, EffectKind, EffectRecord, Timestamp};
use users_domain::ports::{
    Claim, Fence, LEASE, LeaseHolder, Outbox, OutboxDepth, OutboxItem, OutboxItemId, StoreError,
};

use uuid::Uuid;

use crate::PostgresStore;
use crate::error::Failure;
use crate::moment::StoredMoment;
use crate::schema::outbox::{outbox, outbox_leases};

pub(crate) mod held;

/// An effect on its way into the table.
#[derive(Insertable)]
#[diesel(table_name = outbox)]
struct NewItem {
    kind: &'static str,
    key: String,
    format: i32,
    payload: String,
    created_at: StoredMoment,
    due_at: Option<StoredMoment>,
    once: Option<String>,
}

impl NewItem {
    fn new(effect: &Effect, now: Timestamp) -> Self {
        let record = effect.to_record();
        Self {
            kind: record.kind.as_str(),
            key: record.key,
            format: record.format,
            payload: record.payload,
            created_at: now.into(),
            due_at: record.held_until.map(StoredMoment::from),
            once: record.once,
        }
    }
}

/// Adds effects inside the caller's transaction, in the order given. To be called last, when what
/// they are about is locked: then the numbers of one key rise with commits, and a transaction that
/// waits for another's item of the same `once` name holds nothing that the other still needs.
pub(crate) async fn append(
    connection: &mut AsyncPgConnection,
    effects: &[Effect],
    now: Timestamp,
) -> QueryResult<()> {
    // What shall wait once only is passed over while it does: the unique index says so.
    match effects {
        [] => {}
        // By far the most; its statement is always the same, and prepared once a connection.
        [effect] => {
            diesel::insert_into(outbox::table)
                .values(NewItem::new(effect, now))
                .on_conflict_do_nothing()
                .execute(connection)
                .await?;
        }
        effects => {
            let items: Vec<NewItem> = effects
                .iter()
                .map(|effect| NewItem::new(effect, now))
                .collect();
            // Numbers are given in the order of the items. A statement takes 65,535 values.
            for items in items.chunks(9_000) {
                diesel::insert_into(outbox::table)
                    .values(items)
                    .on_conflict_do_nothing()
                    .execute(connection)
                    .await?;
            }
        }
    }
    Ok(())
}

#[async_trait]
impl Outbox for PostgresStore {
    #[tracing::instrument(skip_all, name = "db.outbox.add")]
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        let input = (effects, self.clock.clone());
        self.write(input, |connection, (effects, clock)| {
            async move { Ok(append(connection, effects, clock.now()).await?) }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.claim")]
    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Result<Option<Claim>, StoreError> {
        let input = (holder.as_str().to_owned(), self.clock.clone());
        let lease = self
            .write(input, move |connection, (holder, clock)| {
                async move { take_lease(connection, kind, holder, clock.now()).await }.boxed()
            })
            .await?;
        let Some(fence) = lease else { return Ok(None) };
        if limit == 0 {
            return Ok(Some(Claim {
                fence,
                items: Vec::new(),
            }));
        }
        // Looking through a long backlog holds no lock. Should the lease be lost before the items
        // are settled, the fence says so.
        let items = self
            .read(self.clock.clone(), move |connection, clock| {
                async move { due(connection, kind, clock.now(), limit).await }.boxed()
            })
            .await?;
        Ok(Some(Claim { fence, items }))
    }

    #[tracing::instrument(skip_all, name = "db.outbox.done")]
    async fn done(
        &self,
        kind: EffectKind,
        fence: Fence,
        items: &[OutboxItemId],
    ) -> Result<(), StoreError> {
        let ids: Vec<i64> = items.iter().map(|item| item.0).collect();
        self.write(ids, move |connection, ids| {
            async move {
                show_fence(connection, kind, fence).await?;
                diesel::delete(outbox::table)
                    .filter(outbox::kind.eq(kind.as_str()))
                    .filter(outbox::id.eq_any(ids))
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.retry")]
    async fn retry(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write((), move |connection, ()| {
            async move {
                show_fence(connection, kind, fence).await?;
                diesel::update(outbox::table)
                    .filter(outbox::kind.eq(kind.as_str()))
                    .filter(outbox::id.eq(item.0))
                    .filter(outbox::parked_at.is_null())
                    .set((
                        outbox::attempts.eq(outbox::attempts + 1),
                        outbox::due_at.eq(StoredMoment::from(due_at)),
                    ))
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.park")]
    async fn park(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: OutboxItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        // Postgres keeps any character in a text but this one.
        let reason = reason.replace('\0', "\u{fffd}");
        let input = (reason, self.clock.clone());
        self.write(input, move |connection, (reason, clock)| {
            async move {
                show_fence(connection, kind, fence).await?;
                diesel::update(outbox::table)
                    .filter(outbox::kind.eq(kind.as_str()))
                    .filter(outbox::id.eq(item.0))
                    .filter(outbox::parked_at.is_null())
                    .set((
                        outbox::parked_at.eq(StoredMoment::from(clock.now())),
                        outbox::parked_reason.eq(reason),
                    ))
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.settle_held")]
    async fn settle_held(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        self.change_held(held::SETTLE, kind, name).await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.let_go")]
    async fn let_go(&self, kind: EffectKind, name: Uuid) -> Result<(), StoreError> {
        self.change_held(held::LET_GO, kind, name).await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.release")]
    async fn release(&self, kind: EffectKind, fence: Fence) -> Result<(), StoreError> {
        self.write((), move |connection, ()| {
            async move {
                // The fence stays: the next holder's is greater.
                diesel::update(outbox_leases::table.find(kind.as_str()))
                    .filter(outbox_leases::fence.eq(fence.0))
                    .set(outbox_leases::holder.eq(None::<&str>))
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.depth")]
    async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, StoreError> {
        self.read((), move |connection, ()| {
            async move {
                let row: DepthRow = diesel::sql_query(DEPTH)
                    .bind::<Text, _>(kind.as_str())
                    .get_result(connection)
                    .await?;
                Ok(OutboxDepth {
                    // Counts are never negative.
                    pending: u64::try_from(row.pending).unwrap_or_default(),
                    parked: u64::try_from(row.parked).unwrap_or_default(),
                    oldest: row.oldest.and_then(StoredMoment::moment),
                })
            }
            .boxed()
        })
        .await
    }
}

/// Takes or renews a lease. One statement, because of two that come at once the later one has to
/// see what the earlier one left; where there is no row yet, too. A lease that would run longer
/// than any can was given before the clock was set back; its holder would keep everybody away for
/// as long as that.
const TAKE_LEASE: &str = "
    INSERT INTO outbox_leases AS lease (kind, holder, fence, expires_at)
    VALUES ($1, $2, 1, $4)
    ON CONFLICT (kind) DO UPDATE SET
        holder = excluded.holder,
        fence = lease.fence + (lease.holder IS DISTINCT FROM excluded.holder)::integer,
        expires_at = excluded.expires_at
    WHERE lease.holder IS NULL OR lease.holder = excluded.holder
       OR lease.expires_at <= $3 OR lease.expires_at > $4
    RETURNING fence";

#[derive(QueryableByName)]
struct FenceRow {
    #[diesel(sql_type = BigInt)]
    fence: i64,
}

/// Takes or renews the lease, or answers `None` while another holder's runs.
async fn take_lease(
    connection: &mut AsyncPgConnection,
    kind: EffectKind,
    holder: &str,
    now: Timestamp,
) -> Result<Option<Fence>, Failure> {
    let row: Option<FenceRow> = diesel::sql_query(TAKE_LEASE)
        .bind::<Text, _>(kind.as_str())
        .bind::<Text, _>(holder)
        .bind::<Timestamptz, _>(StoredMoment::from(now))
        .bind::<Timestamptz, _>(StoredMoment::from(now + LEASE))
        .get_result(connection)
        .await
        .optional()?;
    Ok(row.map(|row| Fence(row.fence)))
}

/// Lets only the present holder go on, and nobody take the lease over before the transaction ends.
/// A lease that ran out but was not taken over is still his.
async fn show_fence(
    connection: &mut AsyncPgConnection,
    kind: EffectKind,
    fence: Fence,
) -> Result<(), Failure> {
    let current: Option<i64> = outbox_leases::table
        .find(kind.as_str())
        .filter(outbox_leases::holder.is_not_null())
        .select(outbox_leases::fence)
        .for_update()
        .first(connection)
        .await
        .optional()?;
    if current == Some(fence.0) {
        Ok(())
    } else {
        Err(StoreError::LeaseLost.into())
    }
}

/// What is due and not held back by an earlier item of its key that waits for its retry. It is
/// ordered by `parked_at` (always NULL) too, or Postgres would not see that its index has the order;
/// OFFSET 0 keeps it from joining the two sides as wholes: few items are wanted at a time, and to
/// look for one that is in the way takes one step in its index.
pub(crate) const DUE: &str = "
    SELECT id, key, format, payload, attempts, created_at
    FROM outbox AS item
    WHERE kind = $1 AND parked_at IS NULL AND (due_at IS NULL OR due_at <= $2)
      AND NOT EXISTS (
        SELECT FROM outbox AS earlier
        WHERE earlier.kind = $1 AND earlier.key = item.key AND earlier.id < item.id
          AND earlier.parked_at IS NULL AND earlier.due_at > $2
        OFFSET 0)
    ORDER BY parked_at, id
    LIMIT $3";

#[derive(QueryableByName)]
struct ItemRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Integer)]
    format: i32,
    #[diesel(sql_type = Text)]
    payload: String,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = Timestamptz)]
    created_at: StoredMoment,
}

async fn due(
    connection: &mut AsyncPgConnection,
    kind: EffectKind,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxItem>, Failure> {
    let rows: Vec<ItemRow> = diesel::sql_query(DUE)
        .bind::<Text, _>(kind.as_str())
        .bind::<Timestamptz, _>(StoredMoment::from(now))
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(|row| row.into_item(kind)).collect())
}

impl ItemRow {
    fn into_item(self, kind: EffectKind) -> OutboxItem {
        let record = EffectRecord {
            kind,
            key: self.key,
            // Its work is done: the item waits already.
            once: None,
            held_until: None,
            format: self.format,
            payload: self.payload,
        };
        let effect = Effect::from_record(&record);
        OutboxItem {
            id: OutboxItemId(self.id),
            key: record.key,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            added_at: self.created_at.moment().unwrap_or(Timestamp::UNIX_EPOCH),
            effect,
        }
    }
}

pub(crate) const DEPTH: &str = "
    SELECT
        (SELECT count(*) FROM outbox WHERE kind = $1 AND parked_at IS NULL) AS pending,
        (SELECT count(*) FROM outbox WHERE kind = $1 AND parked_at IS NOT NULL) AS parked,
        (SELECT created_at FROM outbox WHERE kind = $1 AND parked_at IS NULL
            ORDER BY parked_at, id LIMIT 1) AS oldest";

#[derive(QueryableByName)]
struct DepthRow {
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest: Option<StoredMoment>,
}
