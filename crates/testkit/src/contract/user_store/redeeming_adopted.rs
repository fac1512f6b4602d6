//! What adopted codes allow: once, together with their use, whoever else is at it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use users_domain::Error;
use users_domain::model::{CodePurpose, CodeRecord, Email, Proof, User};
use users_domain::ports::{Clock, DecideWithCode, StoreError, UserStore};

use super::UserStoreUnderTest;
use super::adopted_codes::{LIFETIME, PURPOSE, STEP};
use super::redeeming::{refuse, sign};
use crate::contract::calls::{POLLS, at_once, dropped_after};
use crate::contract::material::{assert_not_found, decide, decide_with_code, effect};
use crate::people::{grace, user};

/// How often a race is run.
const ROUNDS: u64 = 20;
/// How many take part in a race.
const CALLERS: u64 = 6;

fn email(text: &str) -> Email {
    Email::from_stored(text.to_owned())
}

pub async fn an_adopted_code_works_once(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let proof = subject.adopt(put, &ada, 1);
    let change = decide_with_code(vec![effect("ada", 1), effect("ada", 2)], |user| {
        user.updated_by = Some("me".to_owned());
    });
    let written = subject.redeem_adopted(&proof, change).await.unwrap();
    let expected = User {
        updated_by: Some("me".to_owned()),
        version: ada.version + 1,
        ..ada
    };
    assert_eq!(written, expected);
    for _ in 0..3 {
        subject.assert_opens_nothing(&proof, PURPOSE).await;
    }
    assert_eq!(subject.get(&expected.id).await, expected);
    assert_eq!(
        subject.effects().await,
        [effect("ada", 1), effect("ada", 2)]
    );
}

pub async fn an_expired_adopted_code_is_for_the_decision_to_judge(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let proof = subject.adopt(put, &ada, 1);
    let expires_at = subject.clock.now() + LIFETIME;
    for pause in [LIFETIME, STEP, Duration::from_hours(24 * 365)] {
        subject.clock.advance(pause);
        let found = subject.find_adopted(&proof).await.unwrap();
        assert_eq!(found.expires_at, expires_at);
    }
    let (asked, decide) = refuse();
    let answer = subject.redeem_adopted(&proof, decide).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert!(asked.load(Ordering::Relaxed) > 0);
    subject.redeem_adopted(&proof, sign("me")).await.unwrap();
}

pub async fn a_refused_redemption_leaves_the_adopted_code_good(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    subject.insert(grace()).await;
    let proof = subject.adopt(put, &ada, 1);
    for _ in 0..3 {
        let answer = subject.redeem_adopted(&proof, refuse().1).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
        // As is one that breaks a rule of the store's.
        let change = decide_with_code(vec![effect("ada", 1)], |user| {
            user.email = email("GRACE@example.com");
        });
        let answer = subject.redeem_adopted(&proof, change).await;
        assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
        assert!(subject.find_adopted(&proof).await.is_some());
    }
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.effects().await.is_empty());
    subject.redeem_adopted(&proof, sign("me")).await.unwrap();
}

pub async fn a_redeemed_code_voids_adopted_ones_and_an_adopted_one_voids_ours(
    subject: &UserStoreUnderTest,
) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let grace = subject.insert(grace()).await;
    let hers = subject.adopt(put, &grace, 90);
    let her_own = subject.keep(&grace, PURPOSE, 90).await;
    for (number, by_ours) in (1..).zip([true, false]) {
        let account = subject.insert(user(&format!("user{number}"))).await;
        let elsewhere = User {
            email: email(&format!("user{number}@example.org")),
            ..account.clone()
        };
        let adopted = [
            subject.adopt(put, &account, number),
            subject.adopt(put, &elsewhere, number),
        ];
        let ours = subject.keep(&account, PURPOSE, number).await;
        let reset = subject
            .keep(&account, CodePurpose::ResetSecret, number + 50)
            .await;
        if by_ours {
            subject.use_up(&ours).await;
        } else {
            let answer = subject.redeem_adopted(&adopted[0], sign("me")).await;
            answer.unwrap();
        }
        for proof in &adopted {
            subject.assert_opens_nothing(proof, PURPOSE).await;
        }
        assert!(!subject.is_good(&ours).await);
        // A code of another purpose is not voided, and voids none of these.
        assert!(subject.is_good(&reset).await);
        subject.clock.advance(STEP);
        let newest = subject.adopt(put, &account, number + 60);
        subject.use_up(&reset).await;
        assert!(subject.find_adopted(&newest).await.is_some());
    }
    assert!(subject.find_adopted(&hers).await.is_some());
    assert!(subject.is_good(&her_own).await);
}

