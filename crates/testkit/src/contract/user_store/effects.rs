//! What the store commits to the outbox together with rows.

use std::sync::Arc;

use users_domain::Error;
use users_domain::model::{CodePurpose, CodeRecord, Effect, EffectKind, Facts, Needs, Proof, User};
use users_domain::ports::{Decide, DecideWithCode, LeaseHolder, UserStore};

use super::UserStoreUnderTest;
use crate::contract::calls::at_once;
use crate::contract::material::{
    FAR_AHEAD, decide_with, decide_with_code, effect, effect_of, held_effect, hold_name,
    verification_of,
};
use crate::people::{grace, user};

const MAIL: EffectKind = EffectKind::Mail;

/// What a change of these promises leaves to do: an event, a mail that waits at most once, another
/// event.
fn effects(number: u64) -> Vec<Effect> {
    vec![
        effect("ada", number * 2),
        verification_of("ada"),
        effect("ada", number * 2 + 1),
    ]
}

/// In how many ways effects are committed.
const WAYS: u64 = 4;

/// Commits [`effects`] in one of the ways; the number says in which. The code is kept, too, where
/// it is needed.
async fn write(store: Arc<dyn UserStore>, code: CodeRecord, number: u64) {
    let sign = move |user: &mut User| user.updated_by = Some(number.to_string());
    match number % WAYS {
        0 => {
            let another = user(&format!("user{number}"));
            store.insert(another, effects(number)).await.unwrap();
        }
        1 => {
            let change = decide_with(effects(number), sign);
            store.update(&code.user, Needs::ROW, change).await.unwrap();
        }
        2 => {
            let nothing = decide_with(effects(number), |_| ());
            store.update(&code.user, Needs::ROW, nothing).await.unwrap();
        }
        _ => {
            store.add_code(code.clone()).await.unwrap();
            let change = decide_with_code(effects(number), sign);
            let proof = Proof::Digest(code.digest);
            store.redeem(&proof, code.purpose, change).await.unwrap();
        }
    }
}

impl UserStoreUnderTest {
    /// The call of [`write`]; those next to each other in the same way use codes of different
    /// purposes, which do not void each other.
    fn write(&self, ada: &User, number: u64) -> impl Future<Output = ()> + Send + use<> {
        let purpose = match number / WAYS % 2 {
            0 => CodePurpose::VerifyEmail,
            _ => CodePurpose::ResetSecret,
        };
        write(self.store.clone(), self.code(ada, purpose, number), number)
    }

    /// Carries out every mail.
    async fn send_mails(&self) {
        let suite = LeaseHolder::new("the suite".to_owned());
        let claim = self.outbox.claim(MAIL, &suite, 10_000).await.unwrap();
        let claim = claim.expect("nobody else holds the lease");
        for item in claim.items {
            self.outbox
                .done(MAIL, claim.fence, &[item.id])
                .await
                .unwrap();
        }
    }
}

pub async fn effects_of_every_kind_are_committed_with_the_row(subject: &UserStoreUnderTest) {
    let all = |number| EffectKind::ALL.map(|kind| effect_of(kind, "ada", number));
    let inserted = subject.store.insert(user("ada"), all(1).to_vec()).await;
    let ada = inserted.unwrap();
    let change = decide_with(all(2).to_vec(), |user| user.secret = None);
    subject.update(&ada, change).await.unwrap();
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    let change = decide_with_code(all(3).to_vec(), |user| user.username = None);
    subject.redeem(&code, change).await.unwrap();
    for kind in EffectKind::ALL {
        let expected = [1, 2, 3].map(|number| effect_of(kind, "ada", number));
        assert_eq!(subject.effects_of(kind).await, expected, "{kind:?}");
    }
}

pub async fn a_held_effect_is_held_from_its_commit_on(subject: &UserStoreUnderTest) {
    let relation = EffectKind::Relation;
    let held = |number| vec![held_effect("ada", number, FAR_AHEAD)];
    let inserted = subject.store.insert(user("ada"), held(0)).await;
    let ada = inserted.unwrap();
    let nothing = decide_with(held(1), |_| ());
    subject.update(&ada, nothing).await.unwrap();
    let change = decide_with(held(2), |user| user.secret = None);
    subject.update(&ada, change).await.unwrap();
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    let change = decide_with_code(held(3), |user| user.username = None);
    subject.redeem(&code, change).await.unwrap();
    assert!(subject.effects_of(relation).await.is_empty());
    assert_eq!(subject.outbox.depth(relation).await.unwrap().pending, 4);
    for number in 0..4 {
        let let_go = subject.outbox.let_go(relation, hold_name(number));
        let_go.await.unwrap();
    }
    let expected = [(); 4].map(|()| effect_of(relation, "ada", 0));
    assert_eq!(subject.effects_of(relation).await, expected);
}

pub async fn an_effect_that_waits_already_is_added_by_no_writer(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    subject.outbox.add(effects(0)).await.unwrap();
    for number in 1..=WAYS * 2 {
        subject.write(&ada, number).await;
        assert_eq!(subject.effects_of(MAIL).await, [verification_of("ada")]);
    }
    // The others are all there, in order.
    let events = (0..(WAYS * 2 + 1) * 2).map(|number| effect("ada", number));
    assert_eq!(subject.effects().await, events.collect::<Vec<_>>());
}

pub async fn an_effect_that_waits_no_more_is_added_by_every_writer(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for number in 0..WAYS * 2 {
        subject.write(&ada, number).await;
        assert_eq!(subject.effects_of(MAIL).await, [verification_of("ada")]);
        subject.send_mails().await;
        assert!(subject.effects_of(MAIL).await.is_empty());
    }
}

pub async fn a_refused_change_leaves_nothing_that_would_hold_back_others(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    subject.insert(grace()).await;
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 100).await;
    let same_names = User {
        id: user("other").id,
        ..ada.clone()
    };
    let refused = subject.store.insert(same_names, effects(0)).await;
    assert!(refused.is_err());
    let decide: Arc<Decide> = Arc::new(|_: &User, _: &Facts| Err(Error::Forbidden));
    assert!(subject.update(&ada, decide).await.is_err());
    let decide: Arc<DecideWithCode> = Arc::new(|_: &User, _: &CodeRecord| Err(Error::Forbidden));
    assert!(subject.redeem(&code, decide).await.is_err());
    let take = |user: &mut User| user.email = grace().email;
    let taken = decide_with(effects(1), take);
    assert!(subject.update(&ada, taken).await.is_err());
    let taken = decide_with_code(effects(2), take);
    assert!(subject.redeem(&code, taken).await.is_err());
    assert!(subject.effects_of(MAIL).await.is_empty());
    subject.write(&ada, 1).await;
    assert_eq!(subject.effects_of(MAIL).await, [verification_of("ada")]);
}

pub async fn of_many_writers_of_one_effect_at_once_one_adds(subject: &UserStoreUnderTest) {
    const WRITERS: u64 = WAYS * 2;
    const ROUNDS: u64 = 10;
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let numbers = round * WRITERS..(round + 1) * WRITERS;
        let calls = numbers.map(|number| subject.write(&ada, number));
        at_once(calls.collect::<Vec<_>>()).await;
        assert_eq!(subject.effects_of(MAIL).await, [verification_of("ada")]);
        subject.send_mails().await;
    }
    let all = ROUNDS * WRITERS * 2;
    assert_eq!(subject.effects().await.len() as u64, all);
}
