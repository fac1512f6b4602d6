//! Codes that the deployed service mailed, as it finds them afterwards.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{
    AdoptedCode, Change, CodePurpose, CodeRecord, Email, OneTimeCode, Proof, User,
};
use users_domain::ports::{Clock, StoreError, UserStore};
use users_postgres::PostgresStore;
use users_testkit::people::user;

use crate::fixture::Fixture;

/// The rows of all pairs: address, code and whether it is used, oldest first.
fn rows(fixture: &Fixture) -> Vec<String> {
    let rows = fixture.database.query(
        "SELECT concat_ws(' ', email, otp, used_at IS NOT NULL)
         FROM users_verifications ORDER BY email, created_at",
    );
    rows.into_iter().flatten().flatten().collect()
}

/// Ada, with two codes to her address and one to another.
async fn adopted() -> (Fixture, PostgresStore, User) {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    fixture.database.execute(
        "INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at) VALUES
            ('id-of-ada', 'ada@example.com', 'first', '2026-01-01', '2026-01-02'),
            ('id-of-ada', 'ada@example.com', 'second', '2026-01-02', '2026-01-03'),
            ('id-of-ada', 'b@example.com', NULL, '2026-01-02', '2026-01-03')",
    );
    (fixture, store, ada)
}

async fn redeem(store: &PostgresStore, proof: Proof) -> Result<User, StoreError> {
    let decide = Arc::new(|user: &User, _: &CodeRecord| {
        Ok(Change {
            user: user.clone(),
            effects: Vec::new(),
        })
    });
    let purpose = CodePurpose::VerifyEmail;
    store.redeem(&proof, purpose, decide).await
}

#[tokio::test]
async fn a_used_code_stands_in_all_rows_of_its_pair() {
    let (fixture, store, ada) = adopted().await;
    let email = Email::from_stored("ada@example.com".to_owned());
    let code = AdoptedCode::new(ada.id, email, "second".to_owned());
    redeem(&store, Proof::Adopted(code)).await.unwrap();
    assert_eq!(
        rows(&fixture),
        [
            "ada@example.com second t",
            "ada@example.com second t",
            "b@example.com t"
        ]
    );
}

#[tokio::test]
async fn a_code_of_ours_uses_the_deployed_services_up() {
    let (fixture, store, ada) = adopted().await;
    let digest = OneTimeCode::new([7; OneTimeCode::BYTES]).digest();
    let now = fixture.clock.now();
    let code = CodeRecord {
        digest,
        purpose: CodePurpose::VerifyEmail,
        user: ada.id,
        email: ada.email,
        created_at: now,
        expires_at: now + Duration::from_hours(1),
    };
    store.add_code(code).await.unwrap();
    redeem(&store, Proof::Digest(digest)).await.unwrap();
    assert_eq!(
        rows(&fixture),
        [
            "ada@example.com first t",
            "ada@example.com second t",
            "b@example.com t"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_the_deployed_service_uses_up_at_the_same_time_is_used_once() {
    let (fixture, store, ada) = adopted().await;
    let email = Email::from_stored("ada@example.com".to_owned());
    let code = AdoptedCode::new(ada.id, email, "second".to_owned());
    let peer = fixture.database.connection().open().unwrap();
    peer.execute(
        "BEGIN; UPDATE users_verifications SET used_at = '2026-01-02', otp = 'second'
         WHERE user_id = 'id-of-ada' AND email = 'ada@example.com'",
    );
    let ours = tokio::spawn(async move { redeem(&store, Proof::Adopted(code)).await });
    let waits = || {
        fixture.database.query(
            "SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
    };
    while waits().is_empty() && !ours.is_finished() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    peer.execute("COMMIT");
    let ours = ours.await.unwrap();
    assert!(matches!(ours, Err(StoreError::NotFound)), "{ours:?}");
    let untouched = fixture.database.query(
        "SELECT FROM users_verifications WHERE used_at = '2026-01-02' AND email = 'ada@example.com'",
    );
    assert_eq!(untouched.len(), 2);
}
