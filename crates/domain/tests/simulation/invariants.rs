//! What must be true once the world is at rest, whatever happened before.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use users_domain::Error;
use users_domain::error::Unauthenticated::InvalidCredentials;
use users_domain::model::{
    Effect, EffectKind, EventOperation, MailContent, MailRequest, Notice, Proof, RequestContext,
    Role, Status, User, UserEvent, Username,
};
use users_domain::services::Login;
use users_testkit::people;
use uuid::Uuid;

use super::operations::Operation;
use super::possessions::password;
use super::world::{World, now};

pub(crate) fn check(world: &mut World) {
    what_was_committed_was_delivered_in_order(world);
    accounts_and_their_events_came_together(world);
    what_was_acknowledged_is_there(world);
    names_are_unique(world);
    there_is_an_administrator(world);
    what_is_over_was_ended(world);
    the_platform_knows_everybody(world);
    people_were_told(world);
    changed_addresses_were_asked(world);
    only_the_present_password_opens(world);
    who_lost_his_password_gets_back_in(world);
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
            effect => panic!("{effect:?}"),
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
    let stored: BTreeSet<_> = world.ledger.accounts().into_iter().collect();
    assert!(world.registered.is_subset(&stored));
    for user in world.fakes.store.users() {
        assert_eq!(world.ledger.account(&user.id), user);
    }
    for (operations, event) in [
        (
            vec![Operation::SignIn, Operation::SignInWithAnOldPassword],
            EventOperation::IssueToken,
        ),
        (
            vec![Operation::Refresh, Operation::RefreshWithACopy],
            EventOperation::RefreshToken,
        ),
        (vec![Operation::UpdateSecret], EventOperation::UpdateSecret),
        (vec![Operation::UpdateEmail], EventOperation::UpdateEmail),
        (vec![Operation::VerifyEmail], EventOperation::VerifyEmail),
        (vec![Operation::ResetSecret], EventOperation::ResetSecret),
        (vec![Operation::Restore], EventOperation::Enable),
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

fn there_is_an_administrator(world: &World) {
    let mut users = world.fakes.store.users();
    users.retain(User::is_enabled_administrator);
    assert!(!users.is_empty());
    assert!(world.tally(Operation::EnsureAdministrator).acknowledged <= 1);
}

/// The issuer was told of every session that somebody held and that was ended.
fn what_is_over_was_ended(world: &World) {
    let held: BTreeSet<_> = world.sessions.iter().map(|session| &session.id).collect();
    for session in world.fakes.store.sessions() {
        if held.contains(&session.id) {
            assert!(!world.ledger.is_dishonoured(&session.id));
        }
    }
}

/// As what he is, and nobody else.
fn the_platform_knows_everybody(world: &World) {
    let users = world.fakes.store.users().into_iter();
    let expected: Vec<_> = users.map(|user| (user.id, user.role)).collect();
    assert_eq!(world.platform.users(), expected);
    let administers = |(_, role): &(_, Role)| *role == Role::Admin;
    assert!(expected.iter().any(administers));
}

fn parked_mails(world: &World) -> Vec<MailRequest> {
    let parked = world.fakes.store.parked(EffectKind::Mail).into_iter();
    parked
        .map(|item| match item.effect.unwrap() {
            Effect::Mail(request) => request,
            effect => panic!("{effect:?}"),
        })
        .collect()
}

/// Of each change of address or password, at least once.
fn people_were_told(world: &World) {
    let mut expected: HashMap<(Username, Notice), usize> = HashMap::new();
    for (user, notice) in world.ledger.notices() {
        let username = world.ledger.account(&user).username.unwrap();
        *expected.entry((username, notice)).or_default() += 1;
    }
    for request in parked_mails(world) {
        if let MailRequest::Notice { user, notice, .. } = request {
            let username = world.ledger.account(&user).username.unwrap();
            *expected.get_mut(&(username, notice)).unwrap() -= 1;
        }
    }
    assert!(!expected.is_empty());
    for (whom, times) in expected {
        let told = world.told.get(&whom).copied().unwrap_or_default();
        assert!(told >= times, "{times} changes, {told} notices");
    }
}

/// Whoever has had an address to prove ever since he changed it was mailed a link to it.
fn changed_addresses_were_asked(world: &World) {
    let parked = parked_mails(world);
    let mut asked = 0;
    for id in world.ledger.accounts() {
        let history = world.ledger.history(&id);
        let present = history.last().unwrap();
        let changed = history.iter().rposition(|user| user.email != present.email);
        let Some(changed) = changed else {
            continue;
        };
        let needs_it = |user: &User| !user.is_verified() && user.status == Status::Enabled;
        if !history[changed + 1..].iter().all(needs_it) {
            continue;
        }
        let request = MailRequest::Verification {
            user: id,
            address: present.email.clone(),
        };
        assert!(world.asked.contains(&present.email) || parked.contains(&request));
        asked += 1;
    }
    assert!(asked > 0);
}

fn only_the_present_password_opens(world: &World) {
    let credentials = &world.replicas[0].credentials;
    for id in world.ledger.accounts() {
        let history = world.ledger.history(&id);
        let account = history.last().unwrap();
        let username = account.username.as_ref().unwrap().as_str();
        let present = password(account);
        let typed: BTreeSet<String> = history.iter().map(password).collect();
        for typed in typed {
            let opens = typed == present && account.status == Status::Enabled;
            let login = Login::parse(username, typed, "").unwrap();
            match now(credentials.issue_token(&RequestContext::default(), login)) {
                Ok(_) => assert!(opens, "an old password opens"),
                Err(Error::Unauthenticated(InvalidCredentials)) => assert!(!opens),
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

fn who_lost_his_password_gets_back_in(world: &mut World) {
    let context = RequestContext::default();
    let users = world.replicas[0].clone();
    for replica in &world.replicas {
        now(replica.relay.release(EffectKind::Mail)).unwrap();
    }
    let mut accounts = world.fakes.store.users();
    accounts.retain(|account| account.status == Status::Enabled);
    accounts.truncate(10);
    for account in accounts {
        let asked = users
            .recovery
            .send_password_reset(&context, account.email.clone());
        now(asked).unwrap();
        let sent = now(users.relay.deliver_due(EffectKind::Mail, 1)).unwrap();
        let mails = world.fakes.mailer.take();
        let code = mails.into_iter().find_map(|mail| match mail.content {
            MailContent::Reset { code, .. } if mail.to == account.email => Some(code),
            _ => None,
        });
        let Some(code) = code else {
            assert_eq!(sent.parked, 1, "a few mails are never taken");
            continue;
        };
        let new = people::accepted_password_of(&world.fresh("back"));
        let proof = Proof::Digest(code.digest());
        let back = now(users.recovery.reset_secret(&context, &proof, &new)).unwrap();
        assert_eq!(back.id, account.id);
        let again = now(users.recovery.reset_secret(&context, &proof, &new));
        assert!(matches!(again, Err(Error::InvalidCode)), "{again:?}");
        // The notice of the change.
        now(users.relay.deliver_due(EffectKind::Mail, 1)).unwrap();
    }
}
