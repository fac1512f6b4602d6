//! Codes that were mailed: kept, found and cleared away.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{
    CodeDigest, CodePurpose, CodeRecord, Email, OneTimeCode, Proof, Status, Timestamp, User, UserId,
};
use users_domain::ports::{Clock, DecideWithCode, StoreError};

use super::{UserStoreUnderTest, id};
use crate::contract::material::{assert_not_found, decide_with_code};
use crate::people::{grace, user};

/// How long the codes of these promises are good.
const LIFETIME: Duration = Duration::from_mins(15);
/// The finest step of time that a store can tell.
const STEP: Duration = Duration::from_micros(1);

/// The digest of a code that the number makes.
fn digest(number: u64) -> CodeDigest {
    let mut bytes = [0; OneTimeCode::BYTES];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    OneTimeCode::new(bytes).digest()
}

fn proof(number: u64) -> Proof {
    Proof::Digest(digest(number))
}

impl UserStoreUnderTest {
    /// A code made now, not yet kept. Another number makes another code.
    pub(super) fn code(&self, account: &User, purpose: CodePurpose, number: u64) -> CodeRecord {
        CodeRecord {
            digest: digest(number),
            purpose,
            user: account.id.clone(),
            email: account.email.clone(),
            created_at: self.clock.now(),
            expires_at: self.clock.now() + LIFETIME,
        }
    }

    /// The same, kept.
    pub(super) async fn keep(
        &self,
        account: &User,
        purpose: CodePurpose,
        number: u64,
    ) -> CodeRecord {
        let code = self.code(account, purpose, number);
        self.store.add_code(code.clone()).await.unwrap();
        code
    }

    /// Whether a code is found; found, it must be as it was kept.
    pub(super) async fn is_good(&self, code: &CodeRecord) -> bool {
        let proof = Proof::Digest(code.digest);
        let found = self.store.find_code(&proof, code.purpose).await.unwrap();
        if let Some(found) = &found {
            assert_eq!(found, code);
        }
        found.is_some()
    }

    pub(super) async fn redeem(
        &self,
        code: &CodeRecord,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        let proof = Proof::Digest(code.digest);
        self.store.redeem(&proof, code.purpose, decide).await
    }

    /// Uses a code up without changing the account.
    pub(super) async fn use_up(&self, code: &CodeRecord) {
        let nothing = decide_with_code(Vec::new(), |_| ());
        self.redeem(code, nothing).await.unwrap();
    }

    async fn last_code_at(&self, account: &User, purpose: CodePurpose) -> Option<Timestamp> {
        let last = self
            .store
            .last_code_at(&account.id, purpose, &account.email);
        last.await.unwrap()
    }

    async fn remove(&self, limit: u32) -> u32 {
        self.store.remove_expired_codes(limit).await.unwrap()
    }
}

pub async fn a_code_is_kept_whole(subject: &UserStoreUnderTest) {
    let mut number = 0;
    for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
        let account = User {
            status,
            ..user(status.as_str())
        };
        subject.insert(account.clone()).await;
        for purpose in CodePurpose::ALL {
            for address in ["ada@example.com", "ЁЖ 'x' \"\\", ""] {
                number += 1;
                let code = CodeRecord {
                    email: Email::from_stored(address.to_owned()),
                    created_at: subject.clock.now() - STEP,
                    ..subject.code(&account, purpose, number)
                };
                subject.store.add_code(code.clone()).await.unwrap();
                assert!(subject.is_good(&code).await);
            }
        }
    }
}

pub async fn a_code_for_an_unknown_account_is_refused(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    for unknown in ["", "ID-OF-ADA", "id-of-ada ", "unknown"] {
        let stranger = User {
            id: id(unknown),
            ..user("ada")
        };
        let code = subject.code(&stranger, CodePurpose::ResetSecret, 1);
        assert_not_found(&subject.store.add_code(code.clone()).await);
        assert!(!subject.is_good(&code).await);
    }
}

pub async fn several_codes_are_good_at_a_time(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let mut codes = Vec::new();
    for number in 0..5 {
        for purpose in CodePurpose::ALL {
            let number = number * 2 + u64::from(purpose == CodePurpose::ResetSecret);
            codes.push(subject.keep(&ada, purpose, number).await);
        }
    }
    for code in &codes {
        assert!(subject.is_good(code).await);
    }
}

pub async fn a_code_is_found_for_its_purpose_only(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for (number, purpose) in (0..).zip(CodePurpose::ALL) {
        subject.keep(&ada, purpose, number).await;
        for other in CodePurpose::ALL {
            let found = subject.store.find_code(&proof(number), other).await;
            assert_eq!(found.unwrap().is_some(), other == purpose);
        }
    }
}

pub async fn a_code_that_was_never_kept_is_not_found(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    for purpose in CodePurpose::ALL {
        for number in [0, 2, u64::MAX] {
            let found = subject.store.find_code(&proof(number), purpose).await;
            assert_eq!(found.unwrap(), None);
        }
    }
}

