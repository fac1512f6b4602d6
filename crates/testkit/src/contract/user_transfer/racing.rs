//! Imports beside each other, and beside everybody else who writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use users_domain::model::{Arrival, ConflictField, Email, ImportOutcome, Needs, User, Username};
use users_domain::ports::{ImportMode, StoreError, UserTransfer};

use super::{
    EMAIL, ID, IMPORTED, THERE, USERNAME, UserTransferUnderTest, id, numbered, people, plain,
};
use crate::contract::calls::{at_once, on_a_thread};
use crate::contract::material::{decide, effect};
use crate::people::user;

/// How often a race is run.
const ROUNDS: usize = 10;

/// Takes accounts in, each chunk by a call of its own.
async fn import(
    transfer: Arc<dyn UserTransfer>,
    accounts: Vec<Arrival>,
    chunk: usize,
) -> Vec<ImportOutcome> {
    let mut import = transfer.begin_import(ImportMode::Write).await.unwrap();
    let mut outcomes = Vec::new();
    for accounts in accounts.chunks(chunk) {
        outcomes.extend(import.add(accounts).await.unwrap());
    }
    import.finish().await.unwrap();
    outcomes
}

/// An account of its own id and address whose username is one that others want too, in one of two
/// spellings.
fn wanting(own: &str, wanted: &str) -> User {
    User {
        username: Some(Username::from_stored(wanted.to_owned())),
        ..user(own)
    }
}

/// The same about the address.
fn addressed(own: &str, wanted: &str) -> User {
    User {
        email: Email::from_stored(format!("{wanted}@example.com")),
        username: None,
        ..user(own)
    }
}

pub async fn imports_beside_each_other_see_what_the_other_committed(
    subject: &UserTransferUnderTest,
) {
    let mut one = subject.begin(ImportMode::Write).await;
    let mut other = subject.begin(ImportMode::Write).await;
    for number in 0..4 {
        let name = format!("user{number}");
        let account = people([name.as_str()]);
        let twin = [plain(User {
            id: id(&format!("twin{number}")),
            ..user(&name)
        })];
        assert_eq!(one.add(&account).await.unwrap(), [IMPORTED]);
        assert_eq!(other.add(&account).await.unwrap(), [THERE]);
        assert_eq!(other.add(&twin).await.unwrap(), [EMAIL]);
        std::mem::swap(&mut one, &mut other);
    }
    one.finish().await.unwrap();
    other.finish().await.unwrap();
    assert_eq!(subject.count().await, 4);
}

pub async fn imports_of_the_same_accounts_at_once_take_each_in_once(
    subject: &UserTransferUnderTest,
) {
    const ACCOUNTS: usize = 60;
    let accounts: Vec<_> = (0..ACCOUNTS)
        .map(|number| {
            let Arrival { user, .. } = numbered("user", number);
            let effects = vec![effect(user.id.as_str(), number as u64)];
            Arrival {
                user,
                has_id: true,
                effects,
            }
        })
        .collect();
    let mut backwards = accounts.clone();
    backwards.reverse();
    let calls = [accounts.clone(), backwards, accounts.clone()]
        .map(|accounts| import(subject.transfer.clone(), accounts, 7));
    let mut outcomes = at_once(calls).await;
    outcomes[1].reverse();
    for number in 0..ACCOUNTS {
        let of_each: Vec<_> = outcomes.iter().map(|outcomes| outcomes[number]).collect();
        let imported = of_each.iter().filter(|outcome| **outcome == IMPORTED);
        let there = of_each.iter().filter(|outcome| **outcome == THERE);
        assert_eq!((imported.count(), there.count()), (1, 2), "{of_each:?}");
    }
    assert_eq!(subject.count().await, ACCOUNTS);
    let mut effects = subject.effects().await;
    assert_eq!(effects.len(), ACCOUNTS);
    for account in &accounts {
        assert!(effects.contains(&account.effects[0]));
    }
    effects.dedup();
    assert_eq!(effects.len(), ACCOUNTS);
}

pub async fn imports_at_once_never_make_twins(subject: &UserTransferUnderTest) {
    for round in 0..ROUNDS {
        let calls = (0..4).map(|number| {
            let own = |part: &str| format!("{part}{round}-{number}");
            let wanted = format!("W{round}");
            let spelled = if number % 2 == 0 {
                wanted.clone()
            } else {
                wanted.to_ascii_lowercase()
            };
            let accounts = vec![
                plain(wanting(&own("a"), &spelled)),
                plain(addressed(&own("b"), &spelled)),
            ];
            import(subject.transfer.clone(), accounts, 2)
        });
        let outcomes = at_once(calls.collect::<Vec<_>>()).await;
        for (place, refused) in [(0, USERNAME), (1, EMAIL)] {
            let of_place: Vec<_> = outcomes.iter().map(|outcomes| outcomes[place]).collect();
            let won = of_place.iter().filter(|outcome| **outcome == IMPORTED);
            let lost = of_place.iter().filter(|outcome| **outcome == refused);
            assert_eq!((won.count(), lost.count()), (1, 3), "{of_place:?}");
        }
    }
    subject.assert_no_twins().await;
}

