//! Changes, decided while the row is locked.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use users_domain::Error;
use users_domain::model::{
    Change, ConflictField, Email, Facts, Needs, PersonName, Role, Status, User, UserId,
};
use users_domain::ports::{Decide, StoreError};

use super::inserting::full;
use super::{UserStoreUnderTest, id};
use crate::contract::material::{assert_taken, decide, decide_with, effect};
use crate::people::{a_disabled_user, an_admin, user};

/// A decision that keeps what it saw and changes nothing.
fn look(seen: &Arc<Mutex<Option<(User, Facts)>>>) -> Arc<Decide> {
    let seen = seen.clone();
    Arc::new(move |user: &User, facts: &Facts| {
        *seen.lock().unwrap() = Some((user.clone(), facts.clone()));
        Ok(Change {
            user: user.clone(),
            effects: Vec::new(),
        })
    })
}

impl UserStoreUnderTest {
    /// What a decision about this row gets to see.
    async fn seen(&self, id: &UserId, needs: Needs) -> (User, Facts) {
        let seen = Arc::default();
        self.store.update(id, needs, look(&seen)).await.unwrap();
        let seen = seen.lock().unwrap().take();
        seen.expect("the decision was asked for")
    }

    /// Counts the changes of a row without changing anything else that a promise looks at.
    async fn rename(&self, user: &User, name: &'static str) -> User {
        let change = decide(move |user| user.first_name = PersonName::from_stored(name.to_owned()));
        self.update(user, change).await.unwrap()
    }
}

pub async fn a_decision_sees_the_row_as_it_is_stored(subject: &UserStoreUnderTest) {
    let account = subject.insert(full("ada")).await;
    let (seen, _) = subject.seen(&account.id, Needs::ROW).await;
    assert_eq!(seen, account);
    let changed = subject.rename(&account, "New").await;
    let (seen, _) = subject.seen(&account.id, Needs::ROW).await;
    assert_eq!(seen, changed);
}

pub async fn a_decision_gets_no_facts_that_it_did_not_ask_for(subject: &UserStoreUnderTest) {
    let admin = subject.insert(an_admin("ada")).await;
    let (_, facts) = subject.seen(&admin.id, Needs::ROW).await;
    assert_eq!(facts, Facts::default());
}

pub async fn the_facts_are_the_enabled_administrators_by_id(subject: &UserStoreUnderTest) {
    let ask = async |id: &UserId| {
        let (_, facts) = subject.seen(id, Needs::ENABLED_ADMINISTRATORS).await;
        facts.enabled_administrators
    };
    let ada = subject.insert(user("ada")).await;
    assert!(ask(&ada.id).await.is_empty());
    for text in ["b", "ä", "C", "a"] {
        let admin = User {
            id: id(text),
            ..an_admin(&format!("admin-{text}"))
        };
        subject.insert(admin).await;
    }
    let disabled = User {
        role: Role::Admin,
        ..a_disabled_user("grace")
    };
    let deleted = User {
        status: Status::Deleted,
        ..an_admin("joan")
    };
    subject.insert(disabled).await;
    subject.insert(deleted).await;
    let expected = ["C", "a", "b", "ä"].map(id);
    assert_eq!(ask(&ada.id).await, expected);
    assert_eq!(ask(&id("b")).await, expected);
}

pub async fn an_update_returns_the_row_as_written(subject: &UserStoreUnderTest) {
    let account = subject.insert(full("ada")).await;
    let written = subject.rename(&account, "New").await;
    let expected = User {
        first_name: PersonName::from_stored("New".to_owned()),
        version: account.version + 1,
        ..account
    };
    assert_eq!(written, expected);
    assert_eq!(subject.get(&expected.id).await, expected);
}

pub async fn every_field_but_id_and_version_can_be_changed(subject: &UserStoreUnderTest) {
    let bare = User {
        username: None,
        secret: None,
        created_at: None,
        verified_at: None,
        ..user("bare")
    };
    let whole = full("whole");
    let mut version = bare.version;
    let account = subject.insert(bare.clone()).await;
    // There and back: absent values become present ones, and absent again.
    for to in [whole, bare] {
        version += 1;
        let expected = User {
            id: account.id.clone(),
            version,
            ..to
        };
        let target = expected.clone();
        let change = decide(move |user| *user = target.clone());
        assert_eq!(subject.update(&account, change).await.unwrap(), expected);
        assert_eq!(subject.get(&account.id).await, expected);
    }
}

pub async fn each_change_raises_the_version_by_one(subject: &UserStoreUnderTest) {
    let account = subject.insert(user("ada")).await;
    for (name, raised) in [("A", 1), ("B", 2), ("C", 3)] {
        let changed = subject.rename(&account, name).await;
        assert_eq!(changed.version, account.version + raised);
    }
}

pub async fn a_change_to_nothing_writes_nothing(subject: &UserStoreUnderTest) {
    for account in [user("ada"), full("grace")] {
        subject.insert(account.clone()).await;
        let unchanged = subject.update(&account, decide(|_| ())).await.unwrap();
        assert_eq!(unchanged, account);
        assert_eq!(subject.get(&account.id).await, account);
    }
    assert!(subject.effects().await.is_empty());
}

