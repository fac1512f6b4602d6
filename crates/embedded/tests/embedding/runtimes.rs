//! Users serves any runtime, and needs a timer for its tasks only.

use std::path::Path;

use tokio::runtime::{Builder, Runtime};
use users_embedded::Users;
use users_embedded::domain::authorization::Operation;
use users_embedded::domain::model::UserQuery;

use crate::people::{ADA, join};

/// One thread, no timer.
fn a_bare_runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn many_threads() -> Runtime {
    Builder::new_multi_thread().build().unwrap()
}

/// Everything that the documentation shows.
async fn live_through_a_day(folder: &Path) {
    let users = Users::open(folder).await.unwrap();
    let tokens = join(&users, ADA).await;
    let caller = users.identify(Operation::ViewProfile, &tokens.access).await;
    let account = &caller.unwrap().principal().unwrap().account.clone();
    assert_eq!(account.email.as_str(), ADA.email);
    let page = users.list(&UserQuery::default()).await.unwrap();
    assert_eq!((page.total, page.items.len()), (1, 1));
    users.close().await;
}

#[test]
fn one_thread_without_a_timer_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    a_bare_runtime().block_on(live_through_a_day(folder.path()));
}

#[test]
fn many_threads_do_too() {
    let folder = tempfile::tempdir().unwrap();
    // On a worker, not on the thread that waits.
    let runtime = many_threads();
    let path = folder.path().to_owned();
    let day = runtime.spawn(async move { live_through_a_day(&path).await });
    runtime.block_on(day).unwrap();
}

#[test]
fn it_outlives_the_runtime_that_opened_it() {
    let folder = tempfile::tempdir().unwrap();
    let users = a_bare_runtime().block_on(Users::open(folder.path()));
    let users = users.unwrap();
    many_threads().block_on(join(&users, ADA));
    let page = a_bare_runtime().block_on(users.list(&UserQuery::default()));
    assert_eq!(page.unwrap().total, 1);
}

#[test]
#[should_panic = "timers are disabled"]
fn tasks_on_a_runtime_without_a_timer_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    a_bare_runtime().block_on(async {
        let users = Users::open(folder.path()).await.unwrap();
        drop(users.spawn_tasks());
    });
}
