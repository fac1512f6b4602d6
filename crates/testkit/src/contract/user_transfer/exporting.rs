//! Accounts that go out.

use std::collections::BTreeMap;

use users_domain::model::{Role, Status, User};

use super::{UserTransferUnderTest, id};
use crate::contract::calls::on_a_thread;
use crate::contract::user_store::odd_rows;
use crate::people::user;

/// Ids in the order of their bytes.
const IDS: [&str; 9] = [
    " id",
    "00000000-0000-4000-8000-000000000000",
    "A",
    "Z",
    "a",
    "a-",
    "a_",
    "z",
    "ид",
];

pub async fn accounts_are_given_in_the_order_of_their_ids_byte_for_byte(
    subject: &UserTransferUnderTest,
) {
    for number in [4, 8, 0, 2, 6, 1, 3, 7, 5] {
        let account = User {
            id: id(IDS[number]),
            ..user(&format!("name{number}"))
        };
        subject.insert(account).await;
    }
    for limit in [1, 2, 1000] {
        let given = subject.walk(limit).await;
        let ids: Vec<_> = given.iter().map(|user| user.id.as_str()).collect();
        assert_eq!(ids, IDS);
    }
}

pub async fn accounts_of_any_status_and_role_are_given(subject: &UserTransferUnderTest) {
    let mut expected = Vec::new();
    for status in [Status::Deleted, Status::Disabled, Status::Enabled] {
        for role in [Role::Admin, Role::User] {
            let account = User {
                status,
                role,
                ..user(&format!("{}-{}", status.as_str(), role.as_str()))
            };
            expected.push(subject.insert(account).await);
        }
    }
    assert_eq!(subject.everybody().await, expected);
}

pub async fn pages_of_any_size_together_are_every_account(subject: &UserTransferUnderTest) {
    const MANY: usize = 23;
    for number in 0..MANY {
        let account = user(&format!("user{:02}", number * 7 % MANY));
        subject.insert(account).await;
    }
    let all = subject.transfer.export(None, u32::MAX).await.unwrap();
    assert_eq!(all.len(), MANY);
    for limit in [1, 2, 3, 7, 22, 23, 24] {
        let walked = subject.walk(limit).await;
        assert_eq!(walked, all, "{limit}");
        let first = subject.transfer.export(None, limit).await.unwrap();
        assert_eq!(first.len(), MANY.min(limit as usize));
    }
}

pub async fn the_account_asked_on_behind_need_not_be_there(subject: &UserTransferUnderTest) {
    for name in ["b", "d"] {
        subject.insert(user(name)).await;
    }
    for (after, expected) in [
        ("", &["id-of-b", "id-of-d"][..]),
        ("id-of-a", &["id-of-b", "id-of-d"]),
        ("id-of-b", &["id-of-d"]),
        ("id-of-bb", &["id-of-d"]),
        ("id-of-c", &["id-of-d"]),
        ("id-of-d", &[]),
        ("ид", &[]),
    ] {
        let given = subject.transfer.export(Some(&id(after)), 10).await.unwrap();
        let ids: Vec<_> = given.iter().map(|user| user.id.as_str()).collect();
        assert_eq!(ids, expected, "{after:?}");
    }
}

pub async fn a_limit_of_nothing_gives_nothing(subject: &UserTransferUnderTest) {
    assert!(subject.transfer.export(None, 10).await.unwrap().is_empty());
    subject.insert(user("ada")).await;
    assert!(subject.transfer.export(None, 0).await.unwrap().is_empty());
}

pub async fn odd_rows_are_given_as_they_are_read(subject: &UserTransferUnderTest) {
    let mut expected = BTreeMap::new();
    for row in odd_rows() {
        (subject.put_raw)(row.clone());
        expected.insert(row.id.clone(), row);
    }
    for limit in [1, 3, 100] {
        let given = subject.walk(limit).await;
        assert_eq!(given.len(), expected.len());
        for (given, expected) in given.iter().zip(expected.values()) {
            assert_eq!(given, expected);
            assert_eq!(*given, subject.get(&given.id).await);
        }
    }
}

pub async fn who_was_there_throughout_is_given_once_whoever_writes_meanwhile(
    subject: &UserTransferUnderTest,
) {
    const THROUGHOUT: usize = 60;
    for number in 0..THROUGHOUT {
        subject.insert(user(&format!("there{number:02}"))).await;
    }
    let (users, runtime) = (subject.users.clone(), tokio::runtime::Handle::current());
    let writing = on_a_thread(move || {
        runtime.block_on(async {
            for number in 0..30 {
                // Before, between and behind those that are there.
                for prefix in ["a", "there", "z"] {
                    let new = user(&format!("{prefix}{number:02}-new"));
                    users.insert(new, Vec::new()).await.unwrap();
                }
            }
        });
    });
    let given = subject.walk(3).await;
    writing.await;
    let mut ids: Vec<_> = given.iter().map(|user| user.id.clone()).collect();
    let given = ids.len();
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), given, "nobody is given twice");
    for number in 0..THROUGHOUT {
        let there = user(&format!("there{number:02}")).id;
        assert!(ids.contains(&there), "{there}");
    }
}
