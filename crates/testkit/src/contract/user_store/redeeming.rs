//! What a code allows, decided while the account and the code are locked.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use users_domain::Error;
use users_domain::model::{Change, CodePurpose, CodeRecord, ConflictField, Email, User};
use users_domain::ports::{DecideWithCode, StoreError};

use super::inserting::full;
use super::{UserStoreUnderTest, id};
use crate::contract::material::{assert_not_found, assert_taken, decide_with_code, effect};
use crate::people::{grace, user};

const PURPOSE: CodePurpose = CodePurpose::ResetSecret;

/// The decision to leave a trace in the row.
pub(super) fn sign(by: &'static str) -> Arc<DecideWithCode> {
    decide_with_code(Vec::new(), move |user| {
        user.updated_by = Some(by.to_owned());
    })
}

/// A decision that counts how often it is asked for, and says no.
pub(super) fn refuse() -> (Arc<AtomicU32>, Arc<DecideWithCode>) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let decide = move |_: &User, _: &CodeRecord| {
        count.fetch_add(1, Ordering::Relaxed);
        Err(Error::InvalidCode)
    };
    (asked, Arc::new(decide))
}

pub async fn a_decision_about_a_code_sees_the_row_and_the_code(subject: &UserStoreUnderTest) {
    let account = subject.insert(full("ada")).await;
    for (number, purpose) in (0..).zip(CodePurpose::ALL) {
        let code = subject.keep(&account, purpose, number).await;
        let seen = Arc::new(Mutex::new(None));
        let look = seen.clone();
        let decide = move |user: &User, code: &CodeRecord| {
            *look.lock().unwrap() = Some((user.clone(), code.clone()));
            Ok(Change {
                user: user.clone(),
                effects: Vec::new(),
            })
        };
        subject.redeem(&code, Arc::new(decide)).await.unwrap();
        let seen = seen.lock().unwrap().take();
        assert_eq!(seen, Some((account.clone(), code)));
    }
}

pub async fn a_redemption_returns_the_row_as_written(subject: &UserStoreUnderTest) {
    for (number, account) in (0..).zip([full("full"), user("ada")]) {
        let account = subject.insert(account).await;
        let code = subject.keep(&account, PURPOSE, number).await;
        let written = subject.redeem(&code, sign("me")).await.unwrap();
        let expected = User {
            updated_by: Some("me".to_owned()),
            version: account.version + 1,
            ..account
        };
        assert_eq!(written, expected);
        assert_eq!(subject.get(&expected.id).await, expected);
    }
}

pub async fn a_redemption_commits_its_effects_in_order(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    let effects: Vec<_> = (0..5).map(|number| effect("ada", number)).collect();
    let change = decide_with_code(effects.clone(), |user| user.secret = None);
    subject.redeem(&code, change).await.unwrap();
    assert_eq!(subject.effects().await, effects);
}

pub async fn a_redemption_leaves_id_and_version_to_the_store(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    let change = decide_with_code(Vec::new(), |user| {
        user.id = id("id-of-grace");
        user.version = 99;
        user.updated_by = Some("me".to_owned());
    });
    let written = subject.redeem(&code, change).await.unwrap();
    assert_eq!((&written.id, written.version), (&ada.id, ada.version + 1));
    assert_eq!(subject.get(&ada.id).await, written);
    assert_eq!(subject.get(&grace.id).await, grace);
}

pub async fn a_redemption_that_changes_nothing_uses_the_code_up(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    let change = decide_with_code(vec![effect("ada", 1)], |_| ());
    assert_eq!(subject.redeem(&code, change).await.unwrap(), ada);
    assert_eq!(subject.get(&ada.id).await, ada);
    assert_eq!(subject.effects().await, [effect("ada", 1)]);
    assert!(!subject.is_good(&code).await);
}

pub async fn a_redemption_touches_no_other_row(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    subject.keep(&grace, PURPOSE, 2).await;
    subject.redeem(&code, sign("me")).await.unwrap();
    assert_eq!(subject.get(&grace.id).await, grace);
}

pub async fn a_code_works_once(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for (number, purpose) in (0..).zip(CodePurpose::ALL) {
        let code = subject.keep(&ada, purpose, number).await;
        let written = subject.redeem(&code, sign("me")).await.unwrap();
        for _ in 0..3 {
            assert!(!subject.is_good(&code).await);
            assert_not_found(&subject.redeem(&code, sign("somebody else")).await);
        }
        assert_eq!(subject.get(&ada.id).await, written);
    }
}

pub async fn a_code_that_is_not_good_opens_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let good = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    let used = subject.keep(&ada, CodePurpose::VerifyEmail, 2).await;
    let voided = subject.keep(&ada, CodePurpose::VerifyEmail, 3).await;
    let unknown = subject.code(&ada, CodePurpose::ResetSecret, 4);
    subject.use_up(&used).await;
    let for_another_purpose = CodeRecord {
        purpose: CodePurpose::VerifyEmail,
        ..good.clone()
    };
    let (asked, decide) = refuse();
    for code in [&used, &voided, &unknown, &for_another_purpose] {
        assert_not_found(&subject.redeem(code, decide.clone()).await);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.effects().await.is_empty());
    assert!(subject.is_good(&good).await);
}

pub async fn an_expired_code_is_for_the_decision_to_judge(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    subject.clock.set(code.expires_at);
    let (asked, decide) = refuse();
    assert_refused(subject, &code, decide).await;
    assert!(asked.load(Ordering::Relaxed) > 0);
    // It alone says no.
    subject.redeem(&code, sign("me")).await.unwrap();
}

/// The redemption must be refused with what the decision said.
async fn assert_refused(
    subject: &UserStoreUnderTest,
    code: &CodeRecord,
    decide: Arc<DecideWithCode>,
) {
    let answer = subject.redeem(code, decide).await;
    assert!(
        matches!(answer, Err(StoreError::Refused(Error::InvalidCode))),
        "{answer:?}"
    );
}

pub async fn a_refused_redemption_leaves_the_code_good_and_changes_nothing(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    let other = subject.keep(&ada, PURPOSE, 2).await;
    for _ in 0..3 {
        assert_refused(subject, &code, refuse().1).await;
        assert!(subject.is_good(&code).await && subject.is_good(&other).await);
    }
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.effects().await.is_empty());
    subject.redeem(&code, sign("me")).await.unwrap();
}

pub async fn a_redemption_refused_for_a_taken_name_leaves_the_code_good(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    subject.insert(grace()).await;
    let code = subject.keep(&ada, PURPOSE, 1).await;
    let change = decide_with_code(vec![effect("ada", 1)], |user| {
        user.email = Email::from_stored("GRACE@example.com".to_owned());
    });
    let answer = subject.redeem(&code, change).await;
    assert_taken(&answer, ConflictField::Email);
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.effects().await.is_empty());
    assert!(subject.is_good(&code).await);
}
