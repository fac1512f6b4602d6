//! What it withstands: connections that say nothing, nonsense, or too much at once.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request};
use users_testkit::{Fakes, people};

use crate::bytes::Raw;
use crate::fixture::{LONG, Server};

#[tokio::test]
async fn who_says_nothing_is_hung_up_on() {
    let fakes = Fakes::new();
    fakes.store.put(people::user("ada"));
    let server = Server::start(fakes.ports(), |settings| {
        settings.handshake_timeout = Duration::from_secs(2);
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(TcpStream::connect(server.address).await.unwrap());
    }
    assert_eq!(
        server.retrieve(&["id-of-ada"], 0, 0).await.unwrap().total,
        1
    );
    for stream in silent.iter_mut().skip(8) {
        // Not even all of the first word. On a busy machine it may be too late already.
        let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r").await;
    }
    for mut stream in silent {
        let mut rest = Vec::new();
        let end = timeout(LONG, stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "it is waited for without end");
    }
}

#[tokio::test]
async fn who_begins_a_call_and_never_says_what_he_wants_is_not_waited_for() {
    let server = Server::start(Fakes::new().ports(), |settings| {
        settings.request_timeout = Duration::from_millis(100);
    })
    .await;
    let mut client = tonic::client::Grpc::new(server.channel());
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/users.v1.UsersService/RetrieveUsers");
    let silence = Request::new(futures::stream::pending::<Vec<u8>>());
    let call = client.client_streaming(silence, path, Raw);
    let answer = timeout(LONG, call).await.unwrap();
    assert_eq!(answer.unwrap_err().code(), Code::Cancelled);
}

#[tokio::test]
async fn nonsense_is_hung_up_on() {
    let server = Server::of([people::user("ada")]).await;
    for nonsense in [
        &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..],
        &[0; 4096],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        // It may hang up before everything is said.
        let _ = stream.write_all(nonsense).await;
        let mut rest = Vec::new();
        let end = timeout(LONG, stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "it is waited for without end");
    }
    assert_eq!(
        server.retrieve(&["id-of-ada"], 0, 0).await.unwrap().total,
        1
    );
}

#[tokio::test]
async fn more_connections_than_allowed_wait_until_others_end() {
    let fakes = Fakes::new();
    fakes.store.put(people::user("ada"));
    let server = Server::start(fakes.ports(), |settings| settings.max_connections = 2).await;
    let held = [
        TcpStream::connect(server.address).await.unwrap(),
        TcpStream::connect(server.address).await.unwrap(),
    ];
    let call = server.retrieve(&["id-of-ada"], 0, 0);
    let mut call = std::pin::pin!(call);
    let early = timeout(Duration::from_millis(100), &mut call).await;
    assert!(early.is_err(), "there was no place");
    drop(held);
    let answer = timeout(LONG, call).await.unwrap().unwrap();
    assert_eq!(answer.total, 1);
}
