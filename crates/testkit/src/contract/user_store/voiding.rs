//! Codes that are of no use any more because something happened to their account.

use std::sync::Arc;

use users_domain::Error;
use users_domain::model::{
    CodePurpose, CodeRecord, Email, Facts, Needs, PasswordHash, Status, User, Username,
};
use users_domain::ports::{Decide, StoreError};

use super::UserStoreUnderTest;
use crate::contract::material::{decide, decide_with_code};
use crate::people::{grace, user};

impl UserStoreUnderTest {
    /// Two codes of each purpose for an account; `first` numbers them.
    async fn keep_four(&self, account: &User, first: u64) -> [CodeRecord; 4] {
        let [one, other] = CodePurpose::ALL;
        [
            self.keep(account, one, first).await,
            self.keep(account, one, first + 1).await,
            self.keep(account, other, first + 2).await,
            self.keep(account, other, first + 3).await,
        ]
    }

    /// Which of the codes are good.
    async fn good(&self, codes: &[CodeRecord; 4]) -> [bool; 4] {
        let mut good = [false; 4];
        for (good, code) in good.iter_mut().zip(codes) {
            *good = self.is_good(code).await;
        }
        good
    }
}

fn email(text: &str) -> Email {
    Email::from_stored(text.to_owned())
}

const ALL: [bool; 4] = [true; 4];
const NONE: [bool; 4] = [false; 4];

pub async fn a_redeemed_code_voids_the_others_of_its_account_and_purpose(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let [hers, others] = [
        subject.keep_four(&ada, 0).await,
        subject.keep_four(&grace, 4).await,
    ];
    subject.use_up(&hers[0]).await;
    assert_eq!(subject.good(&hers).await, [false, false, true, true]);
    subject.use_up(&hers[3]).await;
    assert_eq!(subject.good(&hers).await, NONE);
    assert_eq!(subject.good(&others).await, ALL);
}

pub async fn an_update_that_changes_the_address_voids_all_codes_of_the_account(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let others = subject.keep_four(&grace, 0).await;
    // To another case of the same letters too, and back again.
    let addresses = [
        "lovelace@example.com",
        "Lovelace@example.com",
        "ada@example.com",
    ];
    for (number, address) in (1..).zip(addresses) {
        let hers = subject.keep_four(&ada, number * 4).await;
        assert_eq!(subject.good(&hers).await, ALL);
        let change = decide(move |user| user.email = email(address));
        subject.update(&ada, change).await.unwrap();
        assert_eq!(subject.good(&hers).await, NONE, "{address}");
    }
    assert_eq!(subject.good(&others).await, ALL);
}

pub async fn a_redemption_that_changes_the_address_voids_all_codes_of_the_account(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let [hers, others] = [
        subject.keep_four(&ada, 0).await,
        subject.keep_four(&grace, 4).await,
    ];
    let change = decide_with_code(Vec::new(), |user| {
        user.email = email("lovelace@example.com");
    });
    subject.redeem(&hers[0], change).await.unwrap();
    assert_eq!(subject.good(&hers).await, NONE);
    assert_eq!(subject.good(&others).await, ALL);
}

pub async fn another_password_or_status_voids_the_codes_that_set_a_password(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(grace()).await;
    let others = subject.keep_four(&grace, 0).await;
    let changes: [fn(&mut User); 3] = [
        |user| user.secret = Some(PasswordHash::from_stored("another".to_owned())),
        |user| user.status = Status::Disabled,
        |user| user.secret = None,
    ];
    for (number, change) in (1..).zip(changes) {
        let hers = subject.keep_four(&ada, number * 4).await;
        subject.update(&ada, decide(change)).await.unwrap();
        assert_eq!(subject.good(&hers).await, [true, true, false, false]);
    }
    assert_eq!(subject.good(&others).await, ALL);
}

pub async fn what_leaves_address_password_and_status_as_they_are_voids_nothing(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    subject.insert(grace()).await;
    let codes = subject.keep_four(&ada, 0).await;
    let change = decide(|user| {
        user.username = Some(Username::from_stored("lovelace".to_owned()));
        user.verified_at = None;
        user.tokens_valid_from = Some(7);
    });
    subject.update(&ada, change).await.unwrap();
    subject.update(&ada, decide(|_| ())).await.unwrap();
    assert_eq!(subject.good(&codes).await, ALL);
    // Not even if it was about to change.
    let taken = decide(|user| user.email = email("grace@example.com"));
    assert!(subject.update(&ada, taken).await.is_err());
    let refuse: Arc<Decide> = Arc::new(|_: &User, _: &Facts| Err(Error::Forbidden));
    let refused = subject.store.update(&ada.id, Needs::ROW, refuse).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    assert_eq!(subject.good(&codes).await, ALL);
}

pub async fn an_account_may_be_given_codes_after_others_were_voided(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let first = subject.keep_four(&ada, 0).await;
    let change = decide(|user| user.email = email("lovelace@example.com"));
    let ada = subject.update(&ada, change).await.unwrap();
    let second = subject.keep_four(&ada, 4).await;
    subject.use_up(&second[0]).await;
    let third = subject.keep_four(&ada, 8).await;
    assert_eq!(subject.good(&first).await, NONE);
    assert_eq!(subject.good(&second).await, [false, false, true, true]);
    assert_eq!(subject.good(&third).await, ALL);
}
