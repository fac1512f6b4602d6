//! Calls at once: every race ends at a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use users_domain::Error;
use users_domain::model::{
    Change, ConflictField, Email, Facts, Needs, PersonName, Role, Status, User, UserFilter, UserId,
    UserQuery, Username,
};
use users_domain::ports::{Decide, StoreError, UserStore};

use super::UserStoreUnderTest;
use crate::contract::calls::at_once;
use crate::contract::material::{assert_taken, decide, decide_with, effect};
use crate::people::{an_admin, user};

/// How often a race is run.
const ROUNDS: usize = 20;

/// Demotes an administrator unless he is the last one: what the domain will decide.
fn demote() -> Arc<Decide> {
    Arc::new(|user: &User, facts: &Facts| {
        if facts.enabled_administrators.iter().all(|id| *id == user.id) {
            return Err(Error::Forbidden);
        }
        Ok(Change {
            user: User {
                role: Role::User,
                ..user.clone()
            },
            effects: Vec::new(),
        })
    })
}

async fn demoted(store: Arc<dyn UserStore>, id: UserId) -> bool {
    let needs = Needs::ENABLED_ADMINISTRATORS;
    match store.update(&id, needs, demote()).await {
        Ok(_) => true,
        Err(StoreError::Refused(Error::Forbidden)) => false,
        Err(error) => panic!("{error:?}"),
    }
}

impl UserStoreUnderTest {
    async fn administrators(&self) -> u64 {
        let filter = UserFilter {
            role: Some(Role::Admin),
            status: Some(Status::Enabled),
            ..UserFilter::default()
        };
        self.store.count(&filter).await.unwrap()
    }

    async fn promote(&self, user: &User) {
        let change = decide(|user| user.role = Role::Admin);
        self.update(user, change).await.unwrap();
    }
}

pub async fn two_administrators_demoting_each_other_at_once_never_both_succeed(
    subject: &UserStoreUnderTest,
) {
    let ada = subject.insert(an_admin("ada")).await;
    let grace = subject.insert(an_admin("grace")).await;
    for round in 0..200 {
        let demoted =
            at_once([&ada, &grace].map(|target| demoted(subject.store.clone(), target.id.clone())))
                .await;
        let succeeded = demoted.iter().filter(|demoted| **demoted).count();
        assert_eq!(
            (succeeded, subject.administrators().await),
            (1, 1),
            "round {round}"
        );
        for target in [&ada, &grace] {
            subject.promote(target).await;
        }
    }
}

pub async fn an_administrator_is_never_the_last_to_leave_in_any_crowd(
    subject: &UserStoreUnderTest,
) {
    let mut crowd = Vec::new();
    for number in 0..8 {
        crowd.push(subject.insert(an_admin(&format!("admin{number}"))).await);
    }
    for _ in 0..ROUNDS {
        let calls = crowd
            .iter()
            .map(|target| demoted(subject.store.clone(), target.id.clone()));
        let demoted = at_once(calls.collect::<Vec<_>>()).await;
        let succeeded = demoted.iter().filter(|demoted| **demoted).count();
        assert_eq!(
            (succeeded, subject.administrators().await),
            (crowd.len() - 1, 1)
        );
        for target in &crowd {
            subject.promote(target).await;
        }
    }
}

/// The same name, in another case for each number.
fn spelled(name: &str, number: usize) -> String {
    let letters = name.chars().enumerate();
    letters
        .map(|(position, letter)| {
            if position == number % name.len() {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        })
        .collect()
}

/// One call must have won, and the others lost for this field.
fn assert_one_winner(answers: &[Result<User, StoreError>], field: ConflictField) {
    let lost: Vec<_> = answers.iter().filter(|answer| answer.is_err()).collect();
    assert_eq!(lost.len() + 1, answers.len(), "{answers:?}");
    for answer in lost {
        assert_taken(answer, field);
    }
}

pub async fn of_many_inserts_of_one_name_at_once_one_wins(subject: &UserStoreUnderTest) {
    for round in 0..ROUNDS {
        for field in [ConflictField::Email, ConflictField::Username] {
            let answers = at_once((0..6).map(|number| {
                let mut account = user(&format!("{}{round}n{number}", field.as_str()));
                let wanted = spelled(&format!("wanted{round}"), number);
                match field {
                    ConflictField::Email => {
                        account.email = Email::from_stored(format!("{wanted}@example.com"));
                    }
                    _ => account.username = Some(Username::from_stored(wanted)),
                }
                let effects = vec![effect(account.id.as_str(), 0)];
                let store = subject.store.clone();
                async move { store.insert(account, effects).await }
            }))
            .await;
            assert_one_winner(&answers, field);
        }
    }
    // The losers left no effects.
    assert_eq!(subject.effects().await.len(), ROUNDS * 2);
}

pub async fn of_many_changes_to_one_name_at_once_one_wins(subject: &UserStoreUnderTest) {
    let mut people = Vec::new();
    for number in 0..6 {
        people.push(subject.insert(user(&format!("user{number}"))).await);
    }
    for round in 0..ROUNDS {
        let calls: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(number, person)| {
                let wanted = spelled(&format!("wanted{round}"), number);
                let change = decide(move |user| {
                    user.email = Email::from_stored(format!("{wanted}@example.com"));
                });
                let (store, id) = (subject.store.clone(), person.id.clone());
                async move { store.update(&id, Needs::ROW, change).await }
            })
            .collect();
        assert_one_winner(&at_once(calls).await, ConflictField::Email);
    }
}

