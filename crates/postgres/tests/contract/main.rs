//! The ports' contracts, on a real Postgres.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;

use users_domain::model::EffectRecord;
use users_testkit::contract::{
    OutboxUnderTest, RefreshTokenStoreUnderTest, UserStoreUnderTest, UserTransferUnderTest,
};

#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "../fixture/store.rs"]
mod fixture;

#[path = "../fixture/rows.rs"]
mod rows;

use fixture::{Fixture, literal};

users_testkit::user_store_contract!(user_store());
users_testkit::user_transfer_contract!(user_transfer());
users_testkit::outbox_contract!(outbox());
users_testkit::refresh_token_store_contract!(refresh_token_store());

fn user_store() -> UserStoreUnderTest {
    let fixture = Fixture::new();
    let (users, codes) = (fixture.database.clone(), fixture.database.clone());
    let beside = fixture.database.clone();
    let store = Arc::new(fixture.open());
    UserStoreUnderTest {
        store: store.clone(),
        outbox: store.clone(),
        sessions: Some(store),
        clock: fixture.clock.clone(),
        put_raw: Box::new(move |user| rows::put_user(&users, &user)),
        hold: Some(Box::new(move |id| rows::hold(&beside, &id))),
        put_adopted: Some(Box::new(move |row| rows::put_adopted(&codes, &row))),
        // jsonb keeps the meaning.
        keeps_json_text: false,
        go_away: Some(fixture.go_away()),
        keep: Box::new(fixture.database),
    }
}

fn user_transfer() -> UserTransferUnderTest {
    let fixture = Fixture::new();
    let users = fixture.database.clone();
    let store = Arc::new(fixture.open());
    UserTransferUnderTest {
        transfer: store.clone(),
        users: store.clone(),
        outbox: store,
        put_raw: Box::new(move |user| rows::put_user(&users, &user)),
        go_away: Some(fixture.go_away()),
        keep: Box::new(fixture.database),
    }
}

fn outbox() -> OutboxUnderTest {
    let fixture = Fixture::new();
    let database = fixture.database.clone();
    OutboxUnderTest {
        outbox: Arc::new(fixture.open()),
        clock: fixture.clock.clone(),
        put_record: Some(Box::new(move |record| database.execute(&insert(&record)))),
        go_away: Some(fixture.go_away()),
        keep: Box::new(fixture.database),
    }
}

fn refresh_token_store() -> RefreshTokenStoreUnderTest {
    let fixture = Fixture::new();
    RefreshTokenStoreUnderTest {
        store: Arc::new(fixture.open()),
        clock: fixture.clock.clone(),
        go_away: Some(fixture.go_away()),
        keep: Box::new(fixture.database),
    }
}

fn insert(record: &EffectRecord) -> String {
    let once = record.once.as_deref();
    format!(
        "INSERT INTO outbox (kind, key, once, format, payload, created_at)
         VALUES ({}, {}, {}, {}, {}, 'epoch')",
        literal(record.kind.as_str()),
        literal(&record.key),
        once.map_or_else(|| "NULL".to_owned(), literal),
        record.format,
        literal(&record.payload),
    )
}
