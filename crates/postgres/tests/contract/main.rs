//! The ports' contracts, on a real Postgres.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;

use users_domain::model::EffectRecord;
use users_testkit::contract::{OutboxUnderTest, RefreshTokenStoreUnderTest};

#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "../fixture/mod.rs"]
mod fixture;

use fixture::{Fixture, literal};

users_testkit::outbox_contract!(outbox());
users_testkit::refresh_token_store_contract!(refresh_token_store());

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
