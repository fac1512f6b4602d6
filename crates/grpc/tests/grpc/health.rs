//! gRPC's health service.

use tokio::sync::watch;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use users_testkit::Fakes;

use crate::fixture::{LONG, Server};

fn of(name: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: name.to_owned(),
    }
}

#[tokio::test]
async fn it_tells_whether_the_service_is_ready() {
    let server = Server::of([]).await;
    let mut client = HealthClient::new(server.channel());
    for (ready, expected) in [
        (true, ServingStatus::Serving),
        (false, ServingStatus::NotServing),
        (true, ServingStatus::Serving),
    ] {
        server.ready.send_replace(ready);
        for name in ["", "users"] {
            // Told by another task, which may need a moment.
            let told = async {
                loop {
                    let answer = client.check(of(name)).await.unwrap();
                    if answer.get_ref().status() == expected {
                        return;
                    }
                }
            };
            let told = tokio::time::timeout(LONG, told).await;
            assert!(told.is_ok(), "{name:?} is never {expected:?}");
        }
    }
}

#[tokio::test]
async fn calls_are_unavailable_before_the_service_was_ready_once() {
    let (ready, is_ready) = watch::channel(false);
    let server = Server::start(Fakes::new().ports(), |settings| settings.ready = is_ready).await;
    let refused = server.retrieve(&["an-id"], 0, 0).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(refused.message(), "the service is starting");
    // What is away later is for the store to tell.
    for is_ready in [true, false] {
        ready.send_replace(is_ready);
        server.retrieve(&["an-id"], 0, 0).await.unwrap();
    }
}

#[tokio::test]
async fn other_names_are_not_found() {
    let server = Server::of([]).await;
    let mut client = HealthClient::new(server.channel());
    for name in ["auth", "users.v1.UsersService", "Users"] {
        let status = client.check(of(name)).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn who_watches_is_told_that_it_ends() {
    let server = Server::of([]).await;
    let mut client = HealthClient::new(server.channel());
    let mut watching = client.watch(of("users")).await.unwrap().into_inner();
    let first = watching.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);
    let serving = server.end();
    let then = watching.message().await.unwrap().unwrap();
    assert_eq!(then.status(), ServingStatus::NotServing);
    drop((watching, client));
    tokio::time::timeout(LONG, serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
