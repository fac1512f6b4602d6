//! Sessions of an in-process token issuer: the port `RefreshTokenStore`.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use users_domain::model::{RefreshSession, SessionDescription, Timestamp, TokenId, UserId};
use users_domain::ports::{RefreshTokenStore, Rotation, StoreError};

use crate::SqliteStore;
use crate::error::Failure;
use crate::row::{micros, moment};
use crate::schema::refresh_sessions;

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_sessions)]
struct SessionRow {
    id: String,
    user_id: String,
    description: Option<String>,
    generation: i64,
    created_at: i64,
    expires_at: i64,
    rotated_at: Option<i64>,
}

impl From<RefreshSession> for SessionRow {
    fn from(session: RefreshSession) -> Self {
        Self {
            id: session.id.as_str().to_owned(),
            user_id: session.user.as_str().to_owned(),
            description: session.description.map(|text| text.as_str().to_owned()),
            // No session lives to be exchanged 2^63 times.
            generation: i64::try_from(session.generation).unwrap_or(i64::MAX),
            created_at: micros(session.created_at),
            expires_at: micros(session.expires_at),
            rotated_at: session.rotated_at.map(micros),
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
            created_at: moment(row.created_at).unwrap_or(Timestamp::UNIX_EPOCH),
            expires_at: moment(row.expires_at).unwrap_or(Timestamp::UNIX_EPOCH),
            rotated_at: row.rotated_at.and_then(moment),
        }
    }
}

#[async_trait]
impl RefreshTokenStore for SqliteStore {
    #[tracing::instrument(skip_all, name = "db.session.add")]
    async fn add(&self, session: RefreshSession) -> Result<(), StoreError> {
        self.threads()
            .write(move |connection| {
                diesel::insert_into(refresh_sessions::table)
                    .values(SessionRow::from(session))
                    .execute(connection)?;
                Ok(())
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
        let id = id.as_str().to_owned();
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| rotate(connection, &id, generation, grace, clock.now()))
            .await
    }

    #[tracing::instrument(skip_all, name = "db.session.revoke")]
    async fn revoke(&self, user: &UserId, id: &TokenId) -> Result<bool, StoreError> {
        let user = user.as_str().to_owned();
        let id = id.as_str().to_owned();
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                let ended = refresh_sessions::table
                    .filter(refresh_sessions::id.eq(id))
                    .filter(refresh_sessions::user_id.eq(user))
                    .filter(refresh_sessions::expires_at.gt(micros(clock.now())));
                Ok(diesel::delete(ended).execute(connection)? > 0)
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.session.revoke_all")]
    async fn revoke_all(&self, user: &UserId) -> Result<(), StoreError> {
        let user = user.as_str().to_owned();
        self.threads()
            .write(move |connection| {
                diesel::delete(refresh_sessions::table.filter(refresh_sessions::user_id.eq(user)))
                    .execute(connection)?;
                Ok(())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.session.list")]
    async fn list(&self, user: &UserId) -> Result<Vec<RefreshSession>, StoreError> {
        let user = user.as_str().to_owned();
        let clock = self.clock().clone();
        self.threads()
            .read(move |connection| {
                let rows: Vec<SessionRow> = refresh_sessions::table
                    .filter(refresh_sessions::user_id.eq(user))
                    .filter(refresh_sessions::expires_at.gt(micros(clock.now())))
                    .order((refresh_sessions::created_at, refresh_sessions::id))
                    .select(SessionRow::as_select())
                    .load(connection)?;
                Ok(rows.into_iter().map(RefreshSession::from).collect())
            })
            .await
    }

    #[tracing::instrument(skip_all, name = "db.session.remove_expired")]
    async fn remove_expired(&self, limit: u32) -> Result<u32, StoreError> {
        let clock = self.clock().clone();
        self.threads()
            .write(move |connection| {
                let removed = diesel::sql_query(REMOVE_EXPIRED)
                    .bind::<BigInt, _>(micros(clock.now()))
                    .bind::<BigInt, _>(i64::from(limit))
                    .execute(connection)?;
                // At most `limit`.
                Ok(u32::try_from(removed).unwrap_or(limit))
            })
            .await
    }
}

const REMOVE_EXPIRED: &str = "
    DELETE FROM refresh_sessions WHERE id IN (
        SELECT id FROM refresh_sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

/// The compare-and-swap, inside the caller's transaction.
fn rotate(
    connection: &mut SqliteConnection,
    id: &str,
    generation: u64,
    grace: Duration,
    now: Timestamp,
) -> Result<Rotation, Failure> {
    let row: Option<SessionRow> = refresh_sessions::table
        .find(id)
        .filter(refresh_sessions::expires_at.gt(micros(now)))
        .select(SessionRow::as_select())
        .first(connection)
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
                .execute(connection)?;
            // As it reads from now on.
            Rotation::Advanced(next.into())
        }
        Rotation::Reused => {
            diesel::delete(refresh_sessions::table.find(id)).execute(connection)?;
            Rotation::Reused
        }
        as_it_was @ (Rotation::Repeated(_) | Rotation::Ended) => as_it_was,
    })
}
