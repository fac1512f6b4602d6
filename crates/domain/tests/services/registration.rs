//! Making accounts.

use std::sync::Arc;
use std::time::Duration;

use users_domain::authorization::AccessPolicy;
use users_domain::error::Unauthenticated;
use users_domain::model::{
    Caller, ConflictField, Email, Metadata, NewUser, PictureUrl, Role, Status, Tags, TokenKind,
    User, Username,
};
use users_domain::ports::{HasherError, PasswordHasher, Ports, UserStore};
use users_domain::{Error, Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty, crash_after};
use users_testkit::mocks::{MockEventPublisher, MockOutbox, MockPasswordHasher, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    administrator, assert_forbidden, assert_invalid, assert_unauthenticated, assert_unavailable,
    context, fakes_with, said, waiting,
};

fn plain_user() -> Caller {
    people::principal(people::grace(), TokenKind::Access)
}

fn by_administrators_only() -> Settings {
    Settings {
        access: AccessPolicy {
            self_registration: false,
            ..AccessPolicy::default()
        },
        ..Settings::default()
    }
}

/// Services whose hasher, store and outbox fail the test when they are called.
fn nothing_may_happen(settings: Settings) -> Users {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        outbox: Arc::new(MockOutbox::new()),
        hasher: Arc::new(MockPasswordHasher::new()),
        ..Fakes::new().ports()
    };
    Users::new(ports, settings)
}

async fn register(users: &Users, caller: &Caller, new: NewUser) -> Result<User, Error> {
    users.registration.create(&context(), caller, new).await
}

