//! How it ends: what is under way is finished, and what never ends is cut.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use tokio::time::timeout;
use users_domain::ports::Ports;
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::mocks::MockUserStore;
use users_testkit::{Fakes, people};

use crate::fixture::{LONG, Server, request};

/// Ports whose store never answers.
pub(crate) fn with_a_hanging_store(fakes: &Fakes) -> (Ports, FaultPlan) {
    let plan = FaultPlan::always(Fault::Hanging);
    let store = Faulty::new(Arc::new(fakes.store.clone()), plan.clone());
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    (ports, plan)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_under_way_is_finished() {
    let (asked, is_asked) = mpsc::channel();
    let (go, goes) = mpsc::channel();
    let goes = Mutex::new(goes);
    let mut store = MockUserStore::new();
    store.expect_find_all().returning(move |_| {
        asked.send(()).unwrap();
        goes.lock().unwrap().recv().unwrap();
        Ok(vec![people::user("ada")])
    });
    let ports = Ports {
        users: Arc::new(store),
        ..Fakes::new().ports()
    };
    let server = Server::start(ports, |_| {}).await;
    let mut client = server.client();
    let call = tokio::spawn(async move {
        let request = request(&["id-of-ada"], 0, 0);
        client.retrieve_users(request).await
    });
    tokio::task::spawn_blocking(move || is_asked.recv().unwrap())
        .await
        .unwrap();
    let (address, mut serving) = (server.address, server.end());
    // New connections are refused, and the server waits for the old one.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        timeout(Duration::from_millis(50), &mut serving)
            .await
            .is_err()
    );
    go.send(()).unwrap();
    let answer = call.await.unwrap().unwrap().into_inner();
    assert_eq!(answer.total, 1);
    timeout(LONG, serving).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_never_ends_is_cut() {
    let (ports, plan) = with_a_hanging_store(&Fakes::new());
    let server = Server::start(ports, |settings| {
        settings.shutdown_grace = Duration::from_millis(50);
    })
    .await;
    let mut client = server.client();
    let call = tokio::spawn(async move {
        let request = request(&["id-of-ada"], 0, 0);
        client.retrieve_users(request).await
    });
    while plan.so_far().calls == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    timeout(LONG, server.end()).await.unwrap().unwrap().unwrap();
    let answer = timeout(LONG, call).await.unwrap().unwrap();
    answer.unwrap_err();
}

#[tokio::test]
async fn without_connections_it_ends_at_once() {
    let server = Server::of([]).await;
    timeout(LONG, server.end()).await.unwrap().unwrap().unwrap();
}