pub async fn of_an_insert_and_a_change_to_one_name_at_once_one_wins(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let answers = at_once([true, false].map(|inserts| {
            let (store, ada) = (subject.store.clone(), ada.id.clone());
            async move {
                let wanted = Some(Username::from_stored(format!("wanted{round}")));
                if inserts {
                    let account = User {
                        username: wanted,
                        ..user(&format!("new{round}"))
                    };
                    store.insert(account, Vec::new()).await
                } else {
                    let change = decide(move |user| user.username.clone_from(&wanted));
                    store.update(&ada, Needs::ROW, change).await
                }
            }
        }))
        .await;
        assert_one_winner(&answers, ConflictField::Username);
    }
}

pub async fn of_many_inserts_of_one_id_at_once_one_wins(subject: &UserStoreUnderTest) {
    for round in 0..ROUNDS {
        let answers = at_once((0..6).map(|number| {
            let account = User {
                id: user(&format!("round{round}")).id,
                ..user(&format!("round{round}n{number}"))
            };
            let store = subject.store.clone();
            async move { store.insert(account, Vec::new()).await }
        }))
        .await;
        assert_one_winner(&answers, ConflictField::Id);
    }
}

pub async fn updates_of_different_fields_at_once_are_both_kept(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    for round in 0..ROUNDS {
        let name = PersonName::from_stored(format!("name {round}"));
        let (first, last) = (name.clone(), name.clone());
        let changes = [
            decide(move |user| user.first_name = first.clone()),
            decide(move |user| user.last_name = last.clone()),
        ];
        at_once(changes.map(|change| {
            let (store, id) = (subject.store.clone(), ada.id.clone());
            async move { store.update(&id, Needs::ROW, change).await.unwrap() }
        }))
        .await;
        let stored = subject.get(&ada.id).await;
        assert_eq!((&stored.first_name, &stored.last_name), (&name, &name));
    }
}

pub async fn no_update_is_lost(subject: &UserStoreUnderTest) {
    const WRITERS: u32 = 8;
    const EACH: u32 = 10;
    let ada = subject.insert(user("ada")).await;
    at_once((0..WRITERS).map(|_| {
        let (store, id) = (subject.store.clone(), ada.id.clone());
        async move {
            for _ in 0..EACH {
                let count = decide_with(vec![effect("ada", 0)], |user| {
                    user.tokens_valid_from = Some(user.tokens_valid_from.unwrap_or_default() + 1);
                });
                store.update(&id, Needs::ROW, count).await.unwrap();
            }
        }
    }))
    .await;
    let all = i64::from(WRITERS * EACH);
    let counted = subject.get(&ada.id).await;
    assert_eq!(counted.tokens_valid_from, Some(all));
    assert_eq!(counted.version, ada.version + all);
    assert_eq!(subject.effects().await.len(), (WRITERS * EACH) as usize);
}

pub async fn only_the_last_run_of_a_decision_counts(subject: &UserStoreUnderTest) {
    let people = [
        subject.insert(an_admin("ada")).await,
        subject.insert(an_admin("grace")).await,
    ];
    at_once((0..16).map(|number| {
        let (store, id) = (subject.store.clone(), people[number % 2].id.clone());
        async move {
            let runs = Arc::new(AtomicU32::new(0));
            let count = runs.clone();
            let change = decide(move |user| {
                let run = count.fetch_add(1, Ordering::Relaxed) + 1;
                user.updated_by = Some(format!("writer {number}, run {run}"));
            });
            let needs = Needs::ENABLED_ADMINISTRATORS;
            let written = store.update(&id, needs, change).await.unwrap();
            let last = runs.load(Ordering::Relaxed);
            let expected = format!("writer {number}, run {last}");
            assert_eq!(written.updated_by, Some(expected));
        }
    }))
    .await;
}

pub async fn a_page_and_its_total_are_of_one_moment(subject: &UserStoreUnderTest) {
    at_once((0..2).map(|call| {
        let store = subject.store.clone();
        async move {
            for number in 0..60 {
                if call == 0 {
                    let account = user(&format!("user{number}"));
                    store.insert(account, Vec::new()).await.unwrap();
                } else {
                    let query = UserQuery {
                        limit: 1_000,
                        ..UserQuery::default()
                    };
                    let page = store.page(&query).await.unwrap();
                    assert_eq!(page.items.len() as u64, page.total);
                    assert!(!page.more);
                }
            }
        }
    }))
    .await;
}
