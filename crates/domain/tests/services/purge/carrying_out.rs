//! What becomes of an account that is due.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use users_domain::model::{Effect, EffectKind, Role, Status, TokenKind, User, UserId};
use users_domain::ports::{
    Domains, LEASE, Outbox, Platform, PlatformError, PlatformRelations, Ports, StoreError,
    UserStore,
};
use users_domain::services::Progress;
use users_domain::{Settings, Users};
use users_testkit::Fakes;
use users_testkit::fakes::{FixedClock, MemoryRelations, RecordingDomains, RelationCall};
use users_testkit::faults::{Fault, FaultPlan, Faulty, crash_after};
use users_testkit::mocks::{MockDomains, MockUserStore};
use users_testkit::people::{self, an_admin, id_of, user};

use super::{KEPT, PURGE, carry_out, deleted, fakes_when_due, is_there, queue};
use crate::{said, stored, waiting};

/// Who is gone for good, as the platform is told.
fn purged(fakes: &Fakes) -> Vec<String> {
    let events = waiting(fakes).into_iter();
    let purged = events.filter(|event| event.operation() == "user.purge");
    purged.map(|event| event.key().to_owned()).collect()
}

/// The services within a platform.
fn within(fakes: &Fakes, relations: &MemoryRelations, domains: &RecordingDomains) -> Users {
    let ports = Ports {
        platform: Platform {
            relations: Some(Arc::new(relations.clone())),
            domains: Some(Arc::new(domains.clone())),
            ..Platform::default()
        },
        ..fakes.ports()
    };
    Users::new(ports, Settings::default())
}

/// A platform that knows these users.
async fn knowing(names: &[&str]) -> MemoryRelations {
    let relations = MemoryRelations::new();
    for name in names {
        relations.put(&id_of(name), Role::User).await.unwrap();
    }
    relations
}

/// An administrator lifts a deletion.
async fn enable(users: &Users, name: &str) {
    let caller = people::principal(an_admin("root"), TokenKind::Access);
    let context = crate::context();
    let id = id_of(name);
    let enabled = users
        .administration
        .enable(&context, &caller, &id, None)
        .await;
    enabled.unwrap();
}

#[tokio::test]
async fn the_account_leaves_the_platform_and_goes_with_its_event() {
    let fakes = fakes_when_due([deleted("ada"), deleted("grace"), user("hedy")]);
    let relations = knowing(&["ada", "grace", "hedy"]).await;
    let domains = RecordingDomains::new();
    let users = within(&fakes, &relations, &domains);
    assert_eq!(queue(&users).await, 2);
    assert_eq!(carry_out(&users, PURGE).await.delivered, 2);
    assert_eq!(fakes.store.users(), [user("hedy")]);
    assert_eq!(domains.removed(), [id_of("ada"), id_of("grace")]);
    assert_eq!(relations.users(), [(id_of("hedy"), Role::User)]);
    let events = waiting(&fakes);
    for (event, name) in events.iter().zip(["ada", "grace"]) {
        assert_eq!(event.operation(), "user.purge");
        let mut said = said(event);
        let members = said.as_object_mut().unwrap();
        assert_eq!(
            members.remove("event_id"),
            Some(json!(event.id().to_string()))
        );
        assert!(members.remove("occurred_at").is_some());
        let expected = json!({
            "operation": "user.purge",
            "request_id": "",
            "id": format!("id-of-{name}"),
        });
        assert_eq!(said, expected);
    }
    assert_eq!(events.len(), 2);
    // Somebody may just be telling the platform what they were: so it forgets them once more.
    assert_eq!(fakes.store.effects(EffectKind::Relation).len(), 2);
    carry_out(&users, EffectKind::Relation).await;
    let forgotten = ["ada", "grace", "ada", "grace"].map(|name| RelationCall::Remove(id_of(name)));
    assert_eq!(relations.calls()[3..], forgotten);
}

