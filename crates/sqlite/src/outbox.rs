//! What must leave the process: the port `Outbox`.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use users_domain::model::{Effect, EffectKind, EffectRecord, Timestamp};
use users_domain::ports::{
    Claim, Fence, LEASE, LeaseHolder, Outbox, OutboxDepth, OutboxItem, OutboxItemId, StoreError,
};

use uuid::Uuid;

use crate::SqliteStore;
use crate::error::Failure;
use crate::row::{micros, moment};
use crate::schema::{outbox, outbox_leases};

pub(crate) mod held;

/// Adds effects inside the caller's transaction, in the order given. Numbers rise with commits,
/// because a transaction holds the only write lock from its beginning.
pub(crate) fn append(
    connection: &mut SqliteConnection,
    effects: &[Effect],
    now: Timestamp,
) -> QueryResult<()> {
    for effect in effects {
        let record = effect.to_record();
        // What shall wait once only is passed over while it does: the unique index says so.
        diesel::insert_into(outbox::table)
            .values((
                outbox::kind.eq(record.kind.as_str()),
                outbox::key.eq(&record.key),
                outbox::format.eq(record.format),
                outbox::payload.eq(&record.payload),
                outbox::created_at.eq(micros(now)),
                outbox::due_at.eq(record.held_until.map(micros)),
                outbox::once.eq(&record.once),
            ))
            .on_conflict_do_nothing()
            .execute(connection)?;
    }
    Ok(())
}

