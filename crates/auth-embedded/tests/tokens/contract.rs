//! The contracts of the three ports.

use std::sync::Arc;

use serde_json::{Value, json};
use users_domain::model::{BearerToken, UserId};
use users_domain::ports::{Clock, PublishedKeys};
use users_testkit::contract::{Flaw, TokensUnderTest};

use crate::fixture::{ACCESS, Fixture, REFRESH};
use crate::forge::{claims, header, with};

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
        let mut tokens = genuine.forged(&kid, &claims, flaw);
        if flaw == Flaw::WrongClaim {
            // A refresh token of ours has a session and a generation.
            tokens.push(genuine.sign(header(&kid), with(&claims, "type", json!(1))));
        }
        tokens.into_iter().map(BearerToken::new).collect()
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
