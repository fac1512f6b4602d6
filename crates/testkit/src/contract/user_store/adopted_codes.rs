//! Codes that the deployed service mailed, on a store that took them over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use users_domain::Error;
use users_domain::model::{
    AdoptedCode, CodePurpose, CodeRecord, Email, Proof, Timestamp, User, UserId,
};
use users_domain::ports::{Clock, DecideWithCode, StoreError};

use super::redeeming::{refuse, sign};
use super::{UserStoreUnderTest, id};
use crate::contract::material::assert_not_found;
use crate::fakes::AdoptedRow;
use crate::people::{grace, user};

/// How long the deployed service's codes are good.
pub(super) const LIFETIME: Duration = Duration::from_hours(24);
/// The finest step of time that a store can tell.
pub(super) const STEP: Duration = Duration::from_micros(1);

pub(super) const PURPOSE: CodePurpose = CodePurpose::VerifyEmail;

/// Places a row.
type Put = dyn Fn(AdoptedRow) + Send + Sync;

fn email(text: &str) -> Email {
    Email::from_stored(text.to_owned())
}

/// A code as the deployed service makes them; another number makes another one.
fn otp(number: u64) -> String {
    format!("{number:043}=")
}

/// What a link shows that was mailed with a code.
fn link(row: &AdoptedRow, otp: &str) -> Proof {
    shown(&row.user, &row.email, otp)
}

fn shown(user: &UserId, email: &Email, otp: &str) -> Proof {
    let code = AdoptedCode::new(user.clone(), email.clone(), otp.to_owned());
    Proof::Adopted(code)
}

impl UserStoreUnderTest {
    /// A good code of an account, made now, not yet placed.
    fn adopted(&self, account: &User, number: u64) -> AdoptedRow {
        AdoptedRow {
            user: account.id.clone(),
            email: account.email.clone(),
            otp: Some(otp(number)),
            created_at: Some(self.clock.now()),
            expires_at: Some(self.clock.now() + LIFETIME),
            used_at: None,
        }
    }

    /// The same, placed, and the link to it.
    pub(super) fn adopt(&self, put: &Put, account: &User, number: u64) -> Proof {
        let row = self.adopted(account, number);
        put(row.clone());
        link(&row, &otp(number))
    }

    pub(super) async fn find_adopted(&self, proof: &Proof) -> Option<CodeRecord> {
        self.store.find_code(proof, PURPOSE).await.unwrap()
    }

    pub(super) async fn redeem_adopted(
        &self,
        proof: &Proof,
        decide: Arc<DecideWithCode>,
    ) -> Result<User, StoreError> {
        self.store.redeem(proof, PURPOSE, decide).await
    }

    /// The link must open nothing: no decision is asked for.
    pub(super) async fn assert_opens_nothing(&self, proof: &Proof, purpose: CodePurpose) {
        let found = self.store.find_code(proof, purpose).await.unwrap();
        assert_eq!(found, None);
        let (asked, decide) = refuse();
        assert_not_found(&self.store.redeem(proof, purpose, decide).await);
        assert_eq!(asked.load(Ordering::Relaxed), 0);
    }
}

/// On every store, whether it adopted anything or not.
pub async fn an_adopted_code_that_nobody_made_opens_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let ours = subject.keep(&ada, PURPOSE, 1).await;
    for account in [&ada, &grace()] {
        let proof = shown(&account.id, &account.email, &otp(1));
        for purpose in CodePurpose::ALL {
            subject.assert_opens_nothing(&proof, purpose).await;
        }
    }
    assert!(subject.is_good(&ours).await);
    assert_eq!(subject.get(&ada.id).await, ada);
}

pub async fn an_adopted_code_is_found_as_its_row_says(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let accounts = ["ada@example.com", "ЁЖ 'x' \"\\", " A@b "].map(|address| User {
        id: id(&format!("id of {}", address.len())),
        email: email(address),
        username: None,
        ..user("ada")
    });
    for (account, otp) in accounts.into_iter().zip(["x", "ЁЖ 'x' \"\\ ", &otp(3)]) {
        (subject.put_raw)(account.clone());
        let row = AdoptedRow {
            otp: Some(otp.to_owned()),
            created_at: Some(subject.clock.now() - STEP),
            ..subject.adopted(&account, 1)
        };
        put(row.clone());
        let proof = link(&row, otp);
        let Proof::Adopted(code) = &proof else {
            unreachable!("links are to adopted codes");
        };
        let record = CodeRecord {
            digest: code.digest(),
            purpose: PURPOSE,
            user: account.id.clone(),
            email: account.email.clone(),
            created_at: subject.clock.now() - STEP,
            expires_at: subject.clock.now() + LIFETIME,
        };
        // Looking changes nothing.
        for _ in 0..3 {
            assert_eq!(subject.find_adopted(&proof).await.as_ref(), Some(&record));
        }
        let expected = (account.clone(), record);
        let decide = move |user: &User, code: &CodeRecord| {
            assert_eq!((user.clone(), code.clone()), expected);
            Err(Error::InvalidCode)
        };
        let answer = subject.redeem_adopted(&proof, Arc::new(decide)).await;
        assert!(matches!(
            answer,
            Err(StoreError::Refused(Error::InvalidCode))
        ));
    }
}