#[async_trait]
impl Outbox for SqliteStore {
    #[tracing::instrument(skip_all, name = "db.outbox.add")]
    async fn add(&self, effects: Vec<Effect>) -> Result<(), StoreError> {
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| Ok(append(connection, &effects, clock.now())?))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.claim")]
    async fn claim(
        &self,
        kind: EffectKind,
        holder: &LeaseHolder,
        limit: u32,
    ) -> Result<Option<Claim>, StoreError> {
        let holder = holder.as_str().to_owned();
        let clock = self.clock().clone();
        let lease = self
            .threads()
            .write(move |connection| take_lease(connection, kind, &holder, clock.now()))
            .await?;
        let Some(fence) = lease else { return Ok(None) };
        if limit == 0 {
            return Ok(Some(Claim {
                fence,
                items: Vec::new(),
            }));
        }
        // Looking through a long backlog keeps no writer waiting. Should the lease be lost before
        // the items are settled, the fence says so.
        let clock = self.clock().clone();
        let items = self
            .threads()
            .read(move |connection| due(connection, kind, clock.now(), limit))
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
        let items = items.to_vec();
        self.threads()
            .write(move |connection| {
                show_fence(connection, kind, fence)?;
                for OutboxItemId(id) in items {
                    let of_kind = outbox::table.filter(outbox::kind.eq(kind.as_str()));
                    diesel::delete(of_kind.filter(outbox::id.eq(id))).execute(connection)?;
                }
                Ok(())
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
        self.threads()
            .write(move |connection| {
                show_fence(connection, kind, fence)?;
                diesel::update(outbox::table)
                    .filter(outbox::kind.eq(kind.as_str()))
                    .filter(outbox::id.eq(item.0))
                    .filter(outbox::parked_at.is_null())
                    .set((
                        outbox::attempts.eq(outbox::attempts + 1),
                        outbox::due_at.eq(micros(due_at)),
                    ))
                    .execute(connection)?;
                Ok(())
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
        let reason = reason.to_owned();
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                show_fence(connection, kind, fence)?;
                diesel::update(outbox::table)
                    .filter(outbox::kind.eq(kind.as_str()))
                    .filter(outbox::id.eq(item.0))
                    .filter(outbox::parked_at.is_null())
                    .set((
                        outbox::parked_at.eq(micros(clock.now())),
                        outbox::parked_reason.eq(reason),
                    ))
                    .execute(connection)?;
                Ok(())
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
        self.threads()
            .write(move |connection| {
                // The fence stays: the next holder's is greater.
                diesel::update(outbox_leases::table.find(kind.as_str()))
                    .filter(outbox_leases::fence.eq(fence.0))
                    .set(outbox_leases::holder.eq(None::<&str>))
                    .execute(connection)?;
                Ok(())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.outbox.depth")]
    async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, StoreError> {
        self.threads()
            .read(move |connection| {
                let row: DepthRow = diesel::sql_query(DEPTH)
                    .bind::<Text, _>(kind.as_str())
                    .get_result(connection)?;
                Ok(OutboxDepth {
                    // Counts are never negative.
                    pending: u64::try_from(row.pending).unwrap_or_default(),
                    parked: u64::try_from(row.parked).unwrap_or_default(),
                    oldest: row.oldest.and_then(moment),
                })
            })
            .await
    }
}

/// Takes or renews the lease, or answers `None` while another holder's runs.
fn take_lease(
    connection: &mut SqliteConnection,
    kind: EffectKind,
    holder: &str,
    now: Timestamp,
) -> Result<Option<Fence>, Failure> {
    let lease: Option<(Option<String>, i64, i64)> = outbox_leases::table
        .find(kind.as_str())
        .select((
            outbox_leases::holder,
            outbox_leases::fence,
            outbox_leases::expires_at,
        ))
        .first(connection)
        .optional()?;
    let latest = micros(now + LEASE);
    let fence = match lease {
        None => 1,
        Some((Some(current), fence, _)) if current == holder => fence,
        // A lease that would run longer than any can was given before the clock was set back; its
        // holder would keep everybody away for as long as that.
        Some((Some(_), _, expires_at)) if micros(now) < expires_at && expires_at <= latest => {
            return Ok(None);
        }
        Some((_, fence, _)) => fence + 1,
    };
    diesel::replace_into(outbox_leases::table)
        .values((
            outbox_leases::kind.eq(kind.as_str()),
            outbox_leases::holder.eq(holder),
            outbox_leases::fence.eq(fence),
            outbox_leases::expires_at.eq(latest),
        ))
        .execute(connection)?;
    Ok(Some(Fence(fence)))
}

/// Lets only the present holder go on. A lease that ran out but was not taken over is still his.
fn show_fence(
    connection: &mut SqliteConnection,
    kind: EffectKind,
    fence: Fence,
) -> Result<(), Failure> {
    let current: Option<i64> = outbox_leases::table
        .find(kind.as_str())
        .filter(outbox_leases::holder.is_not_null())
        .select(outbox_leases::fence)
        .first(connection)
        .optional()?;
    if current == Some(fence.0) {
        Ok(())
    } else {
        Err(StoreError::LeaseLost.into())
    }
}

/// What is due and not held back by an earlier item of its key that waits for its retry.
pub(crate) const DUE: &str = "
    SELECT id, key, format, payload, attempts, created_at
    FROM outbox AS item
    WHERE kind = ?1 AND parked_at IS NULL AND (due_at IS NULL OR due_at <= ?2)
      AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.kind = ?1 AND earlier.key = item.key AND earlier.id < item.id
          AND earlier.parked_at IS NULL AND earlier.due_at > ?2)
    ORDER BY id
    LIMIT ?3";

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
    #[diesel(sql_type = BigInt)]
    created_at: i64,
}

fn due(
    connection: &mut SqliteConnection,
    kind: EffectKind,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxItem>, Failure> {
    let rows: Vec<ItemRow> = diesel::sql_query(DUE)
        .bind::<Text, _>(kind.as_str())
        .bind::<BigInt, _>(micros(now))
        .bind::<BigInt, _>(i64::from(limit))
        .load(connection)?;
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
            added_at: moment(self.created_at).unwrap_or(Timestamp::UNIX_EPOCH),
            effect,
        }
    }
}

pub(crate) const DEPTH: &str = "
    SELECT
        (SELECT count(*) FROM outbox WHERE kind = ?1 AND parked_at IS NULL) AS pending,
        (SELECT count(*) FROM outbox WHERE kind = ?1 AND parked_at IS NOT NULL) AS parked,
        (SELECT created_at FROM outbox WHERE kind = ?1 AND parked_at IS NULL
            ORDER BY id LIMIT 1) AS oldest";

#[derive(QueryableByName)]
struct DepthRow {
    #[diesel(sql_type = BigInt)]
    pending: i64,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    oldest: Option<i64>,
}
