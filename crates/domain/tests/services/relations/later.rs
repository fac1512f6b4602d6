//! What the platform is told when it can be.

use std::sync::Arc;
use std::time::Duration;

use users_domain::model::{Effect, Hold, Role};
use users_domain::ports::{Clock, LEASE, Outbox, PlatformRelations, Ports, UserStore};
use users_domain::{Settings, Users};
use users_testkit::fakes::RelationCall;
use users_testkit::faults::{Fault, FaultPlan, Faulty, crash_after};
use users_testkit::people;
use uuid::Uuid;

use super::{RELATION, Scene, give_role, put, register, relation};
use crate::assert_unavailable;

impl Scene {
    /// Services whose platform suffers from a plan.
    fn users_with_faulty_platform(&self, plan: FaultPlan) -> Users {
        let platform: Arc<dyn PlatformRelations> = Arc::new(self.platform.clone());
        let ports = self.ports_with(Arc::new(Faulty::new(platform, plan)));
        Users::new(ports, Settings::default())
    }
}

#[tokio::test]
async fn while_the_platform_is_away_accounts_are_made_and_it_learns_of_them_later() {
    let scene = Scene::with([]);
    scene.platform.go_away();
    register(&scene.users(), "ada").await.unwrap();
    assert_eq!(scene.waiting(), 1);
    // Nobody holds it any more: the relay tries at once.
    assert_eq!(scene.deliver().await.retried, 1);
    scene.platform.come_back();
    scene.fakes.clock.advance(Duration::from_secs(1));
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn while_the_platform_is_away_roles_are_given_and_it_learns_of_them_later() {
    let scene = Scene::with([people::ada(), people::an_admin("root")]);
    scene.platform.go_away();
    for role in [Role::Admin, Role::User, Role::Admin] {
        give_role(&scene.users(), "ada", role).await.unwrap();
    }
    assert_eq!(scene.waiting(), 3);
    scene.platform.come_back();
    assert_eq!(scene.deliver().await.delivered, 3);
    // The account is told of as it is, not as it was.
    assert_eq!(scene.platform.calls(), vec![put("ada", Role::Admin); 3]);
}

#[tokio::test]
async fn what_the_platform_did_without_an_answer_is_done_again() {
    let scene = Scene::with([]);
    let users = scene.users_with_faulty_platform(FaultPlan::once(Fault::LostAnswer));
    register(&users, "ada").await.unwrap();
    scene.assert_known();
    assert_eq!(scene.deliver().await.delivered, 1);
    assert_eq!(scene.platform.calls().len(), 2);
    scene.assert_known();
}

#[tokio::test]
async fn an_account_that_the_platform_refuses_is_there_and_its_relation_put_aside() {
    let scene = Scene::with([]);
    scene.platform.refuse(|_| true);
    register(&scene.users(), "ada").await.unwrap();
    assert_eq!(scene.deliver().await.parked, 1);
    assert_eq!(scene.fakes.store.parked(RELATION).len(), 1);
    // What follows is tried on its own.
    scene.platform.refuse(|_| false);
    let ada = scene.fakes.store.users().remove(0);
    let again = Effect::Relation {
        user: ada.id,
        hold: None,
    };
    scene.fakes.store.add(vec![again]).await.unwrap();
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
}

#[tokio::test]
async fn an_adapter_that_panics_fails_no_registration() {
    let scene = Scene::with([]);
    let users = scene.users_whose_platform(|| panic!("a test panics"));
    register(&users, "ada").await.unwrap();
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
}

#[tokio::test]
async fn what_is_held_no_relay_carries_out_until_it_must() {
    let scene = Scene::with([]);
    let users = scene.users_with_faulty_platform(FaultPlan::always(Fault::Hanging));
    // The process ends while it waits for the platform; the account is there.
    assert!(crash_after(10, register(&users, "ada")).is_none());
    assert_eq!((scene.fakes.store.users().len(), scene.waiting()), (1, 1));
    let due_at = scene.fakes.clock.now() + LEASE;
    for moment in [scene.fakes.clock.now(), due_at - Duration::from_micros(1)] {
        scene.fakes.clock.set(moment);
        assert_eq!(scene.deliver().await.delivered, 0);
    }
    scene.fakes.clock.set(due_at);
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
}

/// Services in which every call waits before and behind.
fn slow(scene: &Scene) -> Users {
    let plan = || FaultPlan::always(Fault::Slow);
    let platform: Arc<dyn PlatformRelations> = Arc::new(scene.platform.clone());
    let users: Arc<dyn UserStore> = Arc::new(scene.fakes.store.clone());
    let outbox: Arc<dyn Outbox> = Arc::new(scene.fakes.store.clone());
    let ports = Ports {
        users: Arc::new(Faulty::new(users, plan())),
        outbox: Arc::new(Faulty::new(outbox, plan())),
        ..scene.ports_with(Arc::new(Faulty::new(platform, plan())))
    };
    Users::new(ports, Settings::default())
}

#[tokio::test]
async fn wherever_the_process_ends_the_platform_comes_to_know() {
    let mut answered = Vec::new();
    for waits in 0..12 {
        let scene = Scene::with([people::ada(), people::an_admin("root")]);
        for name in ["ada", "root"] {
            scene.fakes.store.add(vec![relation(name)]).await.unwrap();
        }
        scene.deliver().await;
        let users = slow(&scene);
        let made = crash_after(waits, register(&users, "grace"));
        let given = crash_after(waits, give_role(&users, "ada", Role::Admin));
        assert_eq!(made.is_some(), given.is_some());
        answered.push(made.is_some());
        scene.fakes.clock.advance(LEASE);
        scene.deliver().await;
        scene.assert_known();
        assert_eq!(scene.waiting(), 0, "ended after {waits} waits");
    }
    // The account, the platform, the account again, the outbox: two waits each.
    let expected: Vec<bool> = (0..12).map(|waits| waits >= 8).collect();
    assert_eq!(answered, expected);
}

#[tokio::test]
async fn a_store_that_is_away_behind_the_commit_fails_no_registration() {
    for call in 2..4 {
        let scene = Scene::with([]);
        let users: Arc<dyn UserStore> = Arc::new(scene.fakes.store.clone());
        let ports = Ports {
            users: Arc::new(Faulty::new(users, FaultPlan::nth(call, Fault::Away))),
            ..scene.ports()
        };
        let users = Users::new(ports, Settings::default());
        register(&users, "ada").await.unwrap();
        scene.fakes.clock.advance(LEASE);
        scene.deliver().await;
        scene.assert_known();
        assert_eq!(scene.waiting(), 0);
    }
}

#[tokio::test]
async fn an_outbox_that_is_away_behind_the_commit_fails_no_registration() {
    for platform_is_away in [false, true] {
        let scene = Scene::with([]);
        let outbox: Arc<dyn Outbox> = Arc::new(scene.fakes.store.clone());
        let ports = Ports {
            outbox: Arc::new(Faulty::new(outbox, FaultPlan::always(Fault::Away))),
            ..scene.ports()
        };
        if platform_is_away {
            scene.platform.go_away();
        }
        let users = Users::new(ports, Settings::default());
        register(&users, "ada").await.unwrap();
        scene.platform.come_back();
        // It was neither settled nor let go, so it stays held until its moment.
        assert_eq!(scene.deliver().await.delivered, 0);
        scene.fakes.clock.advance(LEASE);
        assert_eq!(scene.deliver().await.delivered, 1);
        scene.assert_known();
    }
}

#[tokio::test]
async fn an_insert_whose_answer_was_lost_is_told_of_later() {
    let scene = Scene::with([]);
    let users: Arc<dyn UserStore> = Arc::new(scene.fakes.store.clone());
    let ports = Ports {
        users: Arc::new(Faulty::new(users, FaultPlan::once(Fault::LostAnswer))),
        ..scene.ports()
    };
    let users = Users::new(ports, Settings::default());
    assert_unavailable(&register(&users, "ada").await, "user store");
    assert!(scene.platform.calls().is_empty());
    scene.fakes.clock.advance(LEASE);
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
}

#[tokio::test]
async fn an_account_that_is_gone_is_forgotten() {
    let scene = Scene::with([people::ada()]);
    let both = vec![relation("ada"), relation("grace")];
    scene
        .platform
        .put(&people::grace().id, Role::Admin)
        .await
        .unwrap();
    scene.fakes.store.add(both).await.unwrap();
    assert_eq!(scene.deliver().await.delivered, 2);
    scene.assert_known();
    let last = scene.platform.calls().pop();
    assert_eq!(last, Some(RelationCall::Remove(people::grace().id)));
}

#[tokio::test]
async fn the_store_is_asked_later_where_it_is_away() {
    let scene = Scene::with([people::ada()]);
    scene.fakes.store.add(vec![relation("ada")]).await.unwrap();
    let users: Arc<dyn UserStore> = Arc::new(scene.fakes.store.clone());
    let ports = Ports {
        users: Arc::new(Faulty::new(users, FaultPlan::once(Fault::Away))),
        ..scene.ports()
    };
    let relay = Users::new(ports, Settings::default()).relay;
    let step = relay.deliver_due(RELATION, 1).await.unwrap();
    assert_eq!((step.delivered, step.retried), (0, 1));
    assert!(scene.platform.calls().is_empty());
}

#[tokio::test]
async fn a_hold_that_ran_out_is_no_longer_its_makers() {
    let scene = Scene::with([people::ada()]);
    let name = Uuid::from_u128(7);
    let held = Effect::Relation {
        user: people::ada().id,
        hold: Some(Hold {
            name,
            until: scene.fakes.clock.now(),
        }),
    };
    scene.fakes.store.add(vec![held]).await.unwrap();
    scene.fakes.store.settle_held(RELATION, name).await.unwrap();
    assert_eq!(scene.deliver().await.delivered, 1);
    scene.assert_known();
}
