//! The contracts of the three ports.

use std::sync::Arc;

use serde_json::{Value, json};
use users_domain::model::{BearerToken, UserId};
use users_domain::ports::{Clock, PublishedKeys};
use users_testkit::contract::{Flaw, TokensUnderTest};

use crate::fixture::{ACCESS, Fixture, REFRESH};
use crate::forge::{Forge, claims, header, with};

users_testkit::token_issuer_contract!(subject());
users_testkit::token_verifier_contract!(subject());
users_testkit::published_keys_contract!(subject());

fn subject() -> TokensUnderTest {
    let fixture = Fixture::new();
    let outage = fixture.outage.clone();
    let (genuine, clock) = (fixture.forge(), fixture.clock.clone());
    let kid =
        serde_json::from_str::<Value>(&fixture.auth.key_set()).unwrap()["keys"][0]["kid"].clone();
    let forge = move |flaw: Flaw, user: &UserId| {
        let claims = claims(user.as_str(), clock.now().unix_timestamp());
        forged(&genuine, &kid, &claims, flaw)
            .into_iter()
            .map(BearerToken::new)
            .collect()
    };
    TokensUnderTest {
        issuer: fixture.auth.clone(),
        verifier: fixture.auth.clone(),
        keys: fixture.auth.clone(),
        clock: fixture.clock.clone(),
        sessions: fixture.sessions.clone(),
        access_lifetime: ACCESS,
        refresh_lifetime: REFRESH,
        issues_ahead: true,
        forge: Box::new(forge),
        go_away: Some(Box::new(move || outage.resume())),
        keep: Box::new(Arc::new(fixture)),
    }
}

fn forged(genuine: &Forge, kid: &Value, claims: &Value, flaw: Flaw) -> Vec<String> {
    let header = header(kid);
    let sign = |claims: Value| genuine.sign(&header, claims);
    match flaw {
        Flaw::None => vec![sign(claims.clone())],
        Flaw::AnotherKey => vec![Forge::with_another_key().sign(&header, claims)],
        Flaw::AnotherAlgorithm => {
            let mut tokens = genuine.with_public_key_as_secret(kid, claims);
            for algorithm in ["none", "None", "NONE", "ES256", "HS256", "RS256", ""] {
                let header = with(&header, "alg", json!(algorithm));
                let signed = genuine.sign(&header, claims);
                let unsigned = signed.rsplit_once('.').unwrap().0;
                tokens.push(format!("{unsigned}."));
                tokens.push(signed);
            }
            tokens
        }
        Flaw::AnotherIssuer => [
            "",
            "other",
            "magistrala",
            "magistrala.auth ",
            "Magistrala.Auth",
        ]
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
            ("type", json!(6)),
            ("type", json!(256)),
            ("type", json!("0")),
            ("type", json!(1.5)),
            ("verified", json!("true")),
            ("verified", json!(1)),
            ("jti", json!(1)),
            ("nbf", json!("0")),
            // A refresh token has a session and a generation.
            ("type", json!(1)),
        ]
        .map(|(claim, value)| sign(with(claims, claim, value)))
        .to_vec(),
    }
}
