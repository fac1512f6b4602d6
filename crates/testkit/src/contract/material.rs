//! What the suites put into stores, and how they look at what came of it.

use std::sync::Arc;

use time::macros::datetime;
use users_domain::model::{
    Change, ConflictField, Effect, EffectKind, EventBuilder, EventOperation, Facts, RequestContext,
    Timestamp, User, UserEvent,
};
use users_domain::ports::{Decide, LeaseHolder, Outbox, StoreError};
use uuid::Uuid;

/// When everything in a suite happened that has to have happened at some time.
pub(super) const LONG_AGO: Timestamp = datetime!(2020-02-02 02:02:02.000002 UTC);

/// An event of a key, such as the suites add and publish. The number makes its id.
pub fn event(key: &str, number: u64) -> UserEvent {
    EventBuilder::new(
        Uuid::from_u128(u128::from(number) + 1),
        EventOperation::Create,
        key,
        LONG_AGO,
        &RequestContext::default(),
    )
    .text("id", key)
    .build()
}

/// An effect of a kind. A kind that is added to the domain gets its arm here, and takes part in
/// every promise of the outbox.
pub(super) fn effect_of(kind: EffectKind, key: &str, number: u64) -> Effect {
    match kind {
        EffectKind::Event => Effect::Event(event(key, number)),
    }
}

/// An effect of any kind.
pub(super) fn effect(key: &str, number: u64) -> Effect {
    effect_of(EffectKind::Event, key, number)
}

/// Everything of [`effect`]'s kind that is to be carried out, in order. The suite keeps the lease.
pub(super) async fn pending(outbox: &Arc<dyn Outbox>) -> Vec<Effect> {
    let suite = LeaseHolder::new("the suite".to_owned());
    let claim = outbox
        .claim(EffectKind::Event, &suite, 10_000)
        .await
        .unwrap()
        .expect("nobody else holds the lease");
    claim
        .items
        .into_iter()
        .map(|item| item.effect.unwrap())
        .collect()
}

/// The decision to change the row, without effects.
pub(super) fn decide(change: impl Fn(&mut User) + Send + Sync + 'static) -> Arc<Decide> {
    decide_with(Vec::new(), change)
}

/// The decision to change the row, with effects.
pub(super) fn decide_with(
    effects: Vec<Effect>,
    change: impl Fn(&mut User) + Send + Sync + 'static,
) -> Arc<Decide> {
    Arc::new(move |user: &User, _: &Facts| {
        let mut user = user.clone();
        change(&mut user);
        let effects = effects.clone();
        Ok(Change { user, effects })
    })
}

/// The answer must be that this field is taken.
pub(super) fn assert_taken<T: std::fmt::Debug>(
    answer: &Result<T, StoreError>,
    field: ConflictField,
) {
    assert!(
        matches!(answer, Err(StoreError::Conflict(taken)) if *taken == field),
        "{field:?} is taken, but: {answer:?}"
    );
}

/// The answer must be that the store is away.
pub(super) fn assert_away<T: std::fmt::Debug>(answer: &Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
}
