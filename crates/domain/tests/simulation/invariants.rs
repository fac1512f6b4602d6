//! What must be true once the world is at rest, whatever happened before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use users_domain::model::{Effect, Username};
use users_domain::model::{EffectKind, EventOperation, RequestContext, User, UserEvent};
use users_testkit::people;
use uuid::Uuid;

use super::operations::Operation;
use super::world::{World, now};

pub(crate) fn check(world: &World) {
    what_was_committed_was_delivered_in_order(world);
    accounts_and_their_events_came_together(world);
    what_was_acknowledged_is_there(world);
    names_are_unique(world);
    there_is_one_administrator(world);
    sessions_belong_to_accounts(world);
    everybody_can_sign_in(world);
}

/// Each at least once, a repeat being the same event, and in order for each key if repeats are
/// ignored.
fn what_was_committed_was_delivered_in_order(world: &World) {
    let parked: HashSet<Uuid> = world
        .fakes
        .store
        .parked(EffectKind::Event)
        .into_iter()
        .map(|item| match item.effect.unwrap() {
            Effect::Event(event) => event.id(),
        })
        .collect();
    assert!(!parked.is_empty(), "some events are never taken");
    let expected: Vec<UserEvent> = world
        .ledger
        .events()
        .into_iter()
        .filter(|event| !parked.contains(&event.id()))
        .collect();
    let published = world.fakes.publisher.events();
    let mut first: HashMap<Uuid, &UserEvent> = HashMap::new();
    let mut delivered = Vec::new();
    for event in &published {
        match first.insert(event.id(), event) {
            None => delivered.push(event.clone()),
            Some(before) => assert_eq!(before, event, "a repeat is the same event"),
        }
    }
    assert!(published.len() > delivered.len(), "some were repeated");
    assert_eq!(by_key(&delivered), by_key(&expected));
}

fn by_key(events: &[UserEvent]) -> BTreeMap<&str, Vec<Uuid>> {
    let mut keys: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
    for event in events {
        keys.entry(event.key()).or_default().push(event.id());
    }
    keys
}

fn committed(world: &World, operation: EventOperation) -> Vec<UserEvent> {
    let mut events = world.ledger.events();
    events.retain(|event| event.operation() == operation.as_str());
    events
}

fn accounts_and_their_events_came_together(world: &World) {
    let created = committed(world, EventOperation::Create);
    let mut keys: Vec<&str> = created.iter().map(UserEvent::key).collect();
    keys.sort_unstable();
    let users = world.fakes.store.users();
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(keys, ids, "an event for each account, an account for each");
}

fn what_was_acknowledged_is_there(world: &World) {
    let stored: BTreeMap<_, User> = world
        .fakes
        .store
        .users()
        .into_iter()
        .map(|user| (user.id.clone(), user))
        .collect();
    for (id, user) in &world.registered {
        assert_eq!(stored.get(id), Some(user));
    }
    for (operations, event) in [
        (vec![Operation::SignIn], EventOperation::IssueToken),
        (
            vec![Operation::Refresh, Operation::RefreshWithACopy],
            EventOperation::RefreshToken,
        ),
    ] {
        let tallies = operations.iter().map(|operation| world.tally(*operation));
        let (acknowledged, begun) = tallies.fold((0, 0), |(acknowledged, begun), tally| {
            (acknowledged + tally.acknowledged, begun + tally.begun)
        });
        let events = committed(world, event).len();
        assert!(
            (acknowledged..=begun).contains(&events),
            "{events} of {event:?}"
        );
    }
    assert!(world.ledger.exchanges() > 0);
}

fn names_are_unique(world: &World) {
    let users = world.fakes.store.users();
    let emails: BTreeSet<String> = users.iter().map(|user| user.email.folded()).collect();
    let names: BTreeSet<String> = users
        .iter()
        .filter_map(|user| user.username.as_ref().map(Username::folded))
        .collect();
    assert_eq!((emails.len(), names.len()), (users.len(), users.len()));
}

fn there_is_one_administrator(world: &World) {
    let mut users = world.fakes.store.users();
    users.retain(User::is_enabled_administrator);
    assert_eq!(users.len(), 1);
    assert!(world.tally(Operation::EnsureAdministrator).acknowledged <= 1);
}

fn sessions_belong_to_accounts(world: &World) {
    let ids: BTreeSet<_> = world
        .fakes
        .store
        .users()
        .into_iter()
        .map(|user| user.id)
        .collect();
    for session in world.fakes.store.sessions() {
        assert!(ids.contains(&session.user));
    }
}

fn everybody_can_sign_in(world: &World) {
    let credentials = &world.replicas[0].credentials;
    for user in world.registered.values() {
        let name = user.username.as_ref().unwrap().as_str();
        let login = people::login(name).unwrap();
        now(credentials.issue_token(&RequestContext::default(), login)).unwrap();
    }
}
