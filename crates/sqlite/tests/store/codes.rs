//! Codes beyond the contract: what of them lies in the file, and for how long.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use users_domain::model::{Change, CodePurpose, CodeRecord, OneTimeCode, Proof, Timestamp, User};
use users_domain::ports::{Clock, UserStore};
use users_sqlite::SqliteStore;
use users_testkit::people::user;

use crate::fixture::Fixture;

const PURPOSE: CodePurpose = CodePurpose::ResetSecret;

fn code() -> OneTimeCode {
    OneTimeCode::new([7; OneTimeCode::BYTES])
}

fn proof() -> Proof {
    Proof::Digest(code().digest())
}

/// A store in which Ada has a code.
async fn with_a_code(fixture: &Fixture) -> SqliteStore {
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let record = CodeRecord {
        digest: code().digest(),
        purpose: PURPOSE,
        user: ada.id,
        email: ada.email,
        created_at: fixture.clock.now(),
        expires_at: fixture.clock.now() + Duration::from_mins(15),
    };
    store.add_code(record).await.unwrap();
    store
}

#[tokio::test]
async fn who_reads_the_file_finds_no_code() {
    let fixture = Fixture::new();
    with_a_code(&fixture).await.close();
    let file = std::fs::read(fixture.path()).unwrap();
    let holds = |text: &str| {
        let mut windows = file.windows(text.len());
        windows.any(|window| window == text.as_bytes())
    };
    assert!(holds(&code().digest().to_hex()));
    assert!(!holds(code().expose()));
}

#[tokio::test]
async fn a_used_code_stays_used_when_the_file_is_opened_again() {
    let fixture = Fixture::new();
    let store = with_a_code(&fixture).await;
    let decide = |user: &User, _: &CodeRecord| {
        Ok(Change {
            user: user.clone(),
            effects: Vec::new(),
        })
    };
    let redeemed = store.redeem(&proof(), PURPOSE, Arc::new(decide)).await;
    redeemed.unwrap();
    store.close();
    let again = fixture.open();
    assert_eq!(again.find_code(&proof(), PURPOSE).await.unwrap(), None);
    assert!(
        again
            .redeem(&proof(), PURPOSE, Arc::new(decide))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn codes_go_with_their_account() {
    #[derive(QueryableByName)]
    struct Codes {
        #[diesel(sql_type = BigInt)]
        codes: i64,
    }
    let fixture = Fixture::new();
    let store = with_a_code(&fixture).await;
    let mut connection = fixture.connection();
    connection
        .batch_execute("PRAGMA foreign_keys=ON; DELETE FROM users")
        .unwrap();
    assert_eq!(store.find_code(&proof(), PURPOSE).await.unwrap(), None);
    let left: Codes = diesel::sql_query("SELECT count(*) AS codes FROM one_time_codes")
        .get_result(&mut connection)
        .unwrap();
    assert_eq!(left.codes, 0);
}

#[tokio::test]
async fn an_end_that_no_calendar_holds_has_passed() {
    let fixture = Fixture::new();
    let store = with_a_code(&fixture).await;
    fixture
        .connection()
        .batch_execute("UPDATE one_time_codes SET expires_at = 316537286400000000")
        .unwrap();
    let found = store.find_code(&proof(), PURPOSE).await.unwrap();
    assert_eq!(found.unwrap().expires_at, Timestamp::UNIX_EPOCH);
}