pub async fn an_adopted_code_is_compared_byte_for_byte(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let row = AdoptedRow {
        otp: Some("The-Code_=".to_owned()),
        ..subject.adopted(&ada, 1)
    };
    put(row.clone());
    subject.adopt(put, &grace, 2);
    for otp in [
        "the-code_=",
        "The-Code_",
        "The-Code_= ",
        "The-Code%",
        "",
        &otp(2),
    ] {
        subject
            .assert_opens_nothing(&link(&row, otp), PURPOSE)
            .await;
    }
    let good = row.otp.as_deref().unwrap_or_default();
    for (user, address) in [
        ("ID-OF-ADA", "ada@example.com"),
        ("id-of-ada ", "ada@example.com"),
        ("", "ada@example.com"),
        ("id-of-grace", "ada@example.com"),
        ("id-of-ada", "Ada@example.com"),
        ("id-of-ada", "grace@example.com"),
        ("id-of-ada", ""),
        ("id-of-ada", "%"),
    ] {
        let proof = shown(&id(user), &email(address), good);
        subject.assert_opens_nothing(&proof, PURPOSE).await;
    }
    assert!(subject.find_adopted(&link(&row, good)).await.is_some());
}

pub async fn of_adopted_rows_the_newest_alone_counts(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let now = subject.clock.now();
    // The newest is neither the first nor the last placed, nor that which expires last.
    let ages = [3, 1, 2].map(|steps| STEP * steps);
    let rows = [1, 2, 3].map(|number| subject.adopted(&ada, number));
    for ((row, age), lifetime) in rows.iter().zip(ages).zip([24, 1, 48]) {
        put(AdoptedRow {
            created_at: Some(now - age),
            expires_at: Some(now + Duration::from_hours(lifetime)),
            ..row.clone()
        });
    }
    let links: Vec<Proof> = (1..)
        .zip(&rows)
        .map(|(n, row)| link(row, &otp(n)))
        .collect();
    subject.assert_opens_nothing(&links[0], PURPOSE).await;
    subject.assert_opens_nothing(&links[2], PURPOSE).await;
    subject.redeem_adopted(&links[1], sign("me")).await.unwrap();
    // No older one takes its place.
    for proof in &links {
        subject.assert_opens_nothing(proof, PURPOSE).await;
    }
    // A newer one does, and another address has a newest of its own.
    let elsewhere = User {
        email: email("ada@example.org"),
        ..ada.clone()
    };
    let there = subject.adopt(put, &elsewhere, 4);
    let here = subject.adopt(put, &ada, 5);
    assert!(subject.find_adopted(&there).await.is_some());
    assert!(subject.find_adopted(&here).await.is_some());
}

pub async fn an_adopted_row_without_creation_is_the_newest_and_never_good(
    subject: &UserStoreUnderTest,
) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let good = subject.adopt(put, &ada, 1);
    let undated = AdoptedRow {
        created_at: None,
        ..subject.adopted(&ada, 2)
    };
    put(undated.clone());
    let later = AdoptedRow {
        created_at: Some(subject.clock.now() + LIFETIME),
        ..subject.adopted(&ada, 3)
    };
    put(later.clone());
    for proof in [good, link(&undated, &otp(2)), link(&later, &otp(3))] {
        subject.assert_opens_nothing(&proof, PURPOSE).await;
    }
}

pub async fn an_adopted_row_that_is_used_or_lacks_something_is_not_good(
    subject: &UserStoreUnderTest,
) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let now = subject.clock.now();
    let flaws: [fn(&mut AdoptedRow, Timestamp); 4] = [
        |row, now| row.used_at = Some(now - STEP),
        |row, now| row.used_at = Some(now + LIFETIME * 2),
        |row, _| row.expires_at = None,
        |row, _| row.otp = None,
    ];
    for (number, flaw) in (1..).zip(flaws) {
        let account = subject.insert(user(&format!("user{number}"))).await;
        let older = AdoptedRow {
            created_at: Some(now - STEP),
            ..subject.adopted(&account, 0)
        };
        put(older.clone());
        let mut row = subject.adopted(&account, number);
        flaw(&mut row, now);
        put(row.clone());
        for otp in ["", &otp(0), &otp(number)] {
            subject
                .assert_opens_nothing(&link(&row, otp), PURPOSE)
                .await;
        }
    }
}

pub async fn an_adopted_code_verifies_addresses_and_nothing_else(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let proof = subject.adopt(put, &ada, 1);
    for other in CodePurpose::ALL {
        if other != PURPOSE {
            subject.assert_opens_nothing(&proof, other).await;
        }
    }
    assert_eq!(subject.get(&ada.id).await, ada);
    subject.redeem_adopted(&proof, sign("me")).await.unwrap();
}

pub async fn adopted_codes_are_neither_counted_nor_removed(subject: &UserStoreUnderTest) {
    let Some(put) = &subject.put_adopted else {
        return;
    };
    let ada = subject.insert(user("ada")).await;
    let proof = subject.adopt(put, &ada, 1);
    let last = subject.store.last_code_at(&ada.id, PURPOSE, &ada.email);
    assert_eq!(last.await.unwrap(), None);
    subject.clock.advance(LIFETIME * 2);
    let removed = subject.store.remove_expired_codes(u32::MAX).await;
    assert_eq!(removed.unwrap(), 0);
    assert!(subject.find_adopted(&proof).await.is_some());
}