pub async fn imports_and_registrations_at_once_never_make_twins(subject: &UserTransferUnderTest) {
    type Outcome = Result<bool, ConflictField>;
    for round in 0..ROUNDS {
        let wanted = format!("W{round}");
        let others: Vec<_> = (0..50)
            .map(|number| numbered(&format!("other{round}-"), number))
            .collect();
        let calls = (0..6).map(|number| {
            let own = format!("own{round}-{number}");
            let account = match number % 3 {
                0 => wanting(&own, &wanted),
                1 => wanting(&own, &wanted.to_ascii_lowercase()),
                // Even of the very id and names of another caller.
                _ => wanting(&format!("own{round}-0"), &wanted),
            };
            let (transfer, users) = (subject.transfer.clone(), subject.users.clone());
            let mut accounts = others.clone();
            async move {
                let outcome: Outcome = if number < 3 {
                    match users.insert(account, Vec::new()).await {
                        Ok(_) => Ok(true),
                        Err(StoreError::Conflict(field)) => Err(field),
                        Err(error) => panic!("{error:?}"),
                    }
                } else {
                    accounts.push(plain(account));
                    match import(transfer, accounts, 100).await.pop() {
                        Some(ImportOutcome::Imported) => Ok(true),
                        Some(ImportOutcome::AlreadyThere) => Ok(false),
                        Some(ImportOutcome::Refused(field)) => Err(field),
                        None => panic!("every account has an outcome"),
                    }
                };
                outcome
            }
        });
        let outcomes = at_once(calls.collect::<Vec<_>>()).await;
        let won = outcomes.iter().filter(|outcome| **outcome == Ok(true));
        assert_eq!(won.count(), 1, "{outcomes:?}");
        let having = subject.everybody().await.into_iter().filter(|user| {
            let username = user.username.as_ref().map(Username::folded);
            username == Some(wanted.to_ascii_lowercase())
        });
        assert_eq!(having.count(), 1, "{wanted}");
    }
    subject.assert_no_twins().await;
}

pub async fn imports_and_changes_of_names_at_once_never_make_twins(
    subject: &UserTransferUnderTest,
) {
    for round in 0..ROUNDS {
        let there = subject.insert(user(&format!("there{round}"))).await;
        let wanted = format!("w{round}");
        let email = Email::from_stored(format!("W{round}@example.com"));
        let users = subject.users.clone();
        let change = {
            let email = email.clone();
            async move {
                let change = decide(move |user| user.email = email.clone());
                match users.update(&there.id, Needs::ROW, change).await {
                    Ok(_) => true,
                    Err(StoreError::Conflict(ConflictField::Email)) => false,
                    Err(error) => panic!("{error:?}"),
                }
            }
        };
        let transfer = subject.transfer.clone();
        let account = plain(addressed(&format!("new{round}"), &wanted));
        let arrival = async move {
            let outcomes = import(transfer, vec![account], 1).await;
            assert!([IMPORTED, EMAIL].contains(&outcomes[0]), "{outcomes:?}");
            outcomes[0] == IMPORTED
        };
        let calls: [std::pin::Pin<Box<dyn Future<Output = bool> + Send>>; 2] =
            [Box::pin(change), Box::pin(arrival)];
        let won = at_once(calls).await;
        assert_ne!(won[0], won[1], "one of both has the address");
    }
    subject.assert_no_twins().await;
}

pub async fn of_one_call_all_is_seen_or_nothing(subject: &UserTransferUnderTest) {
    const CALLS: usize = 12;
    const EACH: usize = 50;
    let accounts: Vec<_> = (0..CALLS * EACH)
        .map(|number| numbered("user", number))
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let importing = on_a_thread({
        let (transfer, done) = (subject.transfer.clone(), done.clone());
        let runtime = tokio::runtime::Handle::current();
        move || {
            let outcomes = runtime.block_on(import(transfer, accounts, EACH));
            done.store(true, Ordering::SeqCst);
            outcomes
        }
    });
    while !done.load(Ordering::SeqCst) {
        let seen = subject.count().await;
        assert_eq!(seen % EACH, 0, "{seen} accounts");
    }
    assert_eq!(importing.await, vec![IMPORTED; CALLS * EACH]);
    assert_eq!(subject.count().await, CALLS * EACH);
}

pub async fn a_call_may_be_made_again(subject: &UserTransferUnderTest) {
    let accounts: Vec<_> = ["ada", "grace"]
        .map(|name| Arrival {
            has_id: true,
            user: user(name),
            effects: vec![effect(user(name).id.as_str(), 1)],
        })
        .to_vec();
    let taken = plain(User {
        id: user("ada").id,
        ..user("mary")
    });
    let all = [accounts.clone(), vec![taken]].concat();
    let mut import = subject.begin(ImportMode::Write).await;
    let outcomes = import.add(&all).await.unwrap();
    assert_eq!(outcomes, [IMPORTED, IMPORTED, ID]);
    for _ in 0..2 {
        assert_eq!(import.add(&all).await.unwrap(), [THERE, THERE, ID]);
    }
    import.finish().await.unwrap();
    let expected = [accounts[0].effects.clone(), accounts[1].effects.clone()].concat();
    assert_eq!(subject.effects().await, expected);
}
