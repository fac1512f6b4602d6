//! The ports' contracts, on real files.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::path::Path;
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use tempfile::TempDir;
use users_domain::model::{EffectRecord, PasswordHash, Timestamp, User, UserId, Username};
use users_sqlite::{SqliteOptions, SqliteStore};
use users_testkit::contract::{
    Lever, OutboxUnderTest, RefreshTokenStoreUnderTest, UserStoreUnderTest, UserTransferUnderTest,
};
use users_testkit::fakes::FixedClock;

users_testkit::user_store_contract!(user_store());
users_testkit::user_transfer_contract!(user_transfer());
users_testkit::outbox_contract!(outbox());
users_testkit::refresh_token_store_contract!(refresh_token_store());

/// A store in a folder of its own.
struct Fresh {
    store: SqliteStore,
    clock: FixedClock,
    folder: TempDir,
}

impl Fresh {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = FixedClock::new();
        let path = folder.path().join("users.sqlite");
        let store =
            SqliteStore::open(&path, Arc::new(clock.clone()), SqliteOptions::default()).unwrap();
        Self {
            store,
            clock,
            folder,
        }
    }

    /// A connection beside the store.
    fn connection(&self) -> impl Fn() -> SqliteConnection + Send + Sync + use<> {
        let path = self.folder.path().join("users.sqlite");
        move || connect(&path)
    }

    /// A closed store is away for good.
    fn close(&self) -> Lever {
        let store = self.store.clone();
        Box::new(move || store.close())
    }
}

fn connect(path: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    diesel::sql_query("PRAGMA busy_timeout=5000")
        .execute(&mut connection)
        .unwrap();
    connection
}

fn user_store() -> UserStoreUnderTest {
    let fresh = Fresh::new();
    let connection = fresh.connection();
    let beside = fresh.connection();
    UserStoreUnderTest {
        store: Arc::new(fresh.store.clone()),
        outbox: Arc::new(fresh.store.clone()),
        clock: fresh.clock.clone(),
        put_raw: Box::new(move |user| put_user(&mut connection(), &user)),
        put_adopted: None,
        sessions: Some(Arc::new(fresh.store.clone())),
        hold: Some(Box::new(move |id| hold(&mut beside(), &id))),
        keeps_json_text: true,
        go_away: Some(fresh.close()),
        keep: Box::new(fresh.folder),
    }
}

/// A row of an operator's own table that refers to an account.
fn hold(connection: &mut SqliteConnection, id: &UserId) {
    diesel::sql_query("CREATE TABLE IF NOT EXISTS orders (buyer text REFERENCES users (id))")
        .execute(connection)
        .unwrap();
    diesel::sql_query("INSERT INTO orders (buyer) VALUES (?1)")
        .bind::<Text, _>(id.as_str())
        .execute(connection)
        .unwrap();
}

fn user_transfer() -> UserTransferUnderTest {
    let fresh = Fresh::new();
    let connection = fresh.connection();
    UserTransferUnderTest {
        transfer: Arc::new(fresh.store.clone()),
        users: Arc::new(fresh.store.clone()),
        outbox: Arc::new(fresh.store.clone()),
        put_raw: Box::new(move |user| put_user(&mut connection(), &user)),
        go_away: Some(fresh.close()),
        keep: Box::new(fresh.folder),
    }
}

fn outbox() -> OutboxUnderTest {
    let fresh = Fresh::new();
    let connection = fresh.connection();
    OutboxUnderTest {
        outbox: Arc::new(fresh.store.clone()),
        clock: fresh.clock.clone(),
        put_record: Some(Box::new(move |record| {
            put_record(&mut connection(), &record);
        })),
        go_away: Some(fresh.close()),
        keep: Box::new(fresh.folder),
    }
}

fn refresh_token_store() -> RefreshTokenStoreUnderTest {
    let fresh = Fresh::new();
    RefreshTokenStoreUnderTest {
        store: Arc::new(fresh.store.clone()),
        clock: fresh.clock.clone(),
        go_away: Some(fresh.close()),
        keep: Box::new(fresh.folder),
    }
}

/// Times as they are stored: microseconds since 1970.
fn micros(moment: Option<Timestamp>) -> Option<i64> {
    moment.map(|moment| i64::try_from(moment.unix_timestamp_nanos() / 1_000).unwrap())
}

fn put_user(connection: &mut SqliteConnection, user: &User) {
    let tags = serde_json::Value::from(user.tags.as_slice()).to_string();
    let picture = user.profile_picture.as_ref().map(ToString::to_string);
    diesel::sql_query(
        "INSERT OR REPLACE INTO users
            (id, email, username, first_name, last_name, tags, metadata, private_metadata, secret,
             profile_picture, auth_provider, updated_by, role, status, created_at, updated_at,
             verified_at, tokens_valid_from, sessions_valid_from, version)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind::<Text, _>(user.id.as_str())
    .bind::<Text, _>(user.email.as_str())
    .bind::<Nullable<Text>, _>(user.username.as_ref().map(Username::as_str))
    .bind::<Text, _>(user.first_name.as_str())
    .bind::<Text, _>(user.last_name.as_str())
    .bind::<Text, _>(tags)
    .bind::<Text, _>(user.metadata.as_str())
    .bind::<Text, _>(user.private_metadata.as_str())
    .bind::<Nullable<Text>, _>(user.secret.as_ref().map(PasswordHash::as_str))
    .bind::<Nullable<Text>, _>(picture)
    .bind::<Nullable<Text>, _>(user.auth_provider.as_deref())
    .bind::<Nullable<Text>, _>(user.updated_by.as_deref())
    .bind::<BigInt, _>(i64::from(user.role.as_i16()))
    .bind::<BigInt, _>(i64::from(user.status.as_i16()))
    .bind::<Nullable<BigInt>, _>(micros(user.created_at))
    .bind::<Nullable<BigInt>, _>(micros(user.updated_at))
    .bind::<Nullable<BigInt>, _>(micros(user.verified_at))
    .bind::<Nullable<BigInt>, _>(user.tokens_valid_from)
    .bind::<Nullable<BigInt>, _>(user.sessions_valid_from)
    .bind::<BigInt, _>(user.version)
    .execute(connection)
    .unwrap();
}

fn put_record(connection: &mut SqliteConnection, record: &EffectRecord) {
    diesel::sql_query(
        "INSERT INTO outbox (kind, key, once, format, payload, created_at)
         VALUES (?, ?, ?, ?, ?, 0)",
    )
    .bind::<Text, _>(record.kind.as_str())
    .bind::<Text, _>(&record.key)
    .bind::<Nullable<Text>, _>(record.once.as_deref())
    .bind::<BigInt, _>(i64::from(record.format))
    .bind::<Text, _>(&record.payload)
    .execute(connection)
    .unwrap();
}
