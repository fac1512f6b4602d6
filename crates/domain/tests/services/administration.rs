//! What is decided about accounts.

use std::sync::Arc;
use std::time::Duration;

use users_domain::authorization::Operation;
use users_domain::error::Unauthenticated::{InvalidCredentials, InvalidToken, MissingToken};
use users_domain::model::{BearerToken, Caller, Effect, EffectKind, Role, Status, TokenKind, User};
use users_domain::ports::Ports;
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::{MockOutbox, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    administrator, assert_forbidden, assert_not_enabled, assert_not_found, assert_stale,
    assert_unauthenticated, assert_unverified, context, fakes_with, holder, login, signed_in,
    stored, waiting,
};

async fn give_role(users: &Users, caller: &Caller, name: &str, role: Role) -> Result<User, Error> {
    users
        .administration
        .update_role(&context(), caller, &people::id_of(name), None, role)
        .await
}

/// Takes an account to a status.
async fn set(users: &Users, caller: &Caller, name: &str, status: Status) -> Result<User, Error> {
    set_as_seen(users, caller, name, None, status).await
}

async fn set_as_seen(
    users: &Users,
    caller: &Caller,
    name: &str,
    version: Option<i64>,
    status: Status,
) -> Result<User, Error> {
    let (administration, context, id) = (&users.administration, context(), people::id_of(name));
    match status {
        Status::Enabled => administration.enable(&context, caller, &id, version).await,
        Status::Disabled => administration.disable(&context, caller, &id, version).await,
        Status::Deleted => administration.delete(&context, caller, &id, version).await,
    }
}

/// Everything that takes an administrator's rights away.
async fn bring_down(users: &Users, caller: &Caller, name: &str) -> Vec<Result<User, Error>> {
    vec![
        give_role(users, caller, name, Role::User).await,
        set(users, caller, name, Status::Disabled).await,
        set(users, caller, name, Status::Deleted).await,
    ]
}

fn with_status(name: &str, status: Status) -> User {
    User {
        status,
        ..people::user(name)
    }
}

fn assert_last<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(
        matches!(answer, Err(Error::LastAdministrator)),
        "{answer:?}"
    );
}

fn assert_assigned<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(
        matches!(answer, Err(Error::StatusAlreadyAssigned)),
        "{answer:?}"
    );
}

async fn is_honoured(fakes: &Fakes, operation: Operation, token: &BearerToken) -> bool {
    let access = fakes.users().access;
    access.identify(operation, Some(token)).await.is_ok()
}

fn ended_sessions(fakes: &Fakes) -> usize {
    let effects = fakes.store.effects(EffectKind::EndSessions);
    let ada = people::ada().id;
    let expected = Effect::EndSessions { user: ada };
    assert!(effects.iter().all(|effect| *effect == Ok(expected.clone())));
    effects.len()
}

#[tokio::test]
async fn an_administrator_gives_and_takes_roles() {
    let fakes = fakes_with([people::ada(), people::an_admin("root")]);
    for (role, version) in [(Role::Admin, 2), (Role::User, 3)] {
        let ada = give_role(&fakes.users(), &administrator(), "ada", role)
            .await
            .unwrap();
        assert_eq!((ada.role, ada.version), (role, version));
        assert_eq!(ada.updated_by.as_deref(), Some("id-of-root"));
        assert_eq!(stored(&fakes, "ada"), ada);
        assert_eq!(waiting(&fakes).len(), usize::try_from(version).unwrap() - 1);
    }
}