pub async fn an_expired_code_is_found_all_the_same(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, CodePurpose::VerifyEmail, 1).await;
    for pause in [LIFETIME, STEP, Duration::from_hours(24 * 365)] {
        subject.clock.advance(pause);
        assert!(subject.is_good(&code).await);
    }
}

pub async fn looking_for_a_code_changes_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    for _ in 0..3 {
        assert!(subject.is_good(&code).await);
    }
    assert_eq!(subject.get(&ada.id).await, ada);
    assert_eq!(subject.remove(10).await, 0);
    subject.use_up(&code).await;
}

pub async fn the_last_code_is_that_of_account_purpose_and_address(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let elsewhere = User {
        email: Email::from_stored("ada@example.org".to_owned()),
        ..ada.clone()
    };
    let mut made = Vec::new();
    let mut number = 0;
    for _ in 0..2 {
        for account in [&ada, &grace, &elsewhere] {
            for purpose in CodePurpose::ALL {
                number += 1;
                subject.clock.advance(STEP);
                made.push((account, subject.keep(account, purpose, number).await));
            }
        }
    }
    // The later half of them.
    for (account, code) in made.drain(..).skip(6) {
        let last = subject.last_code_at(account, code.purpose).await;
        assert_eq!(last, Some(code.created_at));
        let email = Email::from_stored(account.email.as_str().to_ascii_uppercase());
        let in_capitals = User {
            email,
            ..account.clone()
        };
        let last = subject.last_code_at(&in_capitals, code.purpose).await;
        assert_eq!(last, Some(code.created_at), "case does not matter");
    }
}

pub async fn a_code_that_is_not_good_any_more_may_be_the_last(subject: &UserStoreUnderTest) {
    let purpose = CodePurpose::ResetSecret;
    let ada = subject.insert(user("ada")).await;
    assert_eq!(subject.last_code_at(&ada, purpose).await, None);
    let code = subject.keep(&ada, purpose, 1).await;
    subject.clock.advance(LIFETIME);
    let last = subject.last_code_at(&ada, purpose).await;
    assert_eq!(last, Some(code.created_at), "an expired one counts");
    subject.use_up(&code).await;
    let last = subject.last_code_at(&ada, purpose).await;
    assert_eq!(last, Some(code.created_at), "a used one counts");
    subject.remove(u32::MAX).await;
    assert_eq!(subject.last_code_at(&ada, purpose).await, None);
}

pub async fn useless_codes_are_removed_up_to_the_limit(subject: &UserStoreUnderTest) {
    let purpose = CodePurpose::VerifyEmail;
    let people: [UserId; 2] = [
        subject.insert(user("ada")).await.id,
        subject.insert(grace()).await.id,
    ];
    // Of the first, one is used and two are voided by it.
    let ada = subject.get(&people[0]).await;
    for number in 1..3 {
        subject.keep(&ada, purpose, number).await;
    }
    let used = subject.keep(&ada, purpose, 3).await;
    subject.use_up(&used).await;
    // Of the other, four expire.
    let grace = subject.get(&people[1]).await;
    for number in 4..8 {
        subject.keep(&grace, purpose, number).await;
    }
    assert_eq!(subject.remove(0).await, 0);
    assert_eq!(subject.remove(2).await, 2);
    assert_eq!(subject.remove(u32::MAX).await, 1);
    subject.clock.advance(LIFETIME);
    for (limit, removed) in [(3, 3), (3, 1), (3, 0), (u32::MAX, 0)] {
        assert_eq!(subject.remove(limit).await, removed);
    }
    for number in 1..8 {
        let found = subject.store.find_code(&proof(number), purpose).await;
        assert_eq!(found.unwrap(), None);
    }
}

pub async fn a_code_expires_at_its_moment(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let code = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    subject.clock.advance(LIFETIME - STEP);
    assert_eq!(subject.remove(10).await, 0);
    assert!(subject.is_good(&code).await);
    subject.clock.advance(STEP);
    assert_eq!(subject.remove(10).await, 1);
    assert!(!subject.is_good(&code).await);
}

pub async fn good_codes_are_never_removed(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let expired = subject.keep(&ada, CodePurpose::ResetSecret, 1).await;
    subject.clock.advance(LIFETIME - STEP);
    let good = [
        subject.keep(&ada, CodePurpose::ResetSecret, 2).await,
        subject.keep(&ada, CodePurpose::VerifyEmail, 3).await,
        subject.keep(&grace, CodePurpose::VerifyEmail, 4).await,
    ];
    subject.clock.advance(STEP);
    assert_eq!(subject.remove(u32::MAX).await, 1);
    assert!(!subject.is_good(&expired).await);
    for code in &good {
        assert!(subject.is_good(code).await);
    }
}
