//! What it refuses, and with which words.

use std::sync::Arc;
use std::time::Duration;

use tonic::Code;
use users_domain::model::{Metadata, User};
use users_domain::ports::Ports;
use users_grpc::{ANSWER_LIMIT, MAX_IDS, Room};
use users_testkit::faults::{Fault, FaultPlan, Faulty};
use users_testkit::{Fakes, people};

use crate::fixture::Server;

#[tokio::test]
async fn a_request_that_cannot_be_meant_names_its_field() {
    let server = Server::of([people::user("ada")]).await;
    let too_many = vec!["id-of-ada"; MAX_IDS + 1];
    let beyond = i64::MAX.cast_unsigned() + 1;
    for (ids, offset, limit, field) in [
        (&[][..], 0, 0, "ids"),
        (&too_many, 0, 0, "ids"),
        (&["id-of-ada"], beyond, 0, "offset"),
        (&["id-of-ada"], 0, beyond, "limit"),
    ] {
        let status = server.retrieve(ids, offset, limit).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().starts_with(field), "{}", status.message());
    }
    assert_eq!(server.codes(), [Code::InvalidArgument; 4]);
    let most = &too_many[1..];
    assert_eq!(server.retrieve(most, 0, 0).await.unwrap().total, 1);
}

#[tokio::test]
async fn a_store_that_is_away_is_unavailable_and_comes_back() {
    let fakes = Fakes::new();
    fakes.store.put(people::user("ada"));
    let store = Faulty::new(Arc::new(fakes.store.clone()), FaultPlan::once(Fault::Away));
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let server = Server::start(ports, |_| {}).await;
    let status = server.retrieve(&["id-of-ada"], 0, 0).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "user store is unavailable, try again later"
    );
    assert_eq!(
        server.retrieve(&["id-of-ada"], 0, 0).await.unwrap().total,
        1
    );
    assert_eq!(server.codes(), [Code::Unavailable, Code::Ok]);
}

#[tokio::test]
async fn a_store_that_takes_too_long_is_not_waited_for() {
    let ports = crate::ending::with_a_hanging_store(&Fakes::new());
    let server = Server::start(ports.0, |settings| {
        settings.request_timeout = Duration::from_millis(100);
    })
    .await;
    let status = server.retrieve(&["id-of-ada"], 0, 0).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(server.codes(), [Code::DeadlineExceeded]);
}

#[tokio::test]
async fn an_answer_that_no_client_would_take_is_refused_and_smaller_ones_are_given() {
    let text = "x".repeat(64 * 1024 - 100);
    let metadata = Metadata::from_stored(format!(r#"{{"a":"{text}"}}"#));
    let names: Vec<String> = (0..80).map(|number| format!("user-{number}")).collect();
    let accounts = names.iter().map(|name| User {
        metadata: metadata.clone(),
        ..people::user(name)
    });
    let server = Server::of(accounts).await;
    let ids: Vec<String> = names.iter().map(|name| format!("id-of-{name}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let status = server.retrieve(&ids, 0, 0).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains(&ANSWER_LIMIT.to_string()));
    // What is left of it fits, and a client takes it as it is.
    let answer = server.retrieve(&ids, 0, 60).await.unwrap();
    assert_eq!((answer.users.len(), answer.total), (60, 80));
}

#[tokio::test]
async fn who_asks_for_many_while_others_do_is_not_waited_for_without_end() {
    let room = Room::default();
    let (ports, calls) = crate::ending::with_a_hanging_store(&Fakes::new());
    let busy = Server::start(ports, |settings| settings.room = room.clone()).await;
    let fakes = Fakes::new();
    fakes.store.put(people::user("ada"));
    let server = Server::start(fakes.ports(), |settings| {
        settings.room = room.clone();
        settings.request_timeout = Duration::from_millis(200);
    })
    .await;
    let most = vec!["id-of-ada"; MAX_IDS];
    let mut long = Box::pin(futures::future::join_all([
        busy.retrieve(&most, 0, 0),
        busy.retrieve(&most, 0, 0),
    ]));
    let one_more = async {
        while calls.so_far().calls < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.retrieve(&["id-of-ada"], 0, 0).await.unwrap_err()
    };
    let status = tokio::select! {
        _ = &mut long => panic!("they hang"),
        status = one_more => status,
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    // More than may be asked for is told at once.
    let too_many = vec!["id-of-ada"; MAX_IDS + 1];
    let refused = server.retrieve(&too_many, 0, 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
