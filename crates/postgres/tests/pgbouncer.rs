//! Behind PgBouncer in transaction mode, without kept statements: two replicas, many calls at once,
//! few connections to the server.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use users_domain::model::{
    Arrival, Change, Effect, EffectKind, Facts, ImportOutcome, Needs, PersonName, RefreshSession,
    TokenId, User, UserId,
};
use users_domain::ports::{
    Clock as _, ImportMode, LeaseHolder, Outbox, RefreshTokenStore, Rotation, StoreError,
    UserStore as _, UserTransfer as _,
};
use users_postgres::{Condition, PostgresSettings, PostgresStore};
use users_test_postgres::{PgBouncer, Server};
use users_testkit::contract::event;
use users_testkit::people::user;

#[allow(dead_code, reason = "every suite takes what it needs of it")]
#[path = "fixture/store.rs"]
mod fixture;

use fixture::{Fixture, settings};

const KIND: EffectKind = EffectKind::Event;
/// Calls that run at a time.
const AT_ONCE: usize = 50;
/// Sessions that each of them handles.
const ROUNDS: usize = 4;

fn pooler(fixture: &Fixture) -> (PgBouncer, PostgresSettings) {
    // More clients than servers: a connection is another one's after every transaction.
    let few = [("default_pool_size", "4"), ("max_client_conn", "200")];
    let server = Server::shared().superuser();
    let role = fixture.database.connection();
    let server = server.as_user(&role.user);
    let pooler = PgBouncer::start_with(&server, "transaction", &few).unwrap();
    let settings = PostgresSettings {
        statement_cache: false,
        ..settings(&pooler.connection(role))
    };
    (pooler, settings)
}

fn session(fixture: &Fixture, number: usize) -> RefreshSession {
    let now = fixture.clock.now();
    RefreshSession {
        id: TokenId::new(format!("session {number}")),
        user: UserId::from_stored(format!("user {}", number % 7)),
        description: None,
        generation: 0,
        created_at: now,
        expires_at: now + Duration::from_hours(1),
        rotated_at: None,
    }
}

/// Both ports have an `add`.
async fn tell(store: &PostgresStore, effects: Vec<Effect>) -> Result<(), StoreError> {
    Outbox::add(store, effects).await
}

