//! The contracts of the ports, against the platform's services over the wire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use users_auth_grpc::DomainsGrpc;
use users_domain::model::{BearerToken, UserId};
use users_domain::ports::{Clock as _, PublishedKeys};
use users_proto::domains::v1::DeleteUserReq;
use users_test_platform::{AuthOptions, AuthServer, DomainsServer, Listen};
use users_testkit::contract::{
    DomainsUnderTest, Flaw, PlatformAuthorityUnderTest, TokensUnderTest,
};
use users_testkit::fakes::SeededEntropy;

use crate::fixture::{AMPLE, Fixture, claims, settings, with};

users_testkit::token_issuer_contract!(tokens());
users_testkit::token_verifier_contract!(tokens());
users_testkit::platform_authority_contract!(authority());
users_testkit::domains_contract!(domains());

/// `DeleteUserRes`: field 1, a varint, 1.
const DELETED: [u8; 2] = [0x08, 0x01];

const ACCESS: Duration = Duration::from_hours(1);
const REFRESH: Duration = Duration::from_hours(24);

/// The keys as the service gives them.
struct Keys(AuthServer);

impl PublishedKeys for Keys {
    fn key_set(&self) -> String {
        self.0.key_set()
    }
}

fn tokens() -> TokensUnderTest {
    let fixture = Fixture::with(AMPLE, |options| {
        (options.access_ttl, options.refresh_ttl) = (ACCESS, REFRESH);
    });
    let (genuine, clock) = (fixture.server.clone(), fixture.clock.clone());
    let going = fixture.server.clone();
    let forge = move |flaw: Flaw, user: &UserId| {
        let claims = claims(clock.now().unix_timestamp());
        let claims = with(&claims, "sub", json!(user.as_str()));
        forged(&genuine, &claims, flaw)
            .into_iter()
            .map(BearerToken::new)
            .collect()
    };
    TokensUnderTest {
        issuer: fixture.auth.clone(),
        verifier: fixture.auth.clone(),
        keys: Arc::new(Keys(fixture.server.clone())),
        clock: fixture.clock.clone(),
        sessions: fixture.sessions.clone(),
        access_lifetime: ACCESS,
        refresh_lifetime: REFRESH,
        issues_ahead: false,
        forge: Box::new(forge),
        go_away: Some(Box::new(move || going.go_away())),
        keep: Box::new(fixture.server),
    }
}

fn forged(genuine: &AuthServer, claims: &Value, flaw: Flaw) -> Vec<String> {
    let sign = |claims: Value| genuine.sign(&claims.to_string());
    match flaw {
        Flaw::None => vec![sign(claims.clone())],
        Flaw::AnotherKey => {
            let stranger = AuthServer::start(AuthOptions::default()).unwrap();
            vec![stranger.sign(&claims.to_string())]
        }
        Flaw::AnotherAlgorithm => {
            let mut tokens = with_public_key_as_secret(genuine, claims);
            for algorithm in ["none", "None", "NONE", "ES256", "RS256", ""] {
                let header = json!({ "alg": algorithm, "kid": genuine.key_id(), "typ": "JWT" });
                let signed = genuine.sign_as(&header.to_string(), &claims.to_string());
                let unsigned = signed.rsplit_once('.').unwrap().0;
                tokens.push(format!("{unsigned}."));
                tokens.push(signed);
            }
            tokens
        }
        Flaw::AnotherIssuer => ["", "other", "magistrala.auth ", "Magistrala.Auth"]
            .map(|issuer| sign(with(claims, "iss", json!(issuer))))
            .to_vec(),
        Flaw::NoEnd => vec![
            sign(with(claims, "exp", None)),
            sign(with(claims, "exp", Value::Null)),
        ],
        Flaw::MissingClaim => ["iat", "iss", "role", "sub", "type", "verified"]
            .map(|claim| sign(with(claims, claim, None)))
            .to_vec(),
        Flaw::WrongClaim => [
            ("exp", json!("1999999999")),
            ("exp", json!(true)),
            ("exp", json!(1e300)),
            ("exp", json!([1_999_999_999])),
            ("iat", json!("0")),
            ("iat", Value::Null),
            ("iss", json!(["magistrala.auth"])),
            ("iss", json!(1)),
            ("role", json!(0)),
            ("role", json!(3)),
            ("role", json!(-1)),
            ("role", json!("1")),
            ("role", json!(1.5)),
            ("sub", json!("")),
            ("sub", json!(1)),
            ("sub", Value::Null),
            ("type", json!(3)),
            ("type", json!(4)),
            ("type", json!(6)),
            ("type", json!(256)),
            ("type", json!("0")),
            ("type", json!(1.5)),
            ("verified", json!("true")),
            ("verified", json!(1)),
            ("jti", json!(1)),
            ("nbf", json!("0")),
            // A refresh token has a session.
            ("type", json!(1)),
        ]
        .map(|(claim, value)| sign(with(claims, claim, value)))
        .to_vec(),
    }
}

/// What a verifier believes that asks the token for its algorithm.
fn with_public_key_as_secret(genuine: &AuthServer, claims: &Value) -> Vec<String> {
    let set: Value = serde_json::from_str(&genuine.key_set()).unwrap();
    let public = set["keys"][0]["x"].as_str().unwrap();
    let header = json!({ "alg": "HS256", "kid": genuine.key_id(), "typ": "JWT" });
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let secrets = [public.as_bytes(), &URL_SAFE_NO_PAD.decode(public).unwrap()];
    let forged = secrets.map(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    });
    forged.to_vec()
}

fn authority() -> PlatformAuthorityUnderTest {
    let fixture = Fixture::start();
    let (appointing, dismissing) = (fixture.server.clone(), fixture.server.clone());
    let (going, coming) = (fixture.server.clone(), fixture.server.clone());
    PlatformAuthorityUnderTest {
        authority: fixture.auth.clone(),
        appoint: Box::new(move |user| appointing.set_administrator(user, true)),
        dismiss: Box::new(move |user| dismissing.set_administrator(user, false)),
        unholdable: vec![UserId::from_stored(String::new())],
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        keep: Box::new(fixture.server),
    }
}

fn domains() -> DomainsUnderTest {
    let server = DomainsServer::start(&Listen::default()).unwrap();
    let settings = settings(server.host_and_port(), AMPLE);
    let entropy = Arc::new(SeededEntropy::new(7));
    let domains = DomainsGrpc::open(&settings, Handle::current(), entropy).unwrap();
    // The stand-in keeps no domains: what it said was done counts.
    let members: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
    let leaving = members.clone();
    server.on_answer(move |call| {
        let answer = call.answer.as_ref().unwrap();
        if answer.status == 0 && answer.message == DELETED {
            let user = call.decode::<DeleteUserReq>().id;
            leaving.lock().unwrap().remove(&user);
        }
    });
    let (joining, seen) = (members.clone(), members);
    let (holding, going, coming) = (server.clone(), server.clone(), server.clone());
    DomainsUnderTest {
        domains: Arc::new(domains),
        join: Box::new(move |user| {
            let mut members = joining.lock().unwrap();
            *members.entry(user.as_str().to_owned()).or_default() += 1;
        }),
        memberships: Box::new(move |user| {
            let members = seen.lock().unwrap();
            members.get(user.as_str()).copied().unwrap_or_default()
        }),
        unholdable: vec![UserId::from_stored(String::new())],
        hold: Some(Box::new(move || holding.set_deleted(false))),
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        keep: Box::new(server),
    }
}
