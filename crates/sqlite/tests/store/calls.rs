//! Calls: bounded, wholly done or not at all, from any runtime.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use users_domain::model::{Change, EffectKind, Needs, User, UserFilter};
use users_domain::ports::{Outbox, StoreError, UserStore};
use users_sqlite::SqliteOptions;
use users_testkit::people::user;

use crate::fixture::{BusyWriter, Fixture, begin, effect};

#[tokio::test]
async fn a_full_queue_refuses_and_is_counted() {
    let fixture = Fixture::new();
    let store = fixture.open_with(SqliteOptions {
        queue: 1,
        ..SqliteOptions::default()
    });
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let writer = BusyWriter::keep(&store, &ada).await;
    // One call may wait ...
    let waits = {
        let store = store.clone();
        tokio::spawn(async move { store.insert(user("grace"), Vec::new()).await })
    };
    while store.stats().queue_depth_write == 0 {
        tokio::task::yield_now().await;
    }
    // ... the next one may not.
    let refused = store.insert(user("joan"), Vec::new()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable)),
        "{refused:?}"
    );
    assert_eq!(store.stats().refused, 1);
    // Readers have a queue of their own.
    assert!(store.find(&ada.id).await.unwrap().is_some());
    writer.let_go().await;
    waits.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_that_waited_too_long_is_given_up_before_it_begins() {
    let fixture = Fixture::new();
    let store = fixture.open_with(SqliteOptions {
        max_wait: Duration::ZERO,
        ..SqliteOptions::default()
    });
    let late = store.insert(user("ada"), Vec::new()).await;
    assert!(matches!(late, Err(StoreError::Unavailable)), "{late:?}");
    assert_eq!(store.stats().refused, 1);
}

#[tokio::test]
async fn a_future_dropped_before_its_call_began_leaves_nothing() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let writer = BusyWriter::keep(&store, &ada).await;
    drop(begin(store.insert(user("grace"), vec![effect("grace")])).await);
    writer.let_go().await;
    // The writer serves in order: once this is written, the dropped one had its turn.
    store.insert(user("joan"), Vec::new()).await.unwrap();
    assert_eq!(store.count(&UserFilter::default()).await.unwrap(), 2);
    assert_eq!(store.depth(EffectKind::Event).await.unwrap().pending, 0);
}

#[tokio::test]
async fn a_future_dropped_while_its_call_runs_leaves_it_wholly_done() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let (tell_begun, begun) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let decide = Arc::new(move |user: &User, _: &_| {
        tell_begun.send(()).unwrap();
        released.lock().unwrap().recv().unwrap();
        let mut user = user.clone();
        user.updated_by = Some("somebody".to_owned());
        Ok(Change {
            user,
            effects: vec![effect("ada"), effect("ada")],
        })
    });
    let call = begin(store.update(&ada.id, Needs::ROW, decide)).await;
    begun.recv().unwrap();
    drop(call);
    release.send(()).unwrap();
    store.insert(user("grace"), Vec::new()).await.unwrap();
    let stored = store.find(&ada.id).await.unwrap().unwrap();
    assert_eq!(
        (stored.updated_by.as_deref(), stored.version),
        (Some("somebody"), 2)
    );
    assert_eq!(store.depth(EffectKind::Event).await.unwrap().pending, 2);
}

#[tokio::test]
async fn a_decision_that_panics_changes_nothing_and_the_store_goes_on() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    for _ in 0..2 {
        let panics = store
            .update(&ada.id, Needs::ROW, Arc::new(|_, _| panic!("as intended")))
            .await;
        assert!(matches!(panics, Err(StoreError::Unavailable)), "{panics:?}");
    }
    // No transaction is left open, neither for this store nor for others.
    store.insert(user("grace"), Vec::new()).await.unwrap();
    let other = fixture.open();
    other.insert(user("joan"), Vec::new()).await.unwrap();
    assert_eq!(store.find(&ada.id).await.unwrap(), Some(ada));
}

#[test]
fn a_store_serves_current_thread_runtimes_without_timers_and_outlives_them() {
    let fixture = Fixture::new();
    // Neither timers nor I/O are enabled.
    let first = Builder::new_current_thread().build().unwrap();
    let store = first.block_on(async {
        let store = fixture.open();
        store.insert(user("ada"), Vec::new()).await.unwrap();
        store
    });
    drop(first);
    let second = Builder::new_current_thread().build().unwrap();
    let count = second
        .block_on(store.count(&UserFilter::default()))
        .unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_closed_store_refuses_and_has_emptied_its_log() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.insert(user("ada"), Vec::new()).await.unwrap();
    store.close();
    store.close();
    let refused = store.count(&UserFilter::default()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable)),
        "{refused:?}"
    );
    let left: Vec<_> = std::fs::read_dir(fixture.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["users.sqlite"]);
    let again = fixture.open();
    assert_eq!(again.count(&UserFilter::default()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_store_closed_from_within_a_decision_does_not_wait_for_itself() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let itself = store.clone();
    let decide = Arc::new(move |user: &User, _: &_| {
        itself.close();
        Ok(Change {
            user: user.clone(),
            effects: Vec::new(),
        })
    });
    store.update(&ada.id, Needs::ROW, decide).await.unwrap();
}

#[tokio::test]
async fn an_unreachable_file_is_unavailable_and_comes_back() {
    let fixture = Fixture::new();
    let store = fixture.open_with(SqliteOptions {
        readers: 1,
        ..SqliteOptions::default()
    });
    let ada = store.insert(user("ada"), Vec::new()).await.unwrap();
    let moved = fixture.folder.path().join("elsewhere");
    std::fs::rename(fixture.path(), &moved).unwrap();
    // The panic makes the writer connect anew: the file that is gone is not made again.
    for _ in 0..2 {
        let away = store
            .update(&ada.id, Needs::ROW, Arc::new(|_, _| panic!("as intended")))
            .await;
        assert!(matches!(away, Err(StoreError::Unavailable)), "{away:?}");
    }
    assert!(!fixture.path().exists());
    std::fs::rename(&moved, fixture.path()).unwrap();
    store.insert(user("grace"), Vec::new()).await.unwrap();
}
