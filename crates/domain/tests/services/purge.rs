//! Deleted accounts that go for good: who is due.

mod carrying_out;

use std::time::Duration;

use users_domain::model::{
    Caller, DeletedAccount, Effect, EffectKind, Role, Status, TokenKind, User,
};
use users_domain::ports::Outbox;
use users_domain::services::Progress;
use users_domain::{Error, Settings, Users};
use users_testkit::Fakes;
use users_testkit::fakes::FixedClock;
use users_testkit::people::{self, an_admin, id_of, user};

use crate::{assert_forbidden, fakes_with};

const PURGE: EffectKind = EffectKind::Purge;
const MICROSECOND: Duration = Duration::from_micros(1);
const KEPT: Duration = Duration::from_hours(720);

/// Somebody whose account was deleted at the start.
fn deleted(name: &str) -> User {
    User {
        status: Status::Deleted,
        updated_at: Some(FixedClock::START),
        ..user(name)
    }
}

/// Fakes in which these accounts are there, when those deleted at the start are due.
fn fakes_when_due(accounts: impl IntoIterator<Item = User>) -> Fakes {
    let fakes = fakes_with(accounts);
    fakes.clock.advance(KEPT);
    fakes
}

/// The ids of those who are due.
async fn due(users: &Users) -> Vec<String> {
    let page = users.purge.due(&Caller::Operator, None, 1_000).await;
    let accounts = page.unwrap().accounts.into_iter();
    accounts.map(|account| account.id.to_string()).collect()
}

async fn queue(users: &Users) -> usize {
    let page = users.purge.queue_due(&Caller::Operator, None, 1_000).await;
    page.unwrap().accounts.len()
}

async fn carry_out(users: &Users, kind: EffectKind) -> Progress {
    let progress = users.relay.deliver_due(kind, 100).await.unwrap();
    users.relay.release(kind).await.unwrap();
    progress
}

fn is_there(fakes: &Fakes, name: &str) -> bool {
    fakes
        .store
        .users()
        .iter()
        .any(|user| user.id == id_of(name))
}

#[tokio::test]
async fn nobody_goes_before_the_time() {
    let fakes = fakes_with([deleted("ada")]);
    let users = fakes.users();
    fakes.clock.advance(KEPT.saturating_sub(MICROSECOND));
    assert!(due(&users).await.is_empty());
    assert_eq!(queue(&users).await, 0);
    assert!(fakes.store.effects(PURGE).is_empty());
    fakes.clock.advance(MICROSECOND);
    assert_eq!(due(&users).await, ["id-of-ada"]);
    assert_eq!(queue(&users).await, 1);
}

#[tokio::test]
async fn the_operator_says_how_long_the_deleted_are_kept() {
    let fakes = fakes_with([deleted("ada")]);
    for (delete_after, is_due) in [
        (Duration::ZERO, true),
        (MICROSECOND, false),
        (Duration::MAX, false),
    ] {
        let users = fakes.users_with(Settings {
            delete_after,
            ..Settings::default()
        });
        assert_eq!(
            due(&users).await.len(),
            usize::from(is_due),
            "{delete_after:?}"
        );
    }
}

#[tokio::test]
async fn whoever_is_not_deleted_never_goes() {
    let disabled = User {
        status: Status::Disabled,
        ..deleted("grace")
    };
    let fakes = fakes_when_due([user("ada"), disabled, an_admin("root")]);
    fakes.clock.advance(KEPT * 100);
    assert!(due(&fakes.users()).await.is_empty());
}

#[tokio::test]
async fn administrators_go_too() {
    let administrator = User {
        role: Role::Admin,
        ..deleted("root")
    };
    let fakes = fakes_when_due([administrator]);
    let users = fakes.users();
    assert_eq!(queue(&users).await, 1);
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert!(!is_there(&fakes, "root"));
}

#[tokio::test]
async fn an_account_of_which_nobody_knows_since_when_stays() {
    let odd = User {
        created_at: None,
        updated_at: None,
        ..deleted("ada")
    };
    let made_only = User {
        updated_at: None,
        ..deleted("grace")
    };
    let fakes = fakes_when_due([odd, made_only]);
    let users = fakes.users();
    assert_eq!(due(&users).await, ["id-of-grace"]);
    // Not even if somebody had it queued.
    let effect = Effect::Purge {
        user: id_of("ada"),
        deleted_at: FixedClock::START,
    };
    Outbox::add(&fakes.store, vec![effect]).await.unwrap();
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert!(is_there(&fakes, "ada"));
}

#[tokio::test]
async fn a_walk_finds_everybody_whatever_stands_between() {
    let odd = |name| User {
        created_at: None,
        updated_at: None,
        ..deleted(name)
    };
    let later = User {
        updated_at: Some(FixedClock::START + MICROSECOND),
        ..deleted("d")
    };
    let fakes = fakes_when_due([
        deleted("a"),
        odd("b"),
        odd("c"),
        later,
        user("e"),
        deleted("f"),
    ]);
    let users = fakes.users();
    for limit in [1, 2, 3, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = users.purge.queue_due(&Caller::Operator, after, limit).await;
            let page = page.unwrap();
            found.extend(page.accounts);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let account = |name| DeletedAccount {
            id: id_of(name),
            deleted_at: Some(FixedClock::START),
        };
        assert_eq!(found, [account("a"), account("f")], "{limit}");
    }
    assert_eq!(fakes.store.effects(PURGE).len(), 2);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let fakes = fakes_when_due([deleted("ada")]);
    let before = fakes.store.snapshot();
    due(&fakes.users()).await;
    assert_eq!(fakes.store.snapshot(), before);
}

#[tokio::test]
async fn only_the_operator_has_accounts_purged() {
    let fakes = fakes_when_due([deleted("ada")]);
    let users = fakes.users();
    let administrator = people::principal(an_admin("root"), TokenKind::Access);
    assert_forbidden(&users.purge.due(&administrator, None, 10).await);
    assert_forbidden(&users.purge.queue_due(&administrator, None, 10).await);
    let anybody = users.purge.queue_due(&Caller::Anonymous, None, 10).await;
    assert!(
        matches!(anybody, Err(Error::Unauthenticated(_))),
        "{anybody:?}"
    );
    assert!(fakes.store.effects(PURGE).is_empty());
}
