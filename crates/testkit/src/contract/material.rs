//! What the suites put into stores, and how they look at what came of it.

use std::sync::Arc;
use std::time::Duration;

use time::macros::datetime;
use users_domain::model::{
    Change, CodeRecord, ConflictField, Effect, EffectKind, Email, EventBuilder, EventOperation,
    Facts, Hold, MailRequest, Notice, RequestContext, Timestamp, User, UserEvent, UserId,
};
use users_domain::ports::{Decide, DecidePurge, DecideWithCode, LeaseHolder, Outbox, StoreError};
use uuid::Uuid;

/// When everything in a suite happened that has to have happened at some time.
pub(super) const LONG_AGO: Timestamp = datetime!(2020-02-02 02:02:02.000002 UTC);

/// A moment that comes on no store's clock while a suite runs.
pub(super) const FAR_AHEAD: Timestamp = datetime!(9000-01-01 00:00:00.000009 UTC);

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

/// An effect of a kind, which may stand in an outbox any number of times. A kind that is added to
/// the domain gets its arm here, and takes part in every promise of the outbox.
pub(super) fn effect_of(kind: EffectKind, key: &str, number: u64) -> Effect {
    let user = UserId::from_stored(key.to_owned());
    match kind {
        EffectKind::Event => Effect::Event(event(key, number)),
        EffectKind::Mail => Effect::Mail(MailRequest::Notice {
            user,
            notice: Notice::EmailChanged,
            address: Some(Email::from_stored(format!("{number}@example.com"))),
        }),
        EffectKind::EndSessions => Effect::EndSessions { user },
        EffectKind::Relation => Effect::Relation { user, hold: None },
        // Of another deletion each.
        EffectKind::Purge => Effect::Purge {
            user,
            deleted_at: LONG_AGO + Duration::from_micros(number),
        },
    }
}

/// An effect that whoever commits it holds, under the name of this number.
pub(super) fn held_effect(key: &str, number: u64, until: Timestamp) -> Effect {
    Effect::Relation {
        user: UserId::from_stored(key.to_owned()),
        hold: Some(Hold {
            name: hold_name(number),
            until,
        }),
    }
}

/// The name of a hold.
pub(super) fn hold_name(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

/// An effect that waits at most once for each account and address.
pub(super) fn verification_of(key: &str) -> Effect {
    Effect::Mail(MailRequest::Verification {
        user: UserId::from_stored(key.to_owned()),
        address: Email::from_stored(format!("{key}@example.com")),
    })
}

/// An effect of any kind.
pub(super) fn effect(key: &str, number: u64) -> Effect {
    effect_of(EffectKind::Event, key, number)
}

/// Everything of a kind that is to be carried out, in order. The suite keeps the lease.
pub(super) async fn pending(outbox: &Arc<dyn Outbox>, kind: EffectKind) -> Vec<Effect> {
    let suite = LeaseHolder::new("the suite".to_owned());
    let claim = outbox
        .claim(kind, &suite, 10_000)
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

/// The decision to change the row that a code opens, with effects.
pub(super) fn decide_with_code(
    effects: Vec<Effect>,
    change: impl Fn(&mut User) + Send + Sync + 'static,
) -> Arc<DecideWithCode> {
    Arc::new(move |user: &User, _: &CodeRecord| {
        let mut user = user.clone();
        change(&mut user);
        let effects = effects.clone();
        Ok(Change { user, effects })
    })
}

/// The decision that a row goes for good, with effects.
pub(super) fn decide_purge(effects: Vec<Effect>) -> Arc<DecidePurge> {
    Arc::new(move |_: &User| Ok(effects.clone()))
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

/// The answer must be that there is no such thing.
pub(super) fn assert_not_found<T: std::fmt::Debug>(answer: &Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
}

/// The answer must be that the store is away.
pub(super) fn assert_away<T: std::fmt::Debug>(answer: &Result<T, StoreError>) {
    assert!(matches!(answer, Err(StoreError::Unavailable)), "{answer:?}");
}