pub async fn a_changed_address_leaves_adopted_codes_to_the_decision(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let proof = subject.adopt(put, &ada, 1);
    let change = decide(|user| user.email = email("lovelace@example.com"));
    subject.update(&ada, change).await.unwrap();
    let as_the_domain: Arc<DecideWithCode> = Arc::new(|user: &User, code: &CodeRecord| {
        assert_ne!(code.email, user.email);
        Err(Error::InvalidCode)
    });
    let answer = subject.redeem_adopted(&proof, as_the_domain).await;
    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
}

pub async fn a_dropped_redemption_of_an_adopted_code_is_wholly_done_or_undone(
    subject: &UserStoreUnderTest,
) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    for (number, polls) in (0..).zip(POLLS) {
        let account = subject.insert(user(&format!("dropped{polls}"))).await;
        let key = account.id.as_str();
        let proof = subject.adopt(put, &account, number);
        let effects = vec![effect(key, 0), effect(key, 1)];
        let change = decide_with_code(effects, |user| user.updated_by = Some("me".to_owned()));
        let redeem = subject.redeem_adopted(&proof, change);
        let answered = dropped_after(polls, redeem).await.is_some();
        // The call may still be at work: whatever is seen done, the rest must be done too.
        let good = subject.find_adopted(&proof).await.is_some();
        let stored = subject.get(&account.id).await;
        let effects = subject.effects_with(key).await;
        let changed = stored.updated_by.as_deref() == Some("me");
        assert!(good || (changed && stored.version == 2), "{stored:?}");
        assert!(!changed || effects == 2, "{effects} effects");
        assert!(!changed || subject.find_adopted(&proof).await.is_none());
        assert!(!answered || changed);
        assert!(polls > 0 || good, "a call does nothing before it is polled");
    }
}

/// A call of its own, to be made together with others: the decision counts itself in the row.
async fn count(store: Arc<dyn UserStore>, proof: Proof) -> Result<User, StoreError> {
    let decide = decide_with_code(vec![effect("ada", 0)], |user| {
        user.tokens_valid_from = Some(user.tokens_valid_from.unwrap_or_default() + 1);
    });
    store.redeem(&proof, PURPOSE, decide).await
}

impl UserStoreUnderTest {
    /// Uses all links of an account at once: one must work, the others find no good code.
    async fn assert_one_of_them_works(&self, account: &User, links: Vec<Proof>, round: u64) {
        let calls = links
            .into_iter()
            .map(|proof| count(self.store.clone(), proof));
        let answers = at_once(calls.collect::<Vec<_>>()).await;
        let (worked, failed): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.is_ok());
        assert_eq!(worked.len(), 1, "round {round}: {answers:?}");
        for answer in failed {
            assert_not_found(answer);
        }
        let after = self.get(&account.id).await;
        assert_eq!(Some(&after), worked[0].as_ref().ok());
        assert_eq!(after.version, account.version + 1);
        assert_eq!(self.effects().await.len() as u64, round + 1);
    }
}

pub async fn of_many_redemptions_of_one_adopted_code_at_once_one_succeeds(
    subject: &UserStoreUnderTest,
) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let mut ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        subject.clock.advance(STEP);
        let proof = subject.adopt(put, &ada, round);
        let links = (0..CALLERS).map(|_| proof.clone()).collect();
        subject.assert_one_of_them_works(&ada, links, round).await;
        ada = subject.get(&ada.id).await;
    }
}

pub async fn of_an_adopted_code_and_one_of_ours_at_once_one_succeeds(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let mut ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        subject.clock.advance(STEP);
        let adopted = subject.adopt(put, &ada, round);
        let ours = subject.keep(&ada, PURPOSE, round).await;
        let links = vec![adopted, Proof::Digest(ours.digest)];
        subject.assert_one_of_them_works(&ada, links, round).await;
        ada = subject.get(&ada.id).await;
    }
}