#[tokio::test]
async fn each_is_removed_once_however_many_replicas_look() {
    let fakes = fakes_when_due((0..20).map(|number| deleted(&format!("user{number:02}"))));
    let relations = MemoryRelations::new();
    let domains = RecordingDomains::new();
    let replicas = [(); 3].map(|()| within(&fakes, &relations, &domains));
    for users in &replicas {
        assert_eq!(queue(users).await, 20);
    }
    assert_eq!(fakes.store.effects(PURGE).len(), 20);
    let first = replicas[0].relay.deliver_due(PURGE, 7).await.unwrap();
    assert_eq!((first.delivered, first.more), (7, true));
    let meanwhile = replicas[1].relay.deliver_due(PURGE, 100).await.unwrap();
    assert!(meanwhile.held_elsewhere);
    // The first one dies; a third looks for who is due meanwhile.
    assert_eq!(queue(&replicas[2]).await, 13);
    fakes.clock.advance(LEASE);
    assert_eq!(carry_out(&replicas[1], PURGE).await.delivered, 13);
    assert_eq!(carry_out(&replicas[2], PURGE).await.delivered, 0);
    assert!(fakes.store.users().is_empty());
    assert_eq!(domains.removed().len(), 20);
    assert_eq!(purged(&fakes).len(), 20);
}

#[tokio::test]
async fn while_the_domains_are_away_nothing_is_removed() {
    let fakes = fakes_when_due([deleted("ada")]);
    let relations = knowing(&["ada"]).await;
    let domains = RecordingDomains::new();
    let users = within(&fakes, &relations, &domains);
    domains.go_away();
    queue(&users).await;
    for _ in 0..5 {
        assert_eq!(carry_out(&users, PURGE).await.retried, 1);
        assert!(is_there(&fakes, "ada"));
        assert_eq!(relations.role_of(&id_of("ada")), Some(Role::User));
        // Whoever looks again meanwhile adds nothing.
        queue(&users).await;
        assert_eq!(fakes.store.effects(PURGE).len(), 1);
        fakes.clock.advance(Duration::from_mins(1));
    }
    assert!(waiting(&fakes).is_empty());
    domains.come_back();
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert_eq!(purged(&fakes), ["id-of-ada"]);
    assert_eq!(relations.role_of(&id_of("ada")), None);
}

#[tokio::test]
async fn while_the_relations_are_away_the_account_stays() {
    let fakes = fakes_when_due([deleted("ada")]);
    let relations = knowing(&["ada"]).await;
    let domains = RecordingDomains::new();
    let users = within(&fakes, &relations, &domains);
    relations.go_away();
    queue(&users).await;
    assert_eq!(carry_out(&users, PURGE).await.retried, 1);
    assert!(is_there(&fakes, "ada"));
    relations.come_back();
    fakes.clock.advance(Duration::from_mins(1));
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    // To leave once more does no harm.
    assert_eq!(domains.removed(), [id_of("ada"), id_of("ada")]);
    assert_eq!(purged(&fakes), ["id-of-ada"]);
}