#[tokio::test]
async fn the_same_role_again_changes_nothing_and_tells_nobody() {
    let fakes = fakes_with([people::an_admin("root"), people::ada()]);
    for (name, role) in [("root", Role::Admin), ("ada", Role::User)] {
        let users = fakes.users();
        let same = give_role(&users, &administrator(), name, role).await;
        assert_eq!(same.unwrap(), stored(&fakes, name));
    }
    assert_eq!(stored(&fakes, "ada"), people::ada());
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_role_counts_for_tokens_that_were_issued_before() {
    let fakes = fakes_with([people::ada(), people::an_admin("root")]);
    let pair = signed_in(&fakes, "ada").await;
    for (role, may) in [(Role::Admin, true), (Role::User, false)] {
        give_role(&fakes.users(), &administrator(), "ada", role)
            .await
            .unwrap();
        assert_eq!(
            is_honoured(&fakes, Operation::List, &pair.access).await,
            may
        );
    }
}

#[tokio::test]
async fn nobody_else_decides_and_the_store_is_not_asked() {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        outbox: Arc::new(MockOutbox::new()),
        ..Fakes::new().ports()
    };
    let users = Users::new(ports, Settings::default());
    let all = [Status::Enabled, Status::Disabled, Status::Deleted];
    let ada = people::principal(people::ada(), TokenKind::Access);
    assert_forbidden(&give_role(&users, &ada, "ada", Role::Admin).await);
    assert_forbidden(&set(&users, &ada, "ada", Status::Enabled).await);
    for status in all {
        assert_forbidden(&set(&users, &ada, "grace", status).await);
        let root = people::principal(people::an_admin("root"), TokenKind::PersonalAccess);
        assert_forbidden(&set(&users, &root, "ada", status).await);
        let root = people::principal(people::an_admin("root"), TokenKind::Refresh);
        assert_unauthenticated(&set(&users, &root, "ada", status).await, InvalidToken);
        let nobody = set(&users, &Caller::Anonymous, "ada", status).await;
        assert_unauthenticated(&nobody, MissingToken);
    }
    let unverified = people::principal(people::an_unverified_user("ada"), TokenKind::Access);
    for status in [Status::Disabled, Status::Deleted] {
        assert_unverified(&set(&users, &unverified, "ada", status).await);
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_found() {
    let fakes = Fakes::new();
    let users = fakes.users();
    assert_not_found(&give_role(&users, &administrator(), "ada", Role::Admin).await);
    for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
        assert_not_found(&set(&users, &administrator(), "ada", status).await);
    }
}

#[tokio::test]
async fn only_enabled_accounts_are_given_a_role() {
    for status in [Status::Disabled, Status::Deleted] {
        let fakes = fakes_with([with_status("ada", status)]);
        let users = fakes.users();
        for role in [Role::Admin, Role::User] {
            assert_not_enabled(&give_role(&users, &administrator(), "ada", role).await);
        }
    }
}

#[tokio::test]
async fn a_status_is_given_from_any_other_and_not_twice() {
    let all = [Status::Enabled, Status::Disabled, Status::Deleted];
    for before in all {
        for wanted in all {
            let fakes = fakes_with([with_status("ada", before)]);
            let users = fakes.users();
            let answer = set(&users, &administrator(), "ada", wanted).await;
            if before == wanted {
                assert_assigned(&answer);
                assert_eq!(fakes.store.users(), [with_status("ada", before)]);
                assert!(waiting(&fakes).is_empty());
                assert_eq!(ended_sessions(&fakes), 0);
                continue;
            }
            let ada = answer.unwrap();
            assert_eq!((ada.status, ada.version), (wanted, 2));
            assert_eq!(ada.updated_by.as_deref(), Some("id-of-root"));
            assert_eq!(ada.updated_at, Some(people::ada().created_at.unwrap()));
            assert_eq!(waiting(&fakes).len(), 1);
            assert_eq!(
                ended_sessions(&fakes),
                usize::from(wanted != Status::Enabled)
            );
        }
    }
}

#[tokio::test]
async fn a_person_leaves_and_does_not_come_back_by_himself() {
    for status in [Status::Disabled, Status::Deleted] {
        let fakes = fakes_with([people::ada()]);
        let pair = signed_in(&fakes, "ada").await;
        let caller = holder(&fakes, "ada");
        set(&fakes.users(), &caller, "ada", status).await.unwrap();
        for (operation, token) in [
            (Operation::ViewProfile, &pair.access),
            (Operation::RefreshToken, &pair.refresh),
            (Operation::Enable, &pair.access),
        ] {
            assert!(!is_honoured(&fakes, operation, token).await);
        }
        let personal = fakes
            .tokens
            .token(&people::ada().id, TokenKind::PersonalAccess);
        assert!(!is_honoured(&fakes, Operation::ViewProfile, &personal).await);
        let credentials = fakes.users().credentials;
        let answer = credentials.issue_token(&context(), login("ada")).await;
        assert_unauthenticated(&answer, InvalidCredentials);
    }
}

/// A suspension kills tokens for good: lifting it brings none of them back.
#[tokio::test]
async fn tokens_of_before_a_suspension_stay_dead() {
    for status in [Status::Disabled, Status::Deleted] {
        let fakes = fakes_with([people::ada()]);
        let pair = signed_in(&fakes, "ada").await;
        let users = fakes.users();
        set(&users, &administrator(), "ada", status).await.unwrap();
        set(&users, &administrator(), "ada", Status::Enabled)
            .await
            .unwrap();
        assert!(!is_honoured(&fakes, Operation::ViewProfile, &pair.access).await);
        assert!(!is_honoured(&fakes, Operation::RefreshToken, &pair.refresh).await);
        // Who signs in again in the same second stays signed in.
        let pair = signed_in(&fakes, "ada").await;
        assert!(is_honoured(&fakes, Operation::ViewProfile, &pair.access).await);
        assert!(is_honoured(&fakes, Operation::RefreshToken, &pair.refresh).await);
    }
}

/// The second suspension ends what was issued since the first, however quickly it follows.
#[tokio::test]
async fn every_suspension_ends_what_was_issued_before_it() {
    let fakes = fakes_with([people::ada()]);
    fakes.clock.advance(Duration::from_millis(200));
    let users = fakes.users();
    for _ in 0..3 {
        let pair = signed_in(&fakes, "ada").await;
        assert!(is_honoured(&fakes, Operation::ViewProfile, &pair.access).await);
        set(&users, &administrator(), "ada", Status::Disabled)
            .await
            .unwrap();
        set(&users, &administrator(), "ada", Status::Enabled)
            .await
            .unwrap();
        assert!(!is_honoured(&fakes, Operation::ViewProfile, &pair.access).await);
        assert!(!is_honoured(&fakes, Operation::RefreshToken, &pair.refresh).await);
    }
}

#[tokio::test]
async fn the_last_enabled_administrator_stays_one() {
    let fakes = fakes_with([
        people::an_admin("root"),
        people::ada(),
        User {
            status: Status::Disabled,
            ..people::an_admin("former")
        },
    ]);
    let before = fakes.store.users();
    for caller in [administrator(), Caller::Operator] {
        for answer in bring_down(&fakes.users(), &caller, "root").await {
            assert_last(&answer);
        }
    }
    assert_eq!(fakes.store.users(), before);
    assert!(waiting(&fakes).is_empty());
    // Anybody else may go, an administrator who is suspended already too.
    let users = fakes.users();
    set(&users, &administrator(), "ada", Status::Deleted)
        .await
        .unwrap();
    set(&users, &administrator(), "former", Status::Deleted)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_last_but_one_may_go_in_any_way() {
    for way in 0..3 {
        let fakes = fakes_with([people::an_admin("root"), people::an_admin("chief")]);
        let users = fakes.users();
        let mut answers = match way {
            0 => vec![give_role(&users, &administrator(), "chief", Role::User).await],
            1 => vec![set(&users, &administrator(), "chief", Status::Disabled).await],
            _ => vec![set(&users, &administrator(), "chief", Status::Deleted).await],
        };
        answers.remove(0).unwrap();
        for answer in bring_down(&users, &administrator(), "root").await {
            assert_last(&answer);
        }
    }
}

/// Both were let in as administrators before either was demoted: the lock decides.
#[tokio::test]
async fn two_administrators_who_demote_each_other_leave_one() {
    for way in 0..3 {
        let fakes = fakes_with([people::an_admin("root"), people::an_admin("chief")]);
        let users = fakes.users();
        let (root, chief) = (holder(&fakes, "root"), holder(&fakes, "chief"));
        let mut first = bring_down(&users, &root, "chief").await;
        first.swap_remove(0).unwrap();
        let mut second = bring_down(&users, &chief, "root").await;
        assert_last(&second.swap_remove(way));
        assert!(stored(&fakes, "root").is_enabled_administrator());
    }
}

#[tokio::test]
async fn who_says_what_he_saw_decides_about_nothing_else() {
    for version in [6, 8] {
        for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
            let fakes = fakes_with([User {
                version: 7,
                ..people::ada()
            }]);
            let users = fakes.users();
            let answer = set_as_seen(&users, &administrator(), "ada", Some(version), status).await;
            assert_stale(&answer);
            let role = users
                .administration
                .update_role(
                    &context(),
                    &administrator(),
                    &people::ada().id,
                    Some(version),
                    Role::User,
                )
                .await;
            assert_stale(&role);
            assert!(waiting(&fakes).is_empty());
        }
    }
    let fakes = fakes_with([people::ada()]);
    let users = fakes.users();
    set_as_seen(&users, &administrator(), "ada", Some(1), Status::Disabled)
        .await
        .unwrap();
}
