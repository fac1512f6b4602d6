//! The tokens byte for byte: others read them too.

use serde_json::Value;
use time::macros::datetime;
use users_domain::ports::PublishedKeys;

use crate::fixture::{Fixture, part};

fn kid(fixture: &Fixture) -> String {
    let set: Value = serde_json::from_str(&fixture.auth.key_set()).unwrap();
    set["keys"][0]["kid"].as_str().unwrap().to_owned()
}

fn session(token: &str) -> String {
    let claims: Value = serde_json::from_str(&part(token, 1)).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_token_has_the_header_of_the_key() {
    let fixture = Fixture::new();
    let pair = fixture.issue().await;
    let expected = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"JWT"}}"#, kid(&fixture));
    for token in [pair.access, pair.refresh] {
        assert_eq!(part(token.expose(), 0), expected);
    }
}

#[tokio::test]
async fn the_tokens_of_a_login_say_this() {
    let fixture = Fixture::new();
    fixture.clock.set(datetime!(2026-02-03 04:05:06.7 UTC));
    let pair = fixture.issue().await;
    assert_eq!(
        part(pair.access.expose(), 1),
        r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","role":1,"sub":"id-of-ada","type":0,"verified":true}"#
    );
    let session = session(pair.refresh.expose());
    assert_eq!(session.as_bytes()[14], b'4', "a UUIDv4: {session}");
    assert_eq!(
        part(pair.refresh.expose(), 1),
        format!(
            r#"{{"exp":1770177906,"gen":0,"iat":1770091506,"iss":"magistrala.auth","jti":"{session}","role":1,"sub":"id-of-ada","type":1,"verified":true}}"#
        )
    );
}

#[tokio::test]
async fn the_tokens_of_a_refresh_name_the_session_and_keep_its_end() {
    let fixture = Fixture::new();
    fixture.clock.set(datetime!(2026-02-03 04:05:06.7 UTC));
    let first = fixture.issue().await;
    let session = session(first.refresh.expose());
    fixture.clock.set(datetime!(2026-02-03 05:05:06 UTC));
    let next = fixture.refresh(&first.refresh).await.unwrap();
    assert_eq!(
        part(next.access.expose(), 1),
        format!(
            r#"{{"exp":1770098706,"iat":1770095106,"iss":"magistrala.auth","jti":"{session}","role":1,"sub":"id-of-ada","type":0,"verified":true}}"#
        )
    );
    assert_eq!(
        part(next.refresh.expose(), 1),
        format!(
            r#"{{"exp":1770177906,"gen":1,"iat":1770095106,"iss":"magistrala.auth","jti":"{session}","role":1,"sub":"id-of-ada","type":1,"verified":true}}"#
        )
    );
}