pub async fn effects_without_a_change_are_committed_all_the_same(subject: &UserStoreUnderTest) {
    let account = subject.insert(user("ada")).await;
    let effects = vec![effect("ada", 1), effect("ada", 2)];
    let change = decide_with(effects.clone(), |_| ());
    assert_eq!(subject.update(&account, change).await.unwrap(), account);
    assert_eq!(subject.get(&account.id).await, account);
    assert_eq!(subject.effects().await, effects);
}

pub async fn an_update_commits_its_effects_in_order(subject: &UserStoreUnderTest) {
    let account = subject.insert(user("ada")).await;
    let effects: Vec<_> = (0..5).map(|number| effect("ada", number)).collect();
    let change = decide_with(effects.clone(), |user| {
        user.updated_by = Some("me".to_owned());
    });
    subject.update(&account, change).await.unwrap();
    assert_eq!(subject.effects().await, effects);
}

pub async fn effects_stand_in_the_order_of_their_commits(subject: &UserStoreUnderTest) {
    let first = vec![effect("ada", 0)];
    let account = subject.store.insert(user("ada"), first).await.unwrap();
    for number in 1..10 {
        let next = vec![effect("ada", number)];
        if number % 2 == 0 {
            subject.outbox.add(next).await.unwrap();
        } else {
            let by = number.to_string();
            let change = decide_with(next, move |user| user.updated_by = Some(by.clone()));
            subject.update(&account, change).await.unwrap();
        }
    }
    let expected: Vec<_> = (0..10).map(|number| effect("ada", number)).collect();
    assert_eq!(subject.effects().await, expected);
}

pub async fn a_refused_update_says_what_the_decision_said_and_changes_nothing(
    subject: &UserStoreUnderTest,
) {
    let account = subject.insert(user("ada")).await;
    let decide: Arc<Decide> = Arc::new(|_: &User, _: &Facts| Err(Error::Forbidden));
    for needs in [Needs::ROW, Needs::ENABLED_ADMINISTRATORS] {
        let refused = subject
            .store
            .update(&account.id, needs, decide.clone())
            .await;
        assert!(
            matches!(refused, Err(StoreError::Refused(Error::Forbidden))),
            "{refused:?}"
        );
    }
    assert_eq!(subject.get(&account.id).await, account);
    assert!(subject.effects().await.is_empty());
}

pub async fn an_update_refused_for_a_taken_name_changes_nothing(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    let grace = subject.insert(user("grace")).await;
    let change = decide_with(vec![effect("grace", 0)], |user| {
        user.email = Email::from_stored("ada@example.com".to_owned());
        user.role = Role::Admin;
    });
    assert_taken(&subject.update(&grace, change).await, ConflictField::Email);
    assert_eq!(subject.get(&grace.id).await, grace);
    assert!(subject.effects().await.is_empty());
}

pub async fn the_id_of_a_row_cannot_be_changed(subject: &UserStoreUnderTest) {
    let account = subject.insert(user("ada")).await;
    subject.insert(user("grace")).await;
    for other in ["another", "id-of-grace"] {
        let change = decide(move |user| {
            user.id = id(other);
            user.updated_by = Some(other.to_owned());
        });
        let changed = subject.update(&account, change).await.unwrap();
        assert_eq!(
            (&changed.id, changed.updated_by.as_deref()),
            (&account.id, Some(other))
        );
        assert_eq!(subject.get(&account.id).await, changed);
    }
    assert_eq!(subject.store.find(&id("another")).await.unwrap(), None);
    assert_eq!(subject.get(&id("id-of-grace")).await, user("grace"));
    // Nothing but the id: nothing to write.
    let before = subject.get(&account.id).await;
    let change = decide(|user| user.id = id("another"));
    assert_eq!(subject.update(&account, change).await.unwrap(), before);
}

pub async fn the_version_is_the_stores_business(subject: &UserStoreUnderTest) {
    let account = subject.insert(user("ada")).await;
    let change = decide(|user| user.version = 99);
    assert_eq!(subject.update(&account, change).await.unwrap(), account);
    let change = decide(|user| {
        user.version = 99;
        user.updated_by = Some("me".to_owned());
    });
    let changed = subject.update(&account, change).await.unwrap();
    assert_eq!(changed.version, account.version + 1);
    assert_eq!(subject.get(&account.id).await, changed);
}

pub async fn an_update_of_an_unknown_id_is_not_found(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    let asked = Arc::new(AtomicU32::new(0));
    let count = asked.clone();
    let change = decide_with(vec![effect("ada", 0)], move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    for unknown in ["", "ID-OF-ADA", "id-of-ada ", "unknown"] {
        for needs in [Needs::ROW, Needs::ENABLED_ADMINISTRATORS] {
            let answer = subject
                .store
                .update(&id(unknown), needs, change.clone())
                .await;
            assert!(matches!(answer, Err(StoreError::NotFound)), "{answer:?}");
        }
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert!(subject.effects().await.is_empty());
}

pub async fn an_update_touches_no_other_row(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(user("grace")).await;
    subject.rename(&ada, "New").await;
    assert_eq!(subject.get(&grace.id).await, grace);
}
