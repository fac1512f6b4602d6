//! The services on fakes: every sentence of their documentation, and what must never be called.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use serde_json::Value;
use users_domain::Error;
use users_domain::error::Unauthenticated;
use users_domain::model::{
    BearerToken, Effect, EffectKind, RequestContext, RequestId, TokenPair, User, UserEvent,
};
use users_domain::services::Login;
use users_testkit::{Fakes, people};

mod services {
    mod access;
    mod credentials;
    mod directory;
    mod first_administrator;
    mod outdated_hashes;
    mod refreshing;
    mod registration;
    mod relay;
}

/// What accompanies every call in these tests.
fn context() -> RequestContext {
    RequestContext::new(RequestId::parse("request-1").unwrap())
}

/// How a person signs in.
fn login(name: &str) -> Login {
    people::login(name).unwrap()
}

/// How somebody signs in who types this.
fn typed(identity: &str, password: &str) -> Login {
    Login::parse(identity, password.to_owned(), "").unwrap()
}

/// A session of a person whose account is there.
async fn signed_in(fakes: &Fakes, name: &str) -> TokenPair {
    let credentials = fakes.users().credentials;
    credentials
        .issue_token(&context(), login(name))
        .await
        .unwrap()
}

/// Fakes in which these accounts are there.
fn fakes_with(accounts: impl IntoIterator<Item = User>) -> Fakes {
    let fakes = Fakes::new();
    for account in accounts {
        fakes.store.put(account);
    }
    fakes
}

/// The account as it is stored.
fn stored(fakes: &Fakes, name: &str) -> User {
    let mut users = fakes.store.users().into_iter();
    users.find(|user| user.id == people::id_of(name)).unwrap()
}

/// The events that wait to be published.
fn waiting(fakes: &Fakes) -> Vec<UserEvent> {
    let effects = fakes.store.effects(EffectKind::Event).into_iter();
    effects
        .map(|effect| match effect.unwrap() {
            Effect::Event(event) => event,
        })
        .collect()
}

/// What an event says.
fn said(event: &UserEvent) -> Value {
    serde_json::from_str(event.json()).unwrap()
}

fn token(text: &str) -> BearerToken {
    BearerToken::new(text.to_owned())
}

fn assert_unauthenticated<T: std::fmt::Debug>(answer: &Result<T, Error>, why: Unauthenticated) {
    assert!(
        matches!(answer, Err(Error::Unauthenticated(reason)) if *reason == why),
        "{answer:?}"
    );
}

fn assert_unavailable<T: std::fmt::Debug>(answer: &Result<T, Error>, which: &str) {
    assert!(
        matches!(answer, Err(Error::Unavailable { port }) if *port == which),
        "{answer:?}"
    );
}

fn assert_forbidden<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::Forbidden)), "{answer:?}");
}

fn assert_invalid<T: std::fmt::Debug>(answer: &Result<T, Error>, field: &str) {
    assert!(
        matches!(answer, Err(Error::Invalid(invalid)) if invalid.field == field),
        "{answer:?}"
    );
}