#[tokio::test]
async fn anybody_makes_himself_an_account() {
    let fakes = Fakes::new();
    let new = NewUser {
        tags: Tags::parse(vec!["b".to_owned(), "a".to_owned()]).unwrap(),
        metadata: Metadata::parse("metadata", r#"{"n": 0.10}"#).unwrap(),
        private_metadata: Metadata::parse("private_metadata", r#"{"p":1}"#).unwrap(),
        profile_picture: Some(PictureUrl::parse("https://example.com/ada.png").unwrap()),
        ..people::new_user("ada")
    };
    let made = register(&fakes.users(), &Caller::Anonymous, new.clone())
        .await
        .unwrap();
    let expected = User {
        id: made.id.clone(),
        secret: made.secret.clone(),
        tags: new.tags,
        metadata: new.metadata,
        private_metadata: new.private_metadata,
        profile_picture: new.profile_picture,
        verified_at: None,
        ..people::ada()
    };
    assert_eq!(made, expected);
    assert_eq!(fakes.store.users(), [made]);
}

#[tokio::test]
async fn a_new_id_is_a_random_uuid() {
    let fakes = Fakes::new();
    for name in ["ada", "grace"] {
        register(&fakes.users(), &Caller::Anonymous, people::new_user(name))
            .await
            .unwrap();
    }
    let ids: Vec<String> = fakes
        .store
        .users()
        .iter()
        .map(|user| user.id.to_string())
        .collect();
    assert_ne!(ids[0], ids[1]);
    for id in ids {
        let parsed = uuid::Uuid::parse_str(&id).unwrap();
        assert_eq!((parsed.get_version_num(), id.len()), (4, 36));
    }
}

#[tokio::test]
async fn the_password_is_kept_as_a_hash_of_its_own() {
    let fakes = Fakes::new();
    let made = register(&fakes.users(), &Caller::Anonymous, people::new_user("ada"))
        .await
        .unwrap();
    let attempt = people::accepted_password_of("ada").as_attempt();
    let verdict = fakes.hasher.verify(&attempt, &made.secret.unwrap()).await;
    assert!(verdict.unwrap().matches);
    assert_eq!(fakes.hasher.hashes(), 1);
}

#[tokio::test]
async fn one_event_is_committed_with_the_account() {
    let fakes = Fakes::new();
    let new = NewUser {
        tags: Tags::parse(vec!["b".to_owned()]).unwrap(),
        metadata: Metadata::parse("metadata", r#"{"n":1}"#).unwrap(),
        private_metadata: Metadata::parse("private_metadata", r#"{"p":1}"#).unwrap(),
        ..people::new_user("ada")
    };
    let made = register(&fakes.users(), &Caller::Anonymous, new).await;
    let id = made.unwrap().id;
    let events = waiting(&fakes);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].key(), id.as_str());
    let occurred_at = 1_767_225_600_000_000_000_i64;
    let expected = serde_json::json!({
        "operation": "user.create",
        "event_id": events[0].id().to_string(),
        "occurred_at": occurred_at,
        "request_id": "request-1",
        "id": id.as_str(),
        "first_name": "Ada",
        "last_name": "Example",
        "username": "ada",
        "email": "ada@example.com",
        "tags": ["b"],
        "metadata": {"n": 1},
        "private_metadata": {"p": 1},
        "status": "enabled",
        "created_at": "2026-01-01T00:00:00Z",
        "token_type": "access token",
        "super_admin": false,
    });
    assert_eq!(said(&events[0]), expected);
}

#[tokio::test]
async fn no_event_holds_the_password_or_its_hash() {
    let fakes = Fakes::new();
    let made = register(&fakes.users(), &Caller::Anonymous, people::new_user("ada"))
        .await
        .unwrap();
    let json = waiting(&fakes)[0].json().to_owned();
    assert!(!json.contains(&people::password_of("ada")));
    assert!(!json.contains(made.secret.unwrap().as_str()));
}

#[tokio::test]
async fn an_administrator_gives_any_role_and_suspends_from_the_start() {
    for caller in [administrator(), Caller::Operator] {
        let fakes = Fakes::new();
        let new = NewUser {
            role: Role::Admin,
            status: Status::Disabled,
            ..people::new_user("ada")
        };
        let made = register(&fakes.users(), &caller, new).await.unwrap();
        assert_eq!((made.role, made.status), (Role::Admin, Status::Disabled));
    }
}

#[tokio::test]
async fn nobody_else_gives_himself_a_role() {
    for caller in [Caller::Anonymous, plain_user()] {
        let new = NewUser {
            role: Role::Admin,
            ..people::new_user("ada")
        };
        let users = nothing_may_happen(Settings::default());
        assert_forbidden(&register(&users, &caller, new).await);
    }
}

#[tokio::test]
async fn nobody_else_chooses_a_status() {
    for caller in [Caller::Anonymous, plain_user()] {
        let new = NewUser {
            status: Status::Disabled,
            ..people::new_user("ada")
        };
        let users = nothing_may_happen(Settings::default());
        assert_invalid(&register(&users, &caller, new).await, "status");
    }
}

#[tokio::test]
async fn nobody_makes_a_deleted_account() {
    for caller in [Caller::Anonymous, administrator(), Caller::Operator] {
        let new = NewUser {
            status: Status::Deleted,
            ..people::new_user("ada")
        };
        let users = nothing_may_happen(Settings::default());
        assert_invalid(&register(&users, &caller, new).await, "status");
    }
}

#[tokio::test]
async fn without_self_registration_only_administrators_make_accounts() {
    let users = nothing_may_happen(by_administrators_only());
    let new = people::new_user("ada");
    assert_unauthenticated(
        &register(&users, &Caller::Anonymous, new.clone()).await,
        Unauthenticated::MissingToken,
    );
    assert_forbidden(&register(&users, &plain_user(), new.clone()).await);
    for caller in [administrator(), Caller::Operator] {
        let users = Fakes::new().users_with(by_administrators_only());
        register(&users, &caller, new.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn a_personal_access_token_makes_no_accounts() {
    let caller = people::principal(people::an_admin("root"), TokenKind::PersonalAccess);
    for settings in [Settings::default(), by_administrators_only()] {
        let users = nothing_may_happen(settings);
        assert_forbidden(&register(&users, &caller, people::new_user("ada")).await);
    }
}

#[tokio::test]
async fn a_taken_field_is_named_and_leaves_nothing_behind() {
    let fakes = fakes_with([people::ada()]);
    let taken_email = NewUser {
        email: Email::parse("ADA@Example.com").unwrap(),
        ..people::new_user("somebody")
    };
    let taken_name = NewUser {
        username: Username::parse("Ada").unwrap(),
        ..people::new_user("somebody")
    };
    let both = people::new_user("ada");
    for (new, field) in [
        (taken_email, ConflictField::Email),
        (taken_name, ConflictField::Username),
        (both, ConflictField::Email),
    ] {
        let answer = register(&fakes.users(), &Caller::Anonymous, new).await;
        assert!(
            matches!(answer, Err(Error::Conflict { field: taken }) if taken == field),
            "{answer:?}"
        );
    }
    assert_eq!(fakes.store.users(), [people::ada()]);
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_busy_hasher_is_named_busy_and_nothing_is_stored() {
    let retry_after = Duration::from_secs(3);
    for (error, busy) in [
        (HasherError::Busy { retry_after }, true),
        (HasherError::Stopped, false),
    ] {
        let mut hasher = MockPasswordHasher::new();
        hasher.expect_hash().return_once(|_| Err(error));
        let ports = Ports {
            hasher: Arc::new(hasher),
            users: Arc::new(MockUserStore::new()),
            ..Fakes::new().ports()
        };
        let users = Users::new(ports, Settings::default());
        let answer = register(&users, &Caller::Anonymous, people::new_user("ada")).await;
        match answer {
            Err(Error::Busy { retry_after: after }) => assert!(busy && after == retry_after),
            answer => {
                assert!(!busy);
                assert_unavailable(&answer, "password hasher");
            }
        }
    }
}

/// Services whose store does this.
fn with_faulty_store(fakes: &Fakes, plan: FaultPlan) -> Users {
    let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
    let ports = Ports {
        users: Arc::new(Faulty::new(store, plan)),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn a_store_that_is_away_is_named() {
    let fakes = Fakes::new();
    let users = with_faulty_store(&fakes, FaultPlan::always(Fault::Away));
    let answer = register(&users, &Caller::Anonymous, people::new_user("ada")).await;
    assert_unavailable(&answer, "user store");
    assert!(fakes.store.users().is_empty());
}

#[tokio::test]
async fn an_account_whose_answer_was_lost_is_whole() {
    let fakes = Fakes::new();
    let users = with_faulty_store(&fakes, FaultPlan::once(Fault::LostAnswer));
    let answer = register(&users, &Caller::Anonymous, people::new_user("ada")).await;
    assert_unavailable(&answer, "user store");
    assert_eq!((fakes.store.users().len(), waiting(&fakes).len()), (1, 1));
    let again = register(&users, &Caller::Anonymous, people::new_user("ada")).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
}

#[test]
fn a_registration_that_is_given_up_is_wholly_done_or_undone() {
    let mut made = Vec::new();
    for waits in 0..4 {
        let fakes = Fakes::new();
        let users = with_faulty_store(&fakes, FaultPlan::always(Fault::Slow));
        let new = people::new_user("ada");
        let answer = crash_after(waits, register(&users, &Caller::Anonymous, new));
        assert_eq!(answer.is_some(), waits > 1);
        assert_eq!(fakes.store.users().len(), waiting(&fakes).len());
        made.push(fakes.store.users().len());
    }
    assert_eq!(made, [0, 1, 1, 1]);
}

#[tokio::test]
async fn no_registration_waits_for_the_platform() {
    let fakes = Fakes::new();
    let ports = Ports {
        publisher: Arc::new(MockEventPublisher::new()),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    register(&users, &Caller::Anonymous, people::new_user("ada"))
        .await
        .unwrap();
    assert_eq!(waiting(&fakes).len(), 1);
}
