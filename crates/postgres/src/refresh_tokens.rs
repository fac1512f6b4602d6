//! Sessions of an in-process token issuer: the port `RefreshTokenStore`.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt as _;
use users_domain::model::{RefreshSession, SessionDescription, Timestamp, TokenId, UserId};
use users_domain::ports::{RefreshTokenStore, Rotation, StoreError};

use crate::PostgresStore;
use crate::error::Failure;
use crate::moment::StoredMoment;
use crate::schema::refresh_sessions::refresh_sessions;

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_sessions)]
struct SessionRow {
    id: String,
    user_id: String,
    description: Option<String>,
    generation: i64,
    created_at: StoredMoment,
    expires_at: StoredMoment,
    rotated_at: Option<StoredMoment>,
}

impl From<RefreshSession> for SessionRow {
    fn from(session: RefreshSession) -> Self {
        Self {
            id: session.id.as_str().to_owned(),
            user_id: session.user.as_str().to_owned(),
            description: session.description.map(|text| text.as_str().to_owned()),
            // No session lives to be exchanged 2^63 times.
            generation: i64::try_from(session.generation).unwrap_or(i64::MAX),
            created_at: session.created_at.into(),
            expires_at: session.expires_at.into(),
            rotated_at: session.rotated_at.map(StoredMoment::from),
        }
    }
}

impl From<SessionRow> for RefreshSession {
    fn from(row: SessionRow) -> Self {
        Self {
            id: TokenId::new(row.id),
            user: UserId::from_stored(row.user_id),
            description: row.description.map(SessionDescription::from_stored),
            generation: u64::try_from(row.generation).unwrap_or_default(),
            created_at: row.created_at.moment().unwrap_or(Timestamp::UNIX_EPOCH),
            expires_at: row.expires_at.moment().unwrap_or(Timestamp::UNIX_EPOCH),
            rotated_at: row.rotated_at.and_then(StoredMoment::moment),
        }
    }
}

#[async_trait]
impl RefreshTokenStore for PostgresStore {
    #[tracing::instrument(skip_all, name = "db.session.add")]
    async fn add(&self, session: RefreshSession) -> Result<(), StoreError> {
        self.write(SessionRow::from(session), |connection, row| {
            async move {
                diesel::insert_into(refresh_sessions::table)
                    .values(row.clone())
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.session.rotate")]
    async fn rotate(
        &self,
        id: &TokenId,
        generation: u64,
        grace: Duration,
    ) -> Result<Rotation, StoreError> {
        let input = (id.as_str().to_owned(), self.clock.clone());
        self.write(input, move |connection, (id, clock)| {
            async move { rotate(connection, id, generation, grace, clock.now()).await }.boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.session.revoke")]
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        let input = (
            user.as_str().to_owned(),
            id.as_str().to_owned(),
            self.clock.clone(),
        );
        self.write(input, |connection, (user, id, clock)| {
            async move {
                let ended = refresh_sessions::table
                    .filter(refresh_sessions::id.eq(id))
                    .filter(refresh_sessions::user_id.eq(user))
                    .filter(refresh_sessions::expires_at.gt(StoredMoment::from(clock.now())));
                Ok(diesel::delete(ended).execute(connection).await? > 0)
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.session.revoke_all")]
    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError> {
        self.write(user.as_str().to_owned(), |connection, user| {
            async move {
                // Locked in one order, or two of these at once could each hold what the other
                // still wants.
                diesel::sql_query(REVOKE_ALL)
                    .bind::<Text, _>(user)
                    .execute(connection)
                    .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.session.list")]
    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError> {
        let input = (user.as_str().to_owned(), self.clock.clone());
        self.read(input, |connection, (user, clock)| {
            async move {
                let rows: Vec<SessionRow> = refresh_sessions::table
                    .filter(refresh_sessions::user_id.eq(user))
                    .filter(refresh_sessions::expires_at.gt(StoredMoment::from(clock.now())))
                    .order((refresh_sessions::created_at, refresh_sessions::id))
                    .select(SessionRow::as_select())
                    .load(connection)
                    .await?;
                Ok(rows.into_iter().map(RefreshSession::from).collect())
            }
            .boxed()
        })
        .await
    }

    #[tracing::instrument(skip_all, name = "db.session.remove_expired")]
    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError> {
        self.write(self.clock.clone(), move |connection, clock| {
            async move {
                let removed = diesel::sql_query(REMOVE_EXPIRED)
                    .bind::<Timestamptz, _>(StoredMoment::from(clock.now()))
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(connection)
                    .await?;
                // At most `limit`.
                Ok(u32::try_from(removed).unwrap_or(limit))
            }
            .boxed()
        })
        .await
    }
}

/// In the order of the index, so that it need not sort.
pub(crate) const REVOKE_ALL: &str = "
    DELETE FROM refresh_sessions WHERE id IN (
        SELECT id FROM refresh_sessions WHERE user_id = $1 ORDER BY created_at, id FOR UPDATE)";

/// What another replica clears away at this moment is left to it.
pub(crate) const REMOVE_EXPIRED: &str = "
    DELETE FROM refresh_sessions WHERE id = ANY (ARRAY(
        SELECT id FROM refresh_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2
        FOR UPDATE SKIP LOCKED))";

/// The compare-and-swap, inside the caller's transaction: the row is locked, so that of two that
/// come at once the later one sees what the earlier one left.
async fn rotate(
    connection: &mut AsyncPgConnection,
    id: &str,
    generation: u64,
    grace: Duration,
    now: Timestamp,
) -> Result<Rotation, Failure> {
    let row: Option<SessionRow> = refresh_sessions::table
        .find(id)
        .filter(refresh_sessions::expires_at.gt(StoredMoment::from(now)))
        .select(SessionRow::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()?;
    let Some(row) = row else {
        return Ok(Rotation::Ended);
    };
    Ok(match Rotation::of(row.into(), generation, grace, now) {
        Rotation::Advanced(next) => {
            let next = SessionRow::from(next);
            diesel::update(refresh_sessions::table.find(id))
                .set((
                    refresh_sessions::generation.eq(next.generation),
                    refresh_sessions::rotated_at.eq(next.rotated_at),
                ))
                .execute(connection)
                .await?;
            // As it reads from now on.
            Rotation::Advanced(next.into())
        }
        Rotation::Reused => {
            diesel::delete(refresh_sessions::table.find(id))
                .execute(connection)
                .await?;
            Rotation::Reused
        }
        as_it_was @ (Rotation::Repeated(_) | Rotation::Ended) => as_it_was,
    })
}
