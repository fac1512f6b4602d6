//! Imports that only say what would become of it.

use users_domain::ports::ImportMode;

use super::judging::entangled;
use super::{IMPORTED, THERE, UserTransferUnderTest, people, plain};
use crate::contract::material::effect;
use crate::people::user;

pub async fn a_dry_run_says_what_an_import_would(subject: &UserTransferUnderTest) {
    subject.insert(user("joan")).await;
    let (users, expected): (Vec<_>, Vec<_>) = entangled().into_iter().unzip();
    let accounts: Vec<_> = users.into_iter().map(plain).collect();
    // By one call, by some, and by one for each.
    for size in [accounts.len(), 4, 1] {
        let mut dry_run = subject.begin(ImportMode::DryRun).await;
        let mut said = Vec::new();
        for accounts in accounts.chunks(size) {
            said.extend(dry_run.add(accounts).await.unwrap());
        }
        dry_run.finish().await.unwrap();
        assert_eq!(said, expected, "{size}");
    }
    assert_eq!(subject.import(&accounts).await, expected);
}

pub async fn a_dry_run_changes_nothing(subject: &UserTransferUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let mut accounts = people(["ada", "grace", "mary"]);
    for account in &mut accounts {
        account.effects.push(effect(account.user.id.as_str(), 1));
    }
    for finishes in [true, false] {
        let mut dry_run = subject.begin(ImportMode::DryRun).await;
        for accounts in accounts.chunks(2) {
            dry_run.add(accounts).await.unwrap();
            assert_eq!(subject.everybody().await, std::slice::from_ref(&ada));
        }
        if finishes {
            dry_run.finish().await.unwrap();
        } else {
            drop(dry_run);
        }
        assert_eq!(subject.everybody().await, std::slice::from_ref(&ada));
        assert_eq!(subject.count().await, 1);
        assert!(subject.effects().await.is_empty());
    }
    // Nor are the names taken.
    subject.insert(user("grace")).await;
}

pub async fn dry_runs_do_not_see_each_other(subject: &UserTransferUnderTest) {
    let mut one = subject.begin(ImportMode::DryRun).await;
    let mut other = subject.begin(ImportMode::DryRun).await;
    let ada = people(["ada"]);
    for dry_run in [&mut one, &mut other] {
        assert_eq!(dry_run.add(&ada).await.unwrap(), [IMPORTED]);
        assert_eq!(dry_run.add(&ada).await.unwrap(), [THERE]);
    }
    assert_eq!(subject.import(&ada).await, [IMPORTED]);
    drop(one);
    other.finish().await.unwrap();
}

pub async fn a_dry_run_sees_what_others_wrote_before_it(subject: &UserTransferUnderTest) {
    subject.insert(user("ada")).await;
    subject.import(&people(["grace"])).await;
    let mut dry_run = subject.begin(ImportMode::DryRun).await;
    let said = dry_run.add(&people(["ada", "grace", "mary"])).await;
    assert_eq!(said.unwrap(), [THERE, THERE, IMPORTED]);
}