/// What a session and the events of it go through.
async fn live(store: PostgresStore, session: RefreshSession) {
    let (id, user) = (session.id.clone(), session.user.clone());
    let key = id.as_str().to_owned();
    RefreshTokenStore::add(&store, session).await.unwrap();
    let events = (0..3).map(|number| Effect::Event(event(&key, number)));
    tell(&store, events.collect()).await.unwrap();
    for generation in 0..2 {
        let rotation = store.rotate(&id, generation, Duration::ZERO).await.unwrap();
        assert!(matches!(rotation, Rotation::Advanced(_)), "{rotation:?}");
    }
    let listed = store.list(&user).await.unwrap();
    assert!(listed.iter().any(|listed| listed.id == id));
    tell(&store, vec![Effect::Event(event(&key, 3))])
        .await
        .unwrap();
    assert!(store.revoke(&user, &id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_of_two_replicas_share_few_connections() {
    let fixture = Fixture::new();
    let (_pooler, settings) = pooler(&fixture);
    let stores = [0, 1].map(|_| fixture.open_with(settings.clone()));
    let lives = (0..AT_ONCE).map(|caller| {
        let store = stores[caller % stores.len()].clone();
        let sessions: Vec<_> = (0..ROUNDS)
            .map(|round| session(&fixture, caller * ROUNDS + round))
            .collect();
        tokio::spawn(async move {
            for session in sessions {
                live(store.clone(), session).await;
            }
        })
    });
    for done in join_all(lives).await {
        done.unwrap();
    }
    let me = LeaseHolder::new("me".to_owned());
    let claim = stores[0].claim(KIND, &me, u32::MAX).await;
    let claim = claim.unwrap().unwrap();
    assert_eq!(claim.items.len(), AT_ONCE * ROUNDS * 4);
    let settlements = claim.items.chunks(20).enumerate().map(|(number, items)| {
        let store = stores[number % stores.len()].clone();
        let ids: Vec<_> = items.iter().map(|item| item.id).collect();
        async move { store.done(KIND, claim.fence, &ids).await }
    });
    for settled in join_all(settlements).await {
        settled.unwrap();
    }
    assert_eq!(stores[1].depth(KIND).await.unwrap().pending, 0);
    let servers = fixture.database.query(&format!(
        "SELECT pid FROM pg_stat_activity
         WHERE datname = '{}' AND application_name = 'magistrala-users'",
        fixture.database.name()
    ));
    assert!((1..=4).contains(&servers.len()), "{servers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_too_long_is_stopped_on_the_server_too() {
    let fixture = Fixture::new();
    let (_pooler, settings) = pooler(&fixture);
    let store = fixture.open_with(PostgresSettings {
        statement_timeout: Duration::from_secs(1),
        ..settings
    });
    let lock = fixture.database.connection().open().unwrap();
    lock.try_query("BEGIN; LOCK TABLE outbox").unwrap();
    let late = tell(&store, vec![Effect::Event(event("a", 0))]).await;
    assert!(matches!(late, Err(StoreError::Unavailable)), "{late:?}");
    // Nobody waits for the lock any more, though it is still held.
    let waiting = format!(
        "SELECT pid FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
        fixture.database.name()
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    while !fixture.database.query(&waiting).is_empty() {
        assert!(Instant::now() < deadline, "the server goes on");
        tokio::task::yield_now().await;
    }
    lock.try_query("ROLLBACK").unwrap();
    tell(&store, vec![Effect::Event(event("b", 0))])
        .await
        .unwrap();
    let keys = fixture.database.query("SELECT key FROM outbox");
    assert_eq!(keys, [[Some("b".to_owned())]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_set_up_while_others_work() {
    let fixture = Fixture::new();
    let (_pooler, settings) = pooler(&fixture);
    for _ in 0..5 {
        // Each opens connections of its own, all at once and more than there are servers.
        let stores = [0, 1].map(|_| fixture.open_with(settings.clone()));
        let probes = (0..2 * AT_ONCE).map(|number| {
            let store = stores[number % stores.len()].clone();
            tokio::spawn(async move { store.probe().await })
        });
        for probed in join_all(probes).await {
            assert_eq!(probed.unwrap().unwrap(), Condition::Writable);
        }
        for store in stores {
            assert_eq!(store.stats().connect_errors, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_changed_and_found() {
    let fixture = Fixture::new();
    let (_pooler, settings) = pooler(&fixture);
    let stores = [0, 1].map(|_| fixture.open_with(settings.clone()));
    let lives = (0..AT_ONCE).map(|number| {
        let store = stores[number % stores.len()].clone();
        tokio::spawn(async move {
            let name = format!("person{number}");
            let made = store.insert(user(&name), vec![Effect::Event(event(&name, 0))]);
            let made = made.await.unwrap();
            let other_name = PersonName::from_stored("Another".to_owned());
            let decide = move |user: &User, _: &Facts| {
                Ok(Change {
                    user: User {
                        first_name: other_name.clone(),
                        ..user.clone()
                    },
                    effects: vec![Effect::Event(event(user.id.as_str(), 1))],
                })
            };
            let changed = store.update(&made.id, Needs::ROW, Arc::new(decide)).await;
            let changed = changed.unwrap();
            assert!(changed.version > made.version);
            assert_eq!(store.find(&made.id).await.unwrap(), Some(changed.clone()));
            let found = store.find_by_login(&name).await.unwrap();
            assert_eq!(found, [changed]);
        })
    });
    for done in join_all(lives).await {
        done.unwrap();
    }
    let pending = stores[0].depth(KIND).await.unwrap().pending;
    assert_eq!(pending, 2 * AT_ONCE as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_and_dry_runs_go_on_among_other_calls() {
    const EACH: usize = 20;
    let fixture = Fixture::new();
    let (_pooler, settings) = pooler(&fixture);
    let store = fixture.open_with(settings);
    let arrivals = |batch: usize| {
        let numbers = batch * EACH..(batch + 1) * EACH;
        let arrival = |number| {
            let user = user(&format!("arrival{number}"));
            let effects = vec![Effect::Event(event(user.id.as_str(), 0))];
            Arrival {
                user,
                has_id: true,
                effects,
            }
        };
        numbers.map(arrival).collect::<Vec<_>>()
    };
    for mode in [ImportMode::DryRun, ImportMode::Write] {
        let mut import = store.begin_import(mode).await.unwrap();
        for batch in 0..5 {
            // Others use all connections to the server in turn meanwhile.
            let registered = (0..AT_ONCE).map(|number| {
                let store = store.clone();
                let name = format!("{mode:?}{batch}-{number}");
                tokio::spawn(async move { store.insert(user(&name), Vec::new()).await.unwrap() })
            });
            let registered: Vec<_> = registered.collect();
            let outcomes = import.add(&arrivals(batch)).await.unwrap();
            assert_eq!(outcomes, [ImportOutcome::Imported; EACH]);
            let outcomes = import.add(&arrivals(batch / 2)).await.unwrap();
            assert_eq!(outcomes, [ImportOutcome::AlreadyThere; EACH]);
            for registered in join_all(registered).await {
                registered.unwrap();
            }
        }
        import.finish().await.unwrap();
    }
    let stored = fixture.database.query("SELECT id FROM users");
    assert_eq!(stored.len(), 2 * 5 * AT_ONCE + 5 * EACH);
    let pending = store.depth(KIND).await.unwrap().pending;
    assert_eq!(pending, 5 * EACH as u64);
    // Nothing of it stands on a connection that is another's now.
    let left = "SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert!(fixture.database.query(left).is_empty());
    let given = store.export(None, u32::MAX).await.unwrap();
    assert_eq!(given.len(), stored.len());
}
