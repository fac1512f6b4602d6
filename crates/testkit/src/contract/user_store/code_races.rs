//! Codes used by several at once: one of them wins.

use std::sync::Arc;

use users_domain::Error;
use users_domain::model::{
    Change, CodePurpose, CodeRecord, Email, Needs, PersonName, Proof, Timestamp, User,
};
use users_domain::ports::{Clock, DecideWithCode, StoreError, UserStore};

use super::UserStoreUnderTest;
use crate::contract::calls::at_once;
use crate::contract::material::{assert_not_found, decide, decide_with_code, effect};
use crate::people::{an_unverified_user, user};

/// How often a race is run.
const ROUNDS: u64 = 20;
/// How many take part in a race.
const CALLERS: u64 = 6;

const PURPOSE: CodePurpose = CodePurpose::ResetSecret;

/// A call of its own, to be made together with others.
async fn redeem(
    store: Arc<dyn UserStore>,
    code: CodeRecord,
    decide: Arc<DecideWithCode>,
) -> Result<User, StoreError> {
    let proof = Proof::Digest(code.digest);
    store.redeem(&proof, code.purpose, decide).await
}

/// The decision to count itself in the row, with an effect.
fn count() -> Arc<DecideWithCode> {
    decide_with_code(vec![effect("ada", 0)], |user| {
        user.tokens_valid_from = Some(user.tokens_valid_from.unwrap_or_default() + 1);
    })
}

impl UserStoreUnderTest {
    /// Every call but one must have found no good code, and one have done its work.
    async fn assert_one_worked(&self, round: u64, before: &User, answers: &[Answer]) {
        let (worked, failed): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.is_ok());
        assert_eq!(worked.len(), 1, "round {round}: {answers:?}");
        for answer in failed {
            assert_not_found(answer);
        }
        let after = self.get(&before.id).await;
        assert_eq!(Some(&after), worked[0].as_ref().ok());
        let counted = before.tokens_valid_from.unwrap_or_default() + 1;
        assert_eq!(after.tokens_valid_from, Some(counted));
        assert_eq!(self.effects().await.len() as u64, round + 1);
    }
}

type Answer = Result<User, StoreError>;

pub async fn of_many_redemptions_of_one_code_at_once_one_succeeds(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let before = subject.get(&ada.id).await;
        let code = subject.keep(&ada, PURPOSE, round).await;
        let calls = (0..CALLERS).map(|_| redeem(subject.store.clone(), code.clone(), count()));
        let answers = at_once(calls.collect::<Vec<_>>()).await;
        subject.assert_one_worked(round, &before, &answers).await;
    }
}

pub async fn of_many_codes_of_one_purpose_at_once_one_succeeds(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let before = subject.get(&ada.id).await;
        let mut calls = Vec::new();
        for number in 0..CALLERS {
            let code = subject.keep(&ada, PURPOSE, round * CALLERS + number).await;
            calls.push(redeem(subject.store.clone(), code, count()));
        }
        let answers = at_once(calls).await;
        subject.assert_one_worked(round, &before, &answers).await;
    }
}

pub async fn of_refusals_at_once_none_uses_the_code_up(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let code = subject.keep(&ada, PURPOSE, round).await;
        // One of them would say yes.
        let calls = (0..CALLERS).map(|number| {
            let decide: Arc<DecideWithCode> = match number {
                0 => count(),
                _ => Arc::new(|_: &User, _: &CodeRecord| Err(Error::InvalidCode)),
            };
            redeem(subject.store.clone(), code.clone(), decide)
        });
        let mut answers = at_once(calls.collect::<Vec<_>>()).await.into_iter();
        answers.next().unwrap().unwrap();
        for answer in answers {
            let expected = matches!(
                answer,
                Err(StoreError::NotFound | StoreError::Refused(Error::InvalidCode))
            );
            assert!(expected, "{answer:?}");
        }
        assert_eq!(subject.effects().await.len() as u64, round + 1);
    }
}

