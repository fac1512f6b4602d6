//! The start while the store is away, in-process.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use tonic::Code;
use users_proto::users::v1::RetrieveUsersReq;
use users_proto::users::v1::users_service_client::UsersServiceClient;

use super::*;
use crate::config::{CommandLine, Profile};
use crate::wiring::store::scripted::Scripted;
use crate::wiring::store::{PrepareError, StoreCondition};

/// Long enough for anything here.
const PATIENCE: Duration = Duration::from_secs(30);

/// A start on a store that is as the test says.
struct Starting {
    url: String,
    grpc_url: String,
    shutdown: Shutdown,
    start: tokio::task::JoinHandle<Result<Start>>,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Starting {
    fn on(store: &Scripted) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let command_line = CommandLine {
            data: Some(folder.path().join("data")),
            port: Some(0),
            ..CommandLine::default()
        };
        let config = Config::load(Profile::Dev, &BTreeMap::new(), &command_line).unwrap();
        let listeners = Listeners::http(&config.http, config.profile).unwrap();
        let url = listeners.url();
        let mut wired = wiring::open(&config, &url, Arc::new(|_: &_| {})).unwrap();
        wired.store.technology = Arc::new(store.clone());
        let shutdown = Shutdown::new();
        let grpc = grpc::Prepared::prepare(&crate::config::GrpcSettings {
            host: "127.0.0.1".to_owned(),
            port: 0,
            tls: None,
        });
        let grpc = grpc.unwrap();
        let grpc_url = format!("http://{}", grpc.address());
        let start = Service::start_with(config, listeners, Some(grpc), wired, shutdown.clone());
        Self {
            grpc_url,
            url,
            shutdown,
            start: tokio::spawn(start),
            client: reqwest::Client::new(),
            _folder: folder,
        }
    }

    async fn get(&self, path: &str) -> (u16, serde_json::Value) {
        let request = self.client.get(format!("{}{path}", self.url));
        let answer = request.timeout(PATIENCE).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap())
    }

    /// What another service hears that asks for a user.
    async fn retrieve(&self) -> Result<(), tonic::Status> {
        let endpoint = tonic::transport::Endpoint::from_shared(self.grpc_url.clone()).unwrap();
        let channel = endpoint.timeout(PATIENCE).connect_lazy();
        let request = RetrieveUsersReq {
            ids: vec!["an-id".to_owned()],
            ..RetrieveUsersReq::default()
        };
        let mut client = UsersServiceClient::new(channel);
        client.retrieve_users(request).await.map(drop)
    }

    /// Waits until `/readyz` says this of the store.
    async fn store_is(&self, told: &str) {
        let begun = Instant::now();
        loop {
            let (status, body) = self.get("/readyz").await;
            assert_eq!(status, 503);
            if body["checks"]["store"][0]["output"] == told {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{body}");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_while_the_store_is_away_and_carried_out_when_it_comes() {
    let store = Scripted::new(Some(StoreCondition::Away));
    let starting = Starting::on(&store);
    starting.store_is("not reachable").await;
    assert_eq!(
        starting.get("/livez").await,
        (200, json!({ "status": "pass" }))
    );
    assert_eq!(starting.get("/health").await.0, 200);
    let (status, refusal) = starting.get("/users/profile").await;
    assert_eq!((status, &refusal["code"]), (503, &json!("unavailable")));

    let refused = starting.retrieve().await.unwrap_err();
    let unavailable = (Code::Unavailable, "the service is starting");
    assert_eq!((refused.code(), refused.message()), unavailable);

    store.is_now(Some(StoreCondition::ReadOnly));
    let begun = Instant::now();
    let body = loop {
        match starting.get("/readyz").await {
            (200, body) => break body,
            _ => assert!(begun.elapsed() < PATIENCE),
        }
        sleep(Duration::from_millis(5)).await;
    };
    let read_only = json!({ "status": "warn", "output": "read-only" });
    assert_eq!(body["checks"]["store"][0], read_only);
    assert_eq!(starting.get("/users/profile").await.0, 401);
    // It may be told a moment later.
    while starting.retrieve().await.is_err() {
        assert!(begun.elapsed() < PATIENCE);
    }
    starting.shutdown.request();
    let Start::Ready(service) = starting.start.await.unwrap().unwrap() else {
        panic!("the store was there");
    };
    assert!(matches!(service.administrator(), Administrator::Made(_)));
    assert_eq!(service.run().await, Ok(Ended::Cleanly));
    assert_eq!(store.closings(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_comes_at_once_while_the_start_waits_for_a_store() {
    for condition in [Some(StoreCondition::Away), None] {
        let store = Scripted::new(condition);
        let starting = Starting::on(&store);
        while store.probes() == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        starting.shutdown.request();
        let asked = Instant::now();
        let start = starting.start.await.unwrap().unwrap();
        assert!(matches!(start, Start::Stopped(Ended::Cleanly)));
        assert!(asked.elapsed() < Duration::from_secs(1));
        assert_eq!((store.preparations(), store.closings()), (0, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_used_ends_the_start_and_everything_begun() {
    let store = Scripted::new(Some(StoreCondition::Well));
    store.fail_next(PrepareError::Unusable("a table is not ours".into()));
    let starting = Starting::on(&store);
    let Err(error) = starting.start.await.unwrap() else {
        panic!("it started");
    };
    assert!(format!("{error:#}").contains("a table is not ours"));
    assert_eq!(store.closings(), 1);
    let request = starting.client.get(format!("{}/livez", starting.url));
    assert!(request.send().await.unwrap_err().is_connect());
}
