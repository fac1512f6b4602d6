//! What the platform is told before the request is answered.

use std::sync::Arc;

use users_domain::model::{Caller, NewUser, PersonName, Role, Status, Username};
use users_domain::ports::{LEASE, Outbox, Ports};
use users_domain::services::{AdministratorOutcome, FirstAdministrator, Progress};
use users_domain::{Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::{Fakes, people};

use super::{RELATION, Scene, give_role, put, register, relation};
use crate::{administrator, context};

fn wanted() -> FirstAdministrator {
    FirstAdministrator {
        email: people::email_of("admin"),
        username: Username::parse("admin").unwrap(),
        first_name: PersonName::parse("first_name", "Super").unwrap(),
        last_name: PersonName::parse("last_name", "User").unwrap(),
        password: people::accepted_password_of("admin"),
    }
}

async fn ensure_administrator(users: &Users) -> AdministratorOutcome {
    let registration = &users.registration;
    let (context, wanted) = (context(), wanted());
    let outcome = registration.ensure_administrator(&context, &wanted);
    outcome.await.unwrap()
}

#[tokio::test]
async fn a_new_account_is_known_when_it_is_answered() {
    let scene = Scene::with([]);
    for role in [Role::User, Role::Admin] {
        for status in [Status::Enabled, Status::Disabled] {
            let new = NewUser {
                role,
                status,
                ..people::new_user(&format!("{role:?}-{status:?}"))
            };
            let registration = scene.users().registration;
            let made = registration.create(&context(), &administrator(), new).await;
            assert_eq!(scene.platform.role_of(&made.unwrap().id), Some(role));
        }
    }
    scene.assert_known();
    assert_eq!(scene.platform.calls().len(), 4, "each is told once");
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn who_registers_himself_is_known_too() {
    let scene = Scene::with([]);
    let registration = scene.users().registration;
    let (context, new) = (context(), people::new_user("ada"));
    let made = registration.create(&context, &Caller::Anonymous, new);
    made.await.unwrap();
    scene.assert_known();
}

#[tokio::test]
async fn who_is_not_made_is_not_told_of() {
    let scene = Scene::with([people::ada()]);
    register(&scene.users(), "ada").await.unwrap_err();
    assert!(scene.platform.calls().is_empty());
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn a_new_role_is_known_when_it_is_answered() {
    let scene = Scene::with([people::ada(), people::an_admin("root")]);
    for role in [Role::Admin, Role::User] {
        give_role(&scene.users(), "ada", role).await.unwrap();
        let known = scene.platform.role_of(&people::ada().id);
        assert_eq!(known, Some(role));
    }
    let expected = [put("ada", Role::Admin), put("ada", Role::User)];
    assert_eq!(scene.platform.calls(), expected);
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn the_same_role_again_and_a_refused_one_are_told_to_nobody() {
    let scene = Scene::with([people::ada(), people::an_admin("root")]);
    let users = scene.users();
    give_role(&users, "ada", Role::User).await.unwrap();
    give_role(&users, "root", Role::User).await.unwrap_err();
    give_role(&users, "nobody", Role::Admin).await.unwrap_err();
    assert!(scene.platform.calls().is_empty());
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn a_status_changes_no_relation() {
    let scene = Scene::with([people::ada(), people::an_admin("root")]);
    let (administration, root) = (scene.users().administration, administrator());
    let (context, ada) = (context(), people::ada().id);
    let disabled = administration.disable(&context, &root, &ada, None);
    disabled.await.unwrap();
    let enabled = administration.enable(&context, &root, &ada, None);
    enabled.await.unwrap();
    let deleted = administration.delete(&context, &root, &ada, None);
    deleted.await.unwrap();
    assert!(scene.platform.calls().is_empty());
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn the_first_administrator_is_known_at_once() {
    let scene = Scene::with([]);
    let outcome = ensure_administrator(&scene.users()).await;
    let AdministratorOutcome::Created(id) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(scene.platform.users(), [(id, Role::Admin)]);
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn an_administrator_who_is_there_is_told_of_again_by_the_relay() {
    let scene = Scene::with([people::an_admin("admin")]);
    ensure_administrator(&scene.users()).await;
    // A start does not wait for the platform.
    assert!(scene.platform.calls().is_empty());
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
}

#[tokio::test]
async fn an_outbox_that_is_away_stops_no_start() {
    let scene = Scene::with([people::an_admin("admin")]);
    let outbox: Arc<dyn Outbox> = Arc::new(scene.fakes.store.clone());
    let ports = Ports {
        outbox: Arc::new(Faulty::new(outbox, FaultPlan::always(Fault::Away))),
        ..scene.ports()
    };
    let users = Users::new(ports, Settings::default());
    let outcome = ensure_administrator(&users).await;
    assert!(matches!(outcome, AdministratorOutcome::Exists { .. }));
}

#[tokio::test]
async fn an_account_that_is_no_administrator_is_not_told_of_at_the_start() {
    let scene = Scene::with([people::user("admin"), people::an_admin("root")]);
    ensure_administrator(&scene.users()).await;
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn where_there_is_no_platform_nothing_is_queued() {
    let fakes = Fakes::new();
    let users = fakes.users();
    ensure_administrator(&users).await;
    ensure_administrator(&users).await;
    register(&users, "ada").await.unwrap();
    let made = fakes.store.users();
    let ada = made.iter().find(|user| user.role == Role::User).unwrap();
    let (administration, context, by) = (&users.administration, context(), administrator());
    let promoted = administration.update_role(&context, &by, &ada.id, None, Role::Admin);
    promoted.await.unwrap();
    assert!(fakes.store.effects(RELATION).is_empty());
}

#[tokio::test]
async fn who_has_no_platform_leaves_relations_to_who_has_one() {
    let scene = Scene::with([people::user("ada")]);
    let left = vec![relation("ada"), relation("grace")];
    scene.fakes.store.add(left.clone()).await.unwrap();
    let alone = Users::new(scene.fakes.ports(), Settings::default());
    for _ in 0..2 {
        let step = alone.relay.deliver_due(RELATION, 100).await.unwrap();
        assert_eq!(step, Progress::default());
        scene.fakes.clock.advance(LEASE);
    }
    let kept: Vec<_> = left.into_iter().map(Ok).collect();
    assert_eq!(scene.fakes.store.effects(RELATION), kept);
    // No lease was taken either.
    assert_eq!(scene.deliver().await.delivered, 2);
    scene.assert_known();
}
