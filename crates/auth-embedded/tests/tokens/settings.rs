//! Opening: the key decides whose tokens verify, and nothing secret is printed.

use std::sync::Arc;

use users_auth_embedded::{EmbeddedAuth, EmbeddedAuthSettings};
use users_domain::ports::{PublishedKeys, TokenError, TokenVerifier};
use users_testkit::fakes::SeededEntropy;

use crate::fixture::Fixture;

fn opened_again(fixture: &Fixture) -> EmbeddedAuth {
    EmbeddedAuth::open(
        EmbeddedAuthSettings::new(fixture.key_path()),
        fixture.sessions.clone(),
        Arc::new(fixture.clock.clone()),
        Arc::new(SeededEntropy::new(2)),
    )
    .unwrap()
}

#[tokio::test]
async fn tokens_outlive_the_process_that_issued_them() {
    let fixture = Fixture::new();
    let pair = fixture.issue().await;
    let again = opened_again(&fixture);
    assert_eq!(again.key_set(), fixture.auth.key_set());
    assert!(again.verify(&pair.access).await.is_ok());
}

#[tokio::test]
async fn a_new_key_has_another_id_and_refuses_the_old_ones_tokens() {
    let fixture = Fixture::new();
    let pair = fixture.issue().await;
    std::fs::remove_file(fixture.key_path()).unwrap();
    let again = opened_again(&fixture);
    assert_ne!(again.key_set(), fixture.auth.key_set());
    assert_eq!(again.verify(&pair.access).await, Err(TokenError::Refused));
}

#[test]
fn nothing_secret_is_printed() {
    let fixture = Fixture::new();
    let printed = format!("{:?}", fixture.auth);
    let pem = std::fs::read_to_string(fixture.key_path()).unwrap();
    let private = pem.lines().nth(1).unwrap();
    assert!(!printed.contains(&private[20..]), "{printed}");
    assert!(printed.contains("access_ttl"), "{printed}");
}