pub async fn redemptions_for_different_purposes_at_once_both_succeed(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let before = subject.get(&ada.id).await;
        let mut calls = Vec::new();
        for (number, purpose) in (0..).zip(CodePurpose::ALL) {
            let code = subject.keep(&ada, purpose, round * 2 + number).await;
            calls.push(redeem(subject.store.clone(), code, count()));
        }
        for answer in at_once(calls).await {
            answer.unwrap();
        }
        let after = subject.get(&ada.id).await;
        let counted = before.tokens_valid_from.unwrap_or_default() + 2;
        assert_eq!(after.tokens_valid_from, Some(counted));
        assert_eq!(after.version, before.version + 2);
    }
}

pub async fn an_update_and_a_redemption_at_once_are_both_kept(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let code = subject.keep(&ada, PURPOSE, round).await;
        let name = PersonName::from_stored(format!("name {round}"));
        let by = format!("round {round}");
        let (first, signed) = (name.clone(), by.clone());
        let rename = decide(move |user| user.first_name = first.clone());
        let sign = decide_with_code(Vec::new(), move |user| {
            user.updated_by = Some(signed.clone());
        });
        let calls = [Some(sign), None].map(|sign| {
            let (store, code, id) = (subject.store.clone(), code.clone(), ada.id.clone());
            let rename = rename.clone();
            async move {
                match sign {
                    Some(sign) => redeem(store, code, sign).await,
                    None => store.update(&id, Needs::ROW, rename).await,
                }
            }
        });
        for answer in at_once(calls).await {
            answer.unwrap();
        }
        let stored = subject.get(&ada.id).await;
        assert_eq!((&stored.first_name, stored.updated_by), (&name, Some(by)));
    }
}

/// Proves the address that a code was mailed to, as the domain will.
fn verify(now: Timestamp) -> Arc<DecideWithCode> {
    Arc::new(move |user: &User, code: &CodeRecord| {
        if code.email != user.email {
            return Err(Error::InvalidCode);
        }
        Ok(Change {
            user: User {
                verified_at: Some(now),
                ..user.clone()
            },
            effects: Vec::new(),
        })
    })
}

pub async fn no_code_proves_an_address_that_changes_at_once(subject: &UserStoreUnderTest) {
    let now = subject.clock.now();
    let mut ada = subject.insert(an_unverified_user("ada")).await;
    for round in 0..ROUNDS {
        let code = subject.keep(&ada, CodePurpose::VerifyEmail, round).await;
        let address = Email::from_stored(format!("ada{round}@example.com"));
        let to = address.clone();
        let change = decide(move |user| {
            user.email = to.clone();
            user.verified_at = None;
        });
        let calls = [true, false].map(|verifies| {
            let (store, code, id) = (subject.store.clone(), code.clone(), ada.id.clone());
            let change = change.clone();
            async move {
                if verifies {
                    redeem(store, code, verify(now)).await
                } else {
                    store.update(&id, Needs::ROW, change).await
                }
            }
        });
        let answers = at_once(calls).await;
        answers[1].as_ref().unwrap();
        // Whoever came first, the new address is not proven.
        if answers[0].is_err() {
            assert_not_found(&answers[0]);
        }
        ada = subject.get(&ada.id).await;
        assert_eq!((&ada.email, ada.verified_at), (&address, None));
        assert!(!subject.is_good(&code).await);
    }
}

pub async fn no_code_works_that_is_removed_at_once(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let before = subject.get(&ada.id).await;
        let code = subject.keep(&ada, PURPOSE, round).await;
        // Expired, but whether it is too late the decision does not ask.
        subject.clock.set(code.expires_at);
        let calls = [true, false].map(|redeems| {
            let (store, code) = (subject.store.clone(), code.clone());
            async move {
                if redeems {
                    redeem(store, code, count()).await.map(|_| 1)
                } else {
                    store.remove_expired_codes(10).await
                }
            }
        });
        let [redeemed, removed] = at_once(calls).await.try_into().unwrap();
        // Used or not, it is of no use and goes.
        assert_eq!(removed.unwrap(), 1);
        let after = subject.get(&ada.id).await;
        if redeemed.is_ok() {
            assert_eq!(after.version, before.version + 1);
        } else {
            assert_not_found(&redeemed);
            assert_eq!(after, before);
        }
        assert!(!subject.is_good(&code).await);
    }
}
