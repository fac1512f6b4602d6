//! The administrator that a fresh service is given.

use std::sync::Arc;

use users_domain::model::{
    Email, Metadata, Page, PersonName, Role, Status, User, UserId, Username,
};
use users_domain::ports::{Ports, UserStore};
use users_domain::services::{AdministratorOutcome, FirstAdministrator};
use users_domain::{Error, Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::mocks::{MockPasswordHasher, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{assert_unavailable, context, fakes_with, said, typed, waiting};

fn wanted(email: &str) -> FirstAdministrator {
    FirstAdministrator {
        email: email.to_owned(),
        username: Username::parse("admin").unwrap(),
        first_name: PersonName::parse("first_name", "Super").unwrap(),
        last_name: PersonName::parse("last_name", "User").unwrap(),
        password: people::accepted_password_of("admin"),
    }
}

async fn ensure(users: &Users, email: &str) -> Result<AdministratorOutcome, Error> {
    let registration = &users.registration;
    registration
        .ensure_administrator(&context(), &wanted(email))
        .await
}

/// What comes out where these accounts are there, and no password may be hashed.
async fn outcome_with(accounts: &[User], email: &str) -> AdministratorOutcome {
    let fakes = fakes_with(accounts.iter().cloned());
    let ports = Ports {
        hasher: Arc::new(MockPasswordHasher::new()),
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    let outcome = ensure(&users, email).await.unwrap();
    assert_eq!(fakes.store.users(), accounts);
    outcome
}

fn id_of(outcome: &AdministratorOutcome) -> &UserId {
    match outcome {
        AdministratorOutcome::Created(id) => id,
        other => panic!("nobody was made: {other:?}"),
    }
}

#[tokio::test]
async fn a_fresh_service_gets_its_administrator() {
    let fakes = Fakes::new();
    let outcome = ensure(&fakes.users(), "admin@example.com").await.unwrap();
    let made = fakes.store.users().remove(0);
    assert_eq!(id_of(&outcome), &made.id);
    let expected = User {
        id: made.id.clone(),
        secret: made.secret.clone(),
        first_name: PersonName::from_stored("Super".to_owned()),
        last_name: PersonName::from_stored("User".to_owned()),
        metadata: Metadata::from_stored(r#"{"role":"admin"}"#.to_owned()),
        role: Role::Admin,
        ..people::an_unverified_user("admin")
    };
    assert_eq!(made, expected);
    let events = waiting(&fakes);
    assert_eq!((events.len(), events[0].key()), (1, made.id.as_str()));
    assert_eq!(said(&events[0])["operation"], "user.create");
    let login = typed("admin@example.com", &people::password_of("admin"));
    let credentials = fakes.users().credentials;
    credentials.issue_token(&context(), login).await.unwrap();
}

#[tokio::test]
async fn his_address_is_stored_byte_for_byte() {
    for email in ["Admin@Example.COM", "admin@localhost", "root"] {
        let fakes = Fakes::new();
        ensure(&fakes.users(), email).await.unwrap();
        assert_eq!(fakes.store.users()[0].email.as_str(), email);
    }
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let administrator = people::an_admin("admin");
    let outcome = outcome_with(std::slice::from_ref(&administrator), "admin@example.com").await;
    let expected = AdministratorOutcome::Exists {
        id: administrator.id,
        administrator: true,
    };
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn a_plain_account_of_the_address_stays_plain() {
    let plain = people::user("admin");
    let outcome = outcome_with(std::slice::from_ref(&plain), "admin@example.com").await;
    let expected = AdministratorOutcome::Exists {
        id: plain.id,
        administrator: false,
    };
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn another_administrator_is_enough() {
    let others = [people::an_admin("ada"), people::an_admin("grace")];
    let outcome = outcome_with(&others, "admin@example.com").await;
    let AdministratorOutcome::OtherAdministrators(mut ids) = outcome else {
        panic!("{outcome:?}");
    };
    ids.sort();
    assert_eq!(ids, others.map(|user| user.id));
}

#[tokio::test]
async fn an_administrator_who_is_not_enabled_is_not_enough() {
    let disabled = User {
        status: Status::Disabled,
        ..people::an_admin("ada")
    };
    let fakes = fakes_with([disabled, people::user("grace")]);
    let outcome = ensure(&fakes.users(), "admin@example.com").await.unwrap();
    id_of(&outcome);
}

#[tokio::test]
async fn a_taken_username_gets_a_suffix() {
    let named = |name: &str, username: &str| User {
        username: Some(Username::from_stored(username.to_owned())),
        ..people::user(name)
    };
    let fakes = fakes_with([named("ada", "ADMIN"), named("grace", "admin-2")]);
    let outcome = ensure(&fakes.users(), "admin@example.com").await.unwrap();
    let made = fakes.store.find(id_of(&outcome)).await.unwrap().unwrap();
    assert_eq!(made.username.unwrap().as_str(), "admin-3");
    assert_eq!(fakes.hasher.hashes(), 1);
    assert_eq!(waiting(&fakes).len(), 1);
}

#[tokio::test]
async fn an_address_that_a_disabled_account_holds_is_taken() {
    let disabled = people::a_disabled_user("admin");
    let fakes = fakes_with([disabled.clone()]);
    let outcome = ensure(&fakes.users(), "admin@example.com").await.unwrap();
    assert_eq!(outcome, AdministratorOutcome::EmailTaken);
    assert_eq!(fakes.store.users(), [disabled]);
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn an_address_that_differs_in_case_is_another_and_yet_taken() {
    let twin = User {
        email: Email::from_stored("Admin@example.com".to_owned()),
        ..people::user("somebody")
    };
    let fakes = fakes_with([twin.clone()]);
    let outcome = ensure(&fakes.users(), "admin@example.com").await.unwrap();
    assert_eq!(outcome, AdministratorOutcome::EmailTaken);
    assert_eq!(fakes.store.users(), [twin]);
}

#[tokio::test]
async fn an_administrator_made_between_two_looks_exists() {
    let mut store = MockUserStore::new();
    store.expect_find_by_login().return_once(|_| Ok(Vec::new()));
    store.expect_page().return_once(|_| {
        Ok(Page {
            items: vec![people::an_admin("admin")],
            total: 1,
            more: false,
        })
    });
    let ports = Ports {
        users: Arc::new(store),
        ..Fakes::new().ports()
    };
    let users = Users::new(ports, Settings::default());
    let exists = AdministratorOutcome::Exists {
        id: people::id_of("admin"),
        administrator: true,
    };
    assert_eq!(ensure(&users, "admin@example.com").await.unwrap(), exists);
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
async fn two_replicas_that_start_at_once_make_one_administrator() {
    let fakes = Fakes::new();
    // Both have looked before either writes.
    let replicas = [(); 2].map(|()| with_faulty_store(&fakes, FaultPlan::always(Fault::Slow)));
    let (one, other) = tokio::join!(
        ensure(&replicas[0], "admin@example.com"),
        ensure(&replicas[1], "admin@example.com")
    );
    let made = fakes.store.users();
    assert_eq!(made.len(), 1);
    let id = made[0].id.clone();
    let exists = AdministratorOutcome::Exists {
        id: id.clone(),
        administrator: true,
    };
    let outcomes = [one.unwrap(), other.unwrap()];
    assert!(outcomes.contains(&AdministratorOutcome::Created(id)));
    assert!(outcomes.contains(&exists));
    assert_eq!(waiting(&fakes).len(), 1);
}

#[tokio::test]
async fn a_store_that_is_away_is_named() {
    // Looking for the address, looking for administrators, adding the account.
    for call in 1..=3 {
        let fakes = Fakes::new();
        let users = with_faulty_store(&fakes, FaultPlan::nth(call, Fault::Away));
        assert_unavailable(&ensure(&users, "admin@example.com").await, "user store");
        assert!(fakes.store.users().is_empty());
    }
}
