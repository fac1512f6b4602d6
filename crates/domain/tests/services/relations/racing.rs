//! Several who tell the platform of one account, and accounts that change while it is told.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use users_domain::model::{Role, User};
use users_domain::ports::{LEASE, Outbox, PlatformRelations, Ports, UserStore};
use users_domain::{Settings, Users};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::people;

use super::{Scene, give_role, put, register, relation};

/// Carries two calls to their ends; each bit of the order says whose turn it is.
fn in_turns(order: u32, one: impl Future, other: impl Future) {
    let mut context = Context::from_waker(Waker::noop());
    let (mut one, mut other) = (pin!(one), pin!(other));
    let mut ended = [false, false];
    let mut go_on = |ended: &mut [bool; 2], turn: usize| {
        if ended[turn] {
            return;
        }
        ended[turn] = match turn {
            0 => is_over(one.as_mut(), &mut context),
            _ => is_over(other.as_mut(), &mut context),
        };
    };
    for bit in 0..u32::BITS {
        go_on(&mut ended, usize::from(order & (1 << bit) != 0));
    }
    while ended != [true, true] {
        go_on(&mut ended, 0);
        go_on(&mut ended, 1);
    }
}

fn is_over<F: Future>(call: Pin<&mut F>, context: &mut Context<'_>) -> bool {
    matches!(call.poll(context), Poll::Ready(_))
}

#[test]
fn two_changes_of_a_role_at_once_end_as_the_account_does() {
    let mut rewritten = 0;
    for order in 0..1 << 12 {
        let scene = Scene::with([people::ada(), people::an_admin("root")]);
        let slow = || FaultPlan::always(Fault::Slow);
        let platform: Arc<dyn PlatformRelations> = Arc::new(scene.platform.clone());
        let store: Arc<dyn UserStore> = Arc::new(scene.fakes.store.clone());
        let ports = Ports {
            users: Arc::new(Faulty::new(store, slow())),
            ..scene.ports_with(Arc::new(Faulty::new(platform, slow())))
        };
        let users = Users::new(ports, Settings::default());
        let [up, down] = [Role::Admin, Role::User].map(|role| give_role(&users, "ada", role));
        // Whoever is second may find the role given already.
        in_turns(order, up, down);
        let ada = scene.fakes.store.users().remove(0);
        let calls = scene.platform.calls();
        assert_eq!(calls.last(), Some(&put("ada", ada.role)), "{order:b}");
        assert_eq!(scene.waiting(), 0, "{order:b}");
        rewritten += usize::from(calls.len() > 2);
    }
    assert!(rewritten > 0, "somebody saw that the account had changed");
}

#[tokio::test]
async fn a_role_that_changes_meanwhile_is_told_again() {
    let scene = Scene::with([people::ada(), people::an_admin("root")]);
    let (store, platform) = (scene.fakes.store.clone(), scene.platform.clone());
    let users = scene.users_whose_platform(move || {
        if platform.calls().is_empty() {
            store.put(people::ada());
        }
    });
    give_role(&users, "ada", Role::Admin).await.unwrap();
    let expected = [put("ada", Role::Admin), put("ada", Role::User)];
    assert_eq!(scene.platform.calls(), expected);
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn an_account_that_goes_meanwhile_is_forgotten() {
    let scene = Scene::with([]);
    let (store, nothing) = (scene.fakes.store.clone(), scene.fakes.store.snapshot());
    let users = scene.users_whose_platform(move || store.restore(&nothing).unwrap());
    register(&users, "ada").await.unwrap();
    assert!(scene.platform.users().is_empty());
    assert_eq!(scene.platform.calls().len(), 2);
}

/// An account whose role changes whenever the platform is told of it, after a time.
fn restless(scene: &Scene, pause: Duration) -> Users {
    let (store, clock) = (scene.fakes.store.clone(), scene.fakes.clock.clone());
    scene.users_whose_platform(move || {
        clock.advance(pause);
        let ada = store.users().remove(0);
        let role = match ada.role {
            Role::User => Role::Admin,
            Role::Admin => Role::User,
        };
        store.put(User { role, ..ada });
    })
}

#[tokio::test]
async fn an_account_that_never_rests_keeps_nobody_waiting() {
    for (pause, told) in [(Duration::ZERO, 5), (LEASE / 2, 2), (LEASE, 1)] {
        let scene = Scene::with([people::ada(), people::an_admin("root")]);
        let users = restless(&scene, pause);
        give_role(&users, "ada", Role::Admin).await.unwrap();
        assert_eq!(scene.platform.calls().len(), told, "{pause:?}");
        assert_eq!(scene.waiting(), 1);
        assert_eq!(scene.deliver().await.delivered, 1);
        let ada = scene.fakes.store.users().remove(0);
        assert_eq!(scene.platform.role_of(&ada.id), Some(ada.role));
    }
}

#[tokio::test]
async fn the_relay_tries_an_account_that_never_rests_later() {
    let scene = Scene::with([people::ada()]);
    scene.fakes.store.add(vec![relation("ada")]).await.unwrap();
    let relay = restless(&scene, Duration::ZERO).relay;
    let step = relay.deliver_due(super::RELATION, 1).await.unwrap();
    assert_eq!((step.delivered, step.retried), (0, 1));
    assert_eq!(scene.platform.calls().len(), 5);
}

#[tokio::test]
async fn whoever_tells_longer_than_he_holds_has_the_relay_tell_again() {
    let scene = Scene::with([]);
    let clock = scene.fakes.clock.clone();
    let users = scene.users_whose_platform(move || clock.advance(LEASE));
    register(&users, "ada").await.unwrap();
    assert_eq!(scene.waiting(), 1);
    assert_eq!(scene.deliver().await.delivered, 1);
    assert_eq!(scene.platform.calls().len(), 2);
    scene.assert_known();
}
