//! Keys: the set, as it lies there, and rotation.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tonic::Code;
use users_domain::ports::Clock;
use users_proto::auth::v1::AuthNReq;
use users_test_platform::{AuthServer, Fault, KeyPlan};

use crate::fixture::{ADA, Fixture};

/// A part of a token as text, without any check.
pub(crate) fn part(token: &str, number: usize) -> String {
    let part = token.split('.').nth(number).unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Head and body of the answer to one request.
fn answer(auth: &AuthServer, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(auth.keys.address()).unwrap();
    let request = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

fn get(auth: &AuthServer) -> (String, String) {
    answer(auth, "GET /keys/.well-known/jwks.json")
}

fn ids(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap();
    let keys = document["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

async fn is_accepted(fixture: &Fixture, token: &str) -> bool {
    let request = AuthNReq {
        token: token.to_owned(),
    };
    let answer = fixture.rights().authenticate(request).await;
    match answer {
        Ok(_) => true,
        Err(status) => {
            assert_eq!(status.code(), Code::Unauthenticated);
            false
        }
    }
}

fn token(fixture: &Fixture) -> String {
    let now = fixture.clock.now().unix_timestamp();
    let claims = json!({
        "exp": now + 60, "iat": now, "iss": "magistrala.auth",
        "role": 1, "sub": ADA, "type": 0, "verified": true,
    });
    fixture.platform.auth.sign(&claims.to_string())
}

#[test]
fn the_set_lies_there_with_the_headers_of_the_deployed_one() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let (head, body) = get(auth);
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    for header in [
        "content-type: application/json",
        "cache-control: public, max-age=900, stale-while-revalidate=60",
        &format!("content-length: {}", body.len()),
    ] {
        assert!(head.contains(header), "{head}");
    }
    assert_eq!(body, auth.key_set() + "\n");
    let x = body
        .split(r#""x":""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(x).unwrap().len(), 32);
    assert_eq!(
        body,
        format!(
            "{{\"keys\":[{{\"kid\":\"active\",\"kty\":\"OKP\",\"alg\":\"EdDSA\",\"use\":\"sig\",\"crv\":\"Ed25519\",\"x\":\"{x}\"}}]}}\n"
        )
    );
    assert_eq!(auth.keys.calls_of("jwks.json").len(), 1);
}

#[test]
fn other_requests_get_no_keys() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let (head, body) = answer(auth, "GET /keys");
    assert!(head.starts_with("http/1.1 404"), "{head}");
    assert_eq!(body, "");
    let (head, _) = answer(auth, "DELETE /keys/.well-known/jwks.json");
    assert!(head.starts_with("http/1.1 405"), "{head}");
}

#[test]
fn any_body_can_stand_in_the_place_of_the_keys() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    auth.keys
        .set_fault(Fault::Answer(b"{\"keys\":null}".to_vec()));
    assert_eq!(get(auth).1, "{\"keys\":null}");
    auth.keys.set_fault(Fault::Http(503));
    assert!(get(auth).0.starts_with("http/1.1 503"));
    auth.keys.clear_faults();
    assert_eq!(get(auth).1, auth.key_set() + "\n");
}

#[tokio::test]
async fn a_rotated_key_verifies_until_it_is_retired() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let old = token(&fixture);
    auth.rotate(KeyPlan::NewName);
    let new = token(&fixture);
    assert_eq!(ids(&auth.key_set()), ["active-2", "active"]);
    assert_eq!(auth.key_id(), "active-2");
    assert!(is_accepted(&fixture, &old).await);
    assert!(is_accepted(&fixture, &new).await);
    auth.retire();
    assert_eq!(ids(&auth.key_set()), ["active-2"]);
    assert!(!is_accepted(&fixture, &old).await);
    assert!(is_accepted(&fixture, &new).await);
}

#[tokio::test]
async fn a_key_that_takes_over_the_name_ends_the_tokens_of_the_old_one() {
    let fixture = Fixture::new();
    let auth = &fixture.platform.auth;
    let old = token(&fixture);
    auth.rotate(KeyPlan::SameName);
    assert_eq!(ids(&auth.key_set()), ["active", "retiring"]);
    assert!(!is_accepted(&fixture, &old).await);
    assert!(is_accepted(&fixture, &token(&fixture)).await);
}