#[tokio::test]
async fn domains_that_refuse_are_asked_again() {
    let fakes = fakes_when_due([deleted("ada")]);
    let mut domains = MockDomains::new();
    let mut answers = [Err(PlatformError::Refused), Ok(())].into_iter();
    domains
        .expect_remove_user()
        .times(2)
        .returning(move |_| answers.next().unwrap());
    let ports = Ports {
        platform: Platform {
            domains: Some(Arc::new(domains)),
            ..Platform::default()
        },
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    queue(&users).await;
    assert_eq!(carry_out(&users, PURGE).await.retried, 1);
    assert!(is_there(&fakes, "ada"));
    fakes.clock.advance(Duration::from_mins(1));
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert_eq!(purged(&fakes), ["id-of-ada"]);
}

/// Domains that answer, but only after some time.
struct Slow {
    clock: FixedClock,
    answers_after: Mutex<Duration>,
}

#[async_trait]
impl Domains for Slow {
    async fn remove_user(&self, _: &UserId) -> Result<(), PlatformError> {
        self.clock.advance(*self.answers_after.lock().unwrap());
        Ok(())
    }
}

#[tokio::test]
async fn a_slow_step_is_the_last_one_of_a_try() {
    let fakes = fakes_when_due([deleted("ada")]);
    let relations = knowing(&["ada"]).await;
    let domains = Arc::new(Slow {
        clock: fakes.clock.clone(),
        answers_after: Mutex::new(LEASE / 2 + Duration::from_millis(1)),
    });
    let ports = Ports {
        platform: Platform {
            relations: Some(Arc::new(relations.clone())),
            domains: Some(domains.clone()),
            ..Platform::default()
        },
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    queue(&users).await;
    assert_eq!(carry_out(&users, PURGE).await.retried, 1);
    assert_eq!(relations.role_of(&id_of("ada")), Some(Role::User));
    assert!(is_there(&fakes, "ada"));
    *domains.answers_after.lock().unwrap() = LEASE / 2;
    fakes.clock.advance(Duration::from_mins(1));
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert_eq!(relations.role_of(&id_of("ada")), None);
    assert!(!is_there(&fakes, "ada"));
}

#[tokio::test]
async fn who_was_enabled_meanwhile_stays_and_is_known_to_the_platform() {
    let fakes = fakes_when_due([deleted("ada"), an_admin("root")]);
    let relations = knowing(&["ada"]).await;
    let domains = RecordingDomains::new();
    let users = within(&fakes, &relations, &domains);
    queue(&users).await;
    // The store goes away when the platform has forgotten her already.
    let good: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
    let dying = Users::new(
        Ports {
            users: Arc::new(Faulty::new(good, FaultPlan::nth(2, Fault::Away))),
            platform: Platform {
                relations: Some(Arc::new(relations.clone())),
                ..Platform::default()
            },
            ..fakes.ports()
        },
        Settings::default(),
    );
    assert_eq!(carry_out(&dying, PURGE).await.retried, 1);
    assert_eq!(relations.role_of(&id_of("ada")), None);
    enable(&users, "ada").await;
    fakes.clock.advance(Duration::from_mins(1));
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert_eq!(stored(&fakes, "ada").status, Status::Enabled);
    assert!(domains.removed().is_empty());
    assert!(purged(&fakes).is_empty());
    carry_out(&users, EffectKind::Relation).await;
    assert_eq!(relations.role_of(&id_of("ada")), Some(Role::User));
}

#[tokio::test]
async fn who_was_enabled_and_deleted_anew_is_kept_as_long_again() {
    let fakes = fakes_when_due([deleted("ada"), an_admin("root")]);
    let users = fakes.users();
    queue(&users).await;
    enable(&users, "ada").await;
    let caller = people::principal(an_admin("root"), TokenKind::Access);
    let context = crate::context();
    let ada = id_of("ada");
    let again = users
        .administration
        .delete(&context, &caller, &ada, None)
        .await;
    again.unwrap();
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert!(is_there(&fakes, "ada"));
    fakes.clock.advance(KEPT);
    assert_eq!(queue(&users).await, 1);
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    assert!(!is_there(&fakes, "ada"));
}

/// An account that is enabled at the very moment when its row is to go.
#[tokio::test]
async fn the_locked_row_has_the_last_word() {
    let fakes = fakes_when_due([]);
    let mut store = MockUserStore::new();
    store.expect_find().returning(|_| Ok(Some(deleted("ada"))));
    store.expect_purge().returning(|_, decide| {
        let locked = User {
            status: Status::Enabled,
            ..deleted("ada")
        };
        match decide(&locked) {
            Ok(effects) => panic!("{effects:?}"),
            Err(error) => Err(StoreError::Refused(error)),
        }
    });
    let relations = knowing(&["ada"]).await;
    let ports = Ports {
        users: Arc::new(store),
        platform: Platform {
            relations: Some(Arc::new(relations.clone())),
            ..Platform::default()
        },
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    assert_eq!(purge_of(&fakes, &users, "ada").await.delivered, 1);
    let again = Effect::Relation {
        user: id_of("ada"),
        hold: None,
    };
    assert_eq!(fakes.store.effects(EffectKind::Relation), [Ok(again)]);
    assert!(purged(&fakes).is_empty());
}

/// Has an account removed that somebody found due.
async fn purge_of(fakes: &Fakes, users: &Users, name: &str) -> Progress {
    let effect = Effect::Purge {
        user: id_of(name),
        deleted_at: FixedClock::START,
    };
    Outbox::add(&fakes.store, vec![effect]).await.unwrap();
    carry_out(users, PURGE).await
}

#[tokio::test]
async fn an_account_that_others_hold_is_left_to_the_next_run() {
    let fakes = fakes_when_due([]);
    let mut store = MockUserStore::new();
    store.expect_find().returning(|_| Ok(Some(deleted("ada"))));
    store.expect_purge().returning(|_, _| Err(StoreError::Held));
    let relations = knowing(&["ada"]).await;
    let ports = Ports {
        users: Arc::new(store),
        platform: Platform {
            relations: Some(Arc::new(relations.clone())),
            ..Platform::default()
        },
        ..fakes.ports()
    };
    let users = Users::new(ports, Settings::default());
    // It is not tried again and again.
    let progress = purge_of(&fakes, &users, "ada").await;
    assert_eq!(
        (progress.delivered, progress.retried, progress.parked),
        (1, 0, 0)
    );
    assert!(fakes.store.effects(PURGE).is_empty());
    // It can still be enabled, so the platform has to know it.
    carry_out(&users, EffectKind::Relation).await;
    assert_eq!(relations.role_of(&id_of("ada")), Some(Role::User));
}

#[tokio::test]
async fn who_is_gone_already_is_not_told_of_again() {
    let fakes = fakes_when_due([]);
    let relations = MemoryRelations::new();
    let domains = RecordingDomains::new();
    let users = within(&fakes, &relations, &domains);
    assert_eq!(purge_of(&fakes, &users, "ada").await.delivered, 1);
    assert!(purged(&fakes).is_empty());
    assert!(domains.removed().is_empty());
}

/// Somebody tells the platform what the account is while it goes: he wrote last, and looks behind it
/// before the row is gone.
#[tokio::test]
async fn no_relation_outlives_the_account_that_was_told_of_at_once() {
    let fakes = fakes_when_due([deleted("ada")]);
    let relations = knowing(&["ada"]).await;
    let domains = RecordingDomains::new();
    let users = within(&fakes, &relations, &domains);
    let telling = Effect::Relation {
        user: id_of("ada"),
        hold: None,
    };
    Outbox::add(&fakes.store, vec![telling.clone()])
        .await
        .unwrap();
    queue(&users).await;
    assert_eq!(carry_out(&users, PURGE).await.delivered, 1);
    relations.put(&id_of("ada"), Role::User).await.unwrap();
    let effects = fakes.store.effects(EffectKind::Relation);
    assert_eq!(effects, [Ok(telling.clone()), Ok(telling)]);
    carry_out(&users, EffectKind::Relation).await;
    assert_eq!(relations.role_of(&id_of("ada")), None);
    let last = relations.calls().pop();
    assert_eq!(last, Some(RelationCall::Remove(id_of("ada"))));
}

/// The process ends at every place where it can.
#[test]
fn a_crash_between_any_two_steps_leaves_an_account_whole_or_gone() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut finished = false;
    for waits in 0..100 {
        let fakes = fakes_when_due([deleted("ada")]);
        let relations = runtime.block_on(knowing(&["ada"]));
        let domains = RecordingDomains::new();
        let users = within(&fakes, &relations, &domains);
        runtime.block_on(queue(&users));
        let slow = || FaultPlan::always(Fault::Slow);
        let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
        let outbox: Arc<dyn Outbox> = Arc::new(fakes.store.clone());
        let known: Arc<dyn PlatformRelations> = Arc::new(relations.clone());
        let left: Arc<dyn Domains> = Arc::new(domains.clone());
        let dying = Users::new(
            Ports {
                users: Arc::new(Faulty::new(store, slow())),
                outbox: Arc::new(Faulty::new(outbox, slow())),
                platform: Platform {
                    relations: Some(Arc::new(Faulty::new(known, slow()))),
                    domains: Some(Arc::new(Faulty::new(left, slow()))),
                    ..Platform::default()
                },
                ..fakes.ports()
            },
            Settings::default(),
        );
        finished = crash_after(waits, dying.relay.deliver_due(PURGE, 100)).is_some();
        // The row goes last, and with it the event is there.
        if !is_there(&fakes, "ada") {
            assert_eq!(domains.removed(), [id_of("ada")]);
            assert_eq!(relations.role_of(&id_of("ada")), None);
        }
        assert_eq!(purged(&fakes).is_empty(), is_there(&fakes, "ada"));
        fakes.clock.advance(LEASE);
        runtime.block_on(carry_out(&users, PURGE));
        assert!(!is_there(&fakes, "ada"));
        assert_eq!(purged(&fakes), ["id-of-ada"]);
        assert_eq!(relations.role_of(&id_of("ada")), None);
        assert!(fakes.store.effects(PURGE).is_empty());
        if finished {
            break;
        }
    }
    assert!(finished, "no crash came too late");
}
