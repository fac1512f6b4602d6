//! The contract of the port, with the embedded issuer for the platform's.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{BearerToken, UserId};
use users_domain::ports::Clock;
use users_testkit::contract::{Flaw, TokensUnderTest};
use users_testkit::fakes::FixedClock;

use crate::fixture::{Signer, keys, open};
use crate::forge::claims;
use crate::publisher::Publisher;

users_testkit::token_verifier_contract!(subject());

fn subject() -> TokensUnderTest {
    let clock = FixedClock::new();
    let signer = Arc::new(Signer::new(1, &clock));
    let publisher = Publisher::new(keys(&[&signer]));
    let (genuine, time) = (signer.clone(), clock.clone());
    let forge = move |flaw: Flaw, user: &UserId| {
        let claims = claims(user.as_str(), time.now().unix_timestamp());
        let tokens = genuine.forge.forged(genuine.kid(), &claims, flaw);
        tokens.into_iter().map(BearerToken::new).collect()
    };
    TokensUnderTest {
        issuer: signer.auth.clone(),
        verifier: open(&publisher, Duration::from_secs(10), &clock),
        keys: signer.auth.clone(),
        clock,
        sessions: signer.sessions.clone(),
        access_lifetime: Duration::from_hours(1),
        refresh_lifetime: Duration::from_hours(24),
        issues_ahead: true,
        forge: Box::new(forge),
        go_away: None,
        keep: Box::new(Arc::new(publisher)),
    }
}
