//! What the verifier makes of odd tokens that are signed with the right key, and of any text.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use users_domain::model::{BearerToken, TokenKind};
use users_domain::ports::{Clock, PublishedKeys, TokenError};

use crate::fixture::{Fixture, ada};
use crate::forge::{Forge, claims, header, with};

/// A fixture, a forge with its key, and header and claims that have nothing wrong with them.
fn odd() -> (Fixture, Forge, Value, Value) {
    let fixture = Fixture::new();
    let forge = fixture.forge();
    let set: Value = serde_json::from_str(&fixture.auth.key_set()).unwrap();
    let header = header(&set["keys"][0]["kid"]);
    let now = fixture.clock.now().unix_timestamp();
    (fixture, forge, header, claims(ada().as_str(), now))
}

async fn accepts(fixture: &Fixture, token: String) -> bool {
    fixture.verify(&BearerToken::new(token)).await.is_ok()
}

#[tokio::test]
async fn a_token_must_name_the_key_that_it_is_signed_with() {
    let (fixture, forge, header, claims) = odd();
    for kid in [None, Some(json!("active")), Some(json!("")), Some(json!(1))] {
        let token = forge.sign(with(&header, "kid", kid.clone()), &claims);
        fixture.assert_refused(&token, &format!("{kid:?}")).await;
    }
}

#[tokio::test]
async fn a_token_that_asks_for_an_extension_is_refused() {
    let (fixture, forge, header, claims) = odd();
    let token = forge.sign(with(&header, "crit", json!(["b64"])), &claims);
    fixture.assert_refused(&token, "RFC 7515, 4.1.11").await;
}

#[tokio::test]
async fn what_others_may_leave_out_or_add_does_not_matter() {
    let (fixture, forge, header, claims) = odd();
    assert!(accepts(&fixture, forge.sign(with(&header, "typ", None), &claims)).await);
    for (member, value) in [
        ("aud", json!("x")),
        ("nonce", json!([1])),
        ("jti", json!("x")),
    ] {
        let token = forge.sign(&header, with(&claims, member, value));
        assert!(accepts(&fixture, token).await, "{member}");
    }
}

#[tokio::test]
async fn every_kind_of_token_is_told_apart() {
    let (fixture, forge, header, claims) = odd();
    let claims = with(&with(&claims, "jti", json!("session")), "gen", json!(0));
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let token = forge.sign(&header, with(&claims, "type", json!(kind.as_u8())));
        let verified = fixture.verify(&BearerToken::new(token)).await.unwrap();
        assert_eq!(verified.kind, kind);
    }
    for number in 2..=6 {
        let token = forge.sign(&header, with(&claims, "type", json!(number)));
        fixture
            .assert_refused(&token, "kinds that are not issued here")
            .await;
    }
}

#[tokio::test]
async fn a_duplicate_claim_is_refused() {
    let (fixture, forge, header, claims) = odd();
    let claims = claims.to_string().replacen('{', r#"{"sub":"somebody","#, 1);
    let token = forge.sign(&header, claims);
    fixture
        .assert_refused(&token, "which of them counts?")
        .await;
}

#[tokio::test]
async fn an_end_with_a_fraction_is_exact() {
    let (fixture, forge, header, claims) = odd();
    let now = fixture.clock.now();
    #[expect(clippy::cast_precision_loss, reason = "seconds fit into 52 bits")]
    let end = now.unix_timestamp() as f64 + 10.5;
    let token = forge.sign(&header, with(&claims, "exp", json!(end)));
    fixture.clock.set(now + Duration::from_millis(10_499));
    assert!(accepts(&fixture, token.clone()).await);
    fixture.clock.set(now + Duration::from_millis(10_500));
    assert!(!accepts(&fixture, token).await);
}

#[tokio::test]
async fn a_token_from_the_future_is_refused_until_its_time_has_come() {
    let (fixture, forge, header, claims) = odd();
    let now = fixture.clock.now();
    for (claim, ahead) in [("iat", 1), ("iat", 60), ("nbf", 1), ("nbf", 60)] {
        fixture.clock.set(now);
        let time = json!(now.unix_timestamp() + ahead);
        let token = forge.sign(&header, with(&claims, claim, time));
        assert!(!accepts(&fixture, token.clone()).await, "{claim} {ahead}");
        fixture.clock.set(now + time::Duration::seconds(ahead));
        assert!(accepts(&fixture, token).await, "{claim} {ahead}");
    }
}

#[tokio::test]
async fn our_own_token_of_the_next_second_verifies_and_others_of_later_ones_do_not() {
    let (fixture, forge, header, claims) = odd();
    let next = fixture.clock.now().unix_timestamp() + 1;
    let pair = fixture.issue_not_before(Some(next)).await;
    let verified = fixture.verify(&pair.access).await.unwrap();
    assert_eq!(verified.issued_at, Some(next));
    let later = forge.sign(&header, with(&claims, "iat", json!(next + 1)));
    fixture
        .assert_refused(&later, "beyond what was issued")
        .await;
}

#[tokio::test]
async fn a_text_longer_than_any_token_is_refused_though_genuine() {
    let (fixture, forge, header, claims) = odd();
    let padded = |bytes: usize| forge.sign(&header, with(&claims, "x", json!("x".repeat(bytes))));
    assert!(accepts(&fixture, padded(4_000)).await);
    fixture.assert_refused(&padded(8_000), "over 8 KiB").await;
}

#[tokio::test]
async fn deep_nesting_does_no_harm() {
    let (fixture, forge, header, claims) = odd();
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let with_deep = |object: &Value, member: &str| {
        let object = with(object, member, None).to_string();
        object.replacen('{', &format!("{{\"{member}\":{deep},"), 1)
    };
    let in_header = forge.sign(with_deep(&header, "x"), &claims);
    fixture.assert_refused(&in_header, "in the header").await;
    let in_claim = forge.sign(&header, with_deep(&claims, "exp"));
    fixture.assert_refused(&in_claim, "in a claim").await;
    let unread = forge.sign(&header, with_deep(&claims, "x"));
    assert!(accepts(&fixture, unread).await, "nobody looks into it");
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(
        texts in prop::collection::vec(
            prop_oneof![
                any::<String>(),
                "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,90}){0,4}",
                "\\PC{0,20}\\.\\PC{0,20}\\.\\PC{0,20}",
            ],
            1..20,
        ),
    ) {
        let fixture = Fixture::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for text in texts {
            let verified = runtime.block_on(fixture.verify(&BearerToken::new(text)));
            prop_assert_eq!(verified, Err(TokenError::Refused));
        }
    }

    #[test]
    fn any_json_signed_with_our_key_is_read_without_a_panic(
        header in "\\{\"alg\":\"EdDSA\"(,\"[a-z]{0,4}\":[0-9\"a-z\\[\\]]{0,6}){0,3}\\}",
        claims in "\\{(\"(exp|iat|iss|sub|type|role|gen)\":[-0-9.eE\"a-z]{0,12},?){0,8}\\}",
    ) {
        let fixture = Fixture::new();
        let token = BearerToken::new(fixture.forge().sign(header, claims));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let verified = runtime.block_on(fixture.verify(&token));
        prop_assert_eq!(verified, Err(TokenError::Refused));
    }
}
