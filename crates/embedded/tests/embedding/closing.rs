//! The end of a `Users`.

use std::future::Future;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};

use tokio::sync::watch;
use users_embedded::Users;
use users_embedded::domain::Error;
use users_embedded::domain::authorization::Operation;
use users_embedded::domain::model::{Change, Email, Facts, Needs, RequestContext, User, UserQuery};
use users_embedded::domain::ports::UserStore as _;
use users_sqlite::{SqliteOptions, SqliteStore};
use users_testkit::fakes::FixedClock;
use users_testkit::people::{ada, id_of};

use crate::people::{ADA, join};

#[tokio::test]
async fn later_calls_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path()).await.unwrap();
    let tokens = join(&users, ADA).await;
    let clone = users.clone();
    users.close().await;
    users.close().await;
    let listed = clone.list(&UserQuery::default()).await;
    assert!(matches!(listed, Err(Error::Unavailable { .. })));
    let logged_in = clone.log_in(ADA.email, ADA.password).await;
    assert!(matches!(logged_in, Err(Error::Unavailable { .. })));
    let refreshed = clone
        .identify(Operation::RefreshToken, &tokens.refresh)
        .await;
    assert!(matches!(refreshed, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn closing_waits_for_running_calls_without_holding_up_the_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path()).await.unwrap();
    let lock = Lock::take(&folder.path().join(users_sqlite::FILE_NAME)).await;

    let address = Email::parse("nobody@example.com").unwrap();
    let context = RequestContext::default();
    let mut writing = pin!(users.recovery.send_password_reset(&context, address));
    assert!(poll(writing.as_mut()).is_pending());
    let mut closing = pin!(users.close());
    assert!(poll(closing.as_mut()).is_pending());

    lock.give_back();
    closing.await;
    let Poll::Ready(written) = poll(writing) else {
        panic!("a call that was running is through");
    };
    written.unwrap();
}

fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Another program that is in the middle of a write.
struct Lock {
    give_back: mpsc::Sender<()>,
}

impl Lock {
    async fn take(file: &Path) -> Self {
        let clock = Arc::new(FixedClock::new());
        let store = SqliteStore::open(file, clock, SqliteOptions::default()).unwrap();
        store.insert(ada(), Vec::new()).await.unwrap();
        let (give_back, wanted_back) = mpsc::channel();
        let (take, mut taken) = watch::channel(false);
        let wanted_back = Mutex::new(wanted_back);
        let decide = move |user: &User, _: &Facts| {
            take.send_replace(true);
            wanted_back.lock().unwrap().recv().unwrap();
            let (user, effects) = (user.clone(), Vec::new());
            Ok(Change { user, effects })
        };
        tokio::spawn(async move {
            let ada = id_of("ada");
            let written = store.update(&ada, Needs::default(), Arc::new(decide));
            written.await.unwrap();
        });
        taken.wait_for(|taken| *taken).await.unwrap();
        Self { give_back }
    }

    fn give_back(self) {
        self.give_back.send(()).unwrap();
    }
}
