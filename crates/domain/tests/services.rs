//! The services on fakes: every sentence of their documentation, and what must never be called.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use serde_json::Value;
use users_domain::Error;
use users_domain::error::Unauthenticated;
use users_domain::model::{
    BearerToken, Caller, CodePurpose, ConflictField, Effect, EffectKind, Email, MailRequest,
    OneTimeCode, PasswordPolicy, Proof, RequestContext, RequestId, TokenKind, TokenPair, User,
    UserEvent,
};
use users_domain::services::{Login, Progress};
use users_testkit::{Fakes, people};

mod services {
    mod access;
    mod administration;
    mod authority;
    mod credentials;
    mod directory;
    mod email_changes;
    mod ended_sessions;
    mod enumeration;
    mod events;
    mod first_administrator;
    mod mails;
    mod outdated_hashes;
    mod password_changes;
    mod profile_rights;
    mod profiles;
    mod purge;
    mod read_events;
    mod recovery;
    mod refreshing;
    mod registration;
    mod relations;
    mod relay;
    mod reset_requests;
    mod retrieving;
    mod searching;
    mod sessions;
    mod transfer;
    mod verification;
    mod viewing;
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
            effect => panic!("{effect:?}"),
        })
        .collect()
}

/// The mails that wait to be sent.
fn waiting_mails(fakes: &Fakes) -> Vec<MailRequest> {
    let effects = fakes.store.effects(EffectKind::Mail).into_iter();
    effects
        .map(|effect| match effect.unwrap() {
            Effect::Mail(request) => request,
            effect => panic!("{effect:?}"),
        })
        .collect()
}

/// Carries out what waits of a kind, as any replica may.
async fn deliver(fakes: &Fakes, kind: EffectKind) -> Progress {
    let relay = fakes.users().relay;
    let progress = relay.deliver_due(kind, 100).await.unwrap();
    relay.release(kind).await.unwrap();
    progress
}

/// Sends what waits to be sent, and takes the latest code of a purpose out of a mailbox.
async fn mailed_code(fakes: &Fakes, purpose: CodePurpose, address: &str) -> OneTimeCode {
    deliver(fakes, EffectKind::Mail).await;
    fakes.mailer.last_code(purpose, address).unwrap()
}

fn proof(code: &OneTimeCode) -> Proof {
    Proof::Digest(code.digest())
}

/// Somebody asks for the mail that proves his address.
async fn ask_for_verification(fakes: &Fakes, caller: &Caller) -> Result<(), Error> {
    let verification = fakes.users().verification;
    verification.send_verification(&context(), caller).await
}

/// Somebody asks for the mail that sets a new password.
async fn ask_for_reset(fakes: &Fakes, address: &str) -> Result<(), Error> {
    let address = Email::parse(address).unwrap();
    let recovery = fakes.users().recovery;
    recovery.send_password_reset(&context(), address).await
}

/// Somebody shows a code that proves an address.
async fn verify(fakes: &Fakes, code: &OneTimeCode) -> Result<User, Error> {
    let verification = fakes.users().verification;
    verification.verify_email(&context(), &proof(code)).await
}

/// Somebody shows a code that sets a new password.
async fn reset(fakes: &Fakes, code: &OneTimeCode, password: &str) -> Result<User, Error> {
    let password = PasswordPolicy::default().accept(password).unwrap();
    let recovery = fakes.users().recovery;
    recovery
        .reset_secret(&context(), &proof(code), &password)
        .await
}

/// A code that nobody was mailed.
fn made_up_code() -> OneTimeCode {
    OneTimeCode::new([7; OneTimeCode::BYTES])
}

/// The administrator `root`.
fn administrator() -> Caller {
    people::principal(people::an_admin("root"), TokenKind::Access)
}

/// Somebody whose account was loaded just now.
fn holder(fakes: &Fakes, name: &str) -> Caller {
    people::principal(stored(fakes, name), TokenKind::Access)
}

/// What an event says besides its envelope, which must be that of the first request.
fn assert_said(event: &UserEvent, operation: &str, key: &str, expected: &Value) {
    assert_eq!((event.operation(), event.key()), (operation, key));
    let mut members = match said(event) {
        Value::Object(members) => members,
        value => panic!("{value}"),
    };
    let mut envelope = |member| members.remove(member).unwrap();
    assert_eq!(envelope("operation"), operation);
    assert_eq!(envelope("event_id"), event.id().to_string());
    assert_eq!(envelope("request_id"), "request-1");
    assert!(envelope("occurred_at").as_i64() >= Some(1_767_225_600_000_000_000));
    assert_eq!(Value::Object(members), *expected);
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

fn assert_not_found<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::NotFound)), "{answer:?}");
}

fn assert_stale<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::Stale)), "{answer:?}");
}

fn assert_not_enabled<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::NotEnabled)), "{answer:?}");
}

fn assert_invalid_code<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::InvalidCode)), "{answer:?}");
}

fn assert_taken<T: std::fmt::Debug>(answer: &Result<T, Error>, which: ConflictField) {
    assert!(
        matches!(answer, Err(Error::Conflict { field }) if *field == which),
        "{answer:?}"
    );
}

fn assert_unverified<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::EmailNotVerified)), "{answer:?}");
}

/// The ids of the accounts that the platform is to be told were made, in order.
fn created(fakes: &Fakes) -> Vec<String> {
    let effects = fakes.store.effects(EffectKind::Event).into_iter();
    let events = effects.filter_map(|effect| match effect.unwrap() {
        Effect::Event(event) if event.operation() == "user.create" => Some(event.key().to_owned()),
        _ => None,
    });
    events.collect()
}
