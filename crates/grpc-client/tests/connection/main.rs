//! A connection and a service over real sockets: in clear text, encrypted, away, and misbehaving.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tonic::Code;
use tonic::Status;
use tonic::metadata::MetadataMap;
use users_grpc_client::{
    Connection, ConnectionSettings, Identity, IdentityError, LONGEST_PAUSE, OpenError, Tls,
    is_known_away, trace_headers,
};

mod authority;
mod peer;

use authority::Authority;
use peer::{Peer, check};

/// Longer than any answer takes on a machine that is busy with other things.
const LONG: Duration = Duration::from_secs(30);
/// Short, for calls that are to find no answer.
const SHORT: Duration = Duration::from_millis(300);

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn open(address: SocketAddr, timeout: Duration, tls: Option<Tls>, home: &Handle) -> Connection {
    let address = match tls {
        // What the certificates of these tests name.
        Some(_) => format!("localhost:{}", address.port()),
        None => address.to_string(),
    };
    let settings = ConnectionSettings {
        name: "the peer",
        address,
        timeout,
        tls,
    };
    Connection::open(&settings, home.clone()).unwrap()
}

async fn ask(connection: &Connection, what: &'static str) -> Result<String, Status> {
    connection
        .call(MetadataMap::new(), move |call| check(call, what))
        .await
}

/// Asks until there is an answer; pauses between connections have an end.
async fn ask_until_answered(connection: &Connection) {
    let until = Instant::now() + LONG;
    while ask(connection, "anything").await.is_err() {
        assert!(Instant::now() < until, "it never comes back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn headers_and_the_time_that_is_left_go_with_a_call() {
    let peer = Peer::start(None);
    let connection = open(peer.address, LONG, None, &Handle::current());
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let headers = trace_headers(parent, Some("a=b"));
    let answer = connection
        .call(headers, |call| check(call, "anything"))
        .await;
    assert_eq!(answer.unwrap(), "anything");
    let seen = peer.seen();
    let [seen] = seen.as_slice() else {
        panic!("{} calls", seen.len());
    };
    assert_eq!(seen.get("traceparent").unwrap(), parent);
    assert_eq!(seen.get("tracestate").unwrap(), "a=b");
    let timeout = seen.get("grpc-timeout").unwrap().to_str().unwrap();
    let micros: u64 = timeout.strip_suffix('u').unwrap().parse().unwrap();
    assert!((1..=30_000_000).contains(&micros), "{micros}");
    let agent = seen.get("user-agent").unwrap().to_str().unwrap();
    assert!(agent.starts_with("magistrala-users/"), "{agent}");
    assert_eq!(connection.stats().answered, 1);
}

#[tokio::test]
async fn what_the_service_refuses_comes_back_as_it_said_it() {
    let peer = Peer::start(None);
    let connection = open(peer.address, LONG, None, &Handle::current());
    let status = ask(&connection, "refuse").await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(connection.stats().answered, 1);
}

#[tokio::test]
async fn a_service_that_starts_later_is_found() {
    let vacant = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = vacant.local_addr().unwrap();
    drop(vacant);
    let connection = open(address, LONG, None, &Handle::current());
    for _ in 0..3 {
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
    assert_eq!(connection.stats().unreachable, 3);
    let _peer = Peer::start_at(address, None);
    ask_until_answered(&connection).await;
}

#[tokio::test]
async fn calls_fail_without_a_try_until_the_pause_is_over() {
    let vacant = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = vacant.local_addr().unwrap();
    drop(vacant);
    let connection = open(address, LONG, None, &Handle::current());
    // So often that the pause is a long one.
    let began = Instant::now();
    while began.elapsed() < LONGEST_PAUSE {
        ask(&connection, "anything").await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut texts = Vec::new();
    for _ in 0..20 {
        texts.push(ask(&connection, "anything").await.unwrap_err());
    }
    let tried = |status: &&Status| status.message().contains("refused");
    assert!(texts.iter().filter(tried).count() <= 1, "{texts:?}");
}

#[tokio::test]
async fn a_service_that_restarts_is_found_again() {
    let mut peer = Peer::start(None);
    let address = peer.address;
    let connection = open(address, LONG, None, &Handle::current());
    for _ in 0..3 {
        ask_until_answered(&connection).await;
        // It takes its connections with it.
        drop(peer);
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        peer = Peer::start_at(address, None);
    }
}

#[tokio::test]
async fn a_call_in_progress_when_the_service_dies_is_unavailable() {
    let peer = Peer::start(None);
    let connection = Arc::new(open(peer.address, LONG, None, &Handle::current()));
    let under_way = tokio::spawn({
        let connection = connection.clone();
        async move { ask(&connection, "never").await }
    });
    peer.wait_for(1).await;
    drop(peer);
    let status = under_way.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_call_without_an_answer_ends_in_time_and_is_given_up_at_the_service() {
    let peer = Peer::start(None);
    let connection = open(peer.address, SHORT, None, &Handle::current());
    let mut asked = 0;
    let until = Instant::now() + LONG;
    // On a busy machine a call may not get there within so short a time.
    while peer.seen().is_empty() {
        assert!(Instant::now() < until, "it never gets there");
        let status = ask(&connection, "never").await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded);
        asked += 1;
    }
    peer.wait_until_given_up(1).await;
    let counted = connection.stats();
    assert_eq!((counted.timed_out, counted.in_flight), (asked, 0));
}

#[tokio::test]
async fn a_dropped_call_is_given_up_at_the_service() {
    let peer = Peer::start(None);
    let connection = Arc::new(open(peer.address, LONG, None, &Handle::current()));
    let call = tokio::spawn({
        let connection = connection.clone();
        async move { ask(&connection, "never").await }
    });
    peer.wait_for(1).await;
    call.abort();
    peer.wait_until_given_up(1).await;
    assert_eq!(ask(&connection, "anything").await.unwrap(), "anything");
}

#[tokio::test]
async fn after_silence_the_next_call_takes_another_connection() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let counted = accepted.clone();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            kept.push(stream);
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let connection = open(address, SHORT, None, &Handle::current());
    let until = Instant::now() + LONG;
    while accepted.load(Ordering::SeqCst) < 3 {
        assert!(Instant::now() < until, "it takes no other");
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    }
}

#[tokio::test]
async fn after_connections_that_broke_before_any_answer_calls_fail_without_a_try() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.unwrap().read(&mut [0; 1]);
        }
    });
    let connection = open(address, LONG, None, &Handle::current());
    let until = Instant::now() + LONG;
    loop {
        assert!(Instant::now() < until, "each call tries");
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(is_known_away(&status), "{status:?}");
        if status.message().contains("was not there") {
            return;
        }
    }
}

#[tokio::test]
async fn what_the_service_or_something_before_it_says_is_not_known() {
    let peer = Peer::start(None);
    let connection = open(peer.address, LONG, None, &Handle::current());
    let status = ask(&connection, "refuse").await.unwrap_err();
    assert!(!is_known_away(&status), "{status:?}");
}

/// Once more in a process of its own, since the environment says whom a system trusts.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what it looks for is no setting of the service"
)]
async fn a_system_that_trusts_nobody_is_told_when_opening() {
    let name = "a_system_that_trusts_nobody_is_told_when_opening";
    let nobody = "/dev/null";
    if std::env::var_os("SSL_CERT_FILE").is_none_or(|file| file != nobody) {
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args([name, "--exact"]).env("SSL_CERT_FILE", nobody);
        let output = process.env_remove("SSL_CERT_DIR").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        return;
    }
    let settings = ConnectionSettings {
        name: "the peer",
        address: "localhost:1".to_owned(),
        timeout: LONG,
        tls: Some(Tls::default()),
    };
    let error = Connection::open(&settings, Handle::current()).unwrap_err();
    assert!(matches!(error, OpenError::NoSystemRoots), "{error}");
}

#[tokio::test]
async fn what_is_no_grpc_is_unavailable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let connection = open(address, LONG, None, &Handle::current());
    let status = ask(&connection, "anything").await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

#[test]
fn calls_may_come_from_any_runtime() {
    let home = runtime();
    let peer = Peer::start(None);
    let connection = Arc::new(open(peer.address, LONG, None, home.handle()));
    for _ in 0..3 {
        // No timers, no I/O, and gone with its call.
        let bare = Builder::new_current_thread().build().unwrap();
        let answer = bare.block_on(ask(&connection, "anything"));
        assert_eq!(answer.unwrap(), "anything");
    }
    let bare = Builder::new_current_thread().build().unwrap();
    drop(home);
    let status = bare.block_on(ask(&connection, "anything")).unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_service_is_spoken_to_encrypted_and_mutually() {
    let authority = Authority::new("servers");
    let clients = Authority::new("clients");
    let peer = Peer::start(Some((authority.server(), Some(clients.pem()))));
    let mut tls = Tls {
        server_ca: Some(authority.pem()),
        identity: Some(clients.client()),
    };
    let connection = open(peer.address, LONG, Some(tls.clone()), &Handle::current());
    assert_eq!(ask(&connection, "anything").await.unwrap(), "anything");

    // Without a certificate, or with another authority's.
    for identity in [None, Some(Authority::new("others").client())] {
        tls.identity = identity;
        let connection = open(peer.address, LONG, Some(tls.clone()), &Handle::current());
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn a_server_that_is_not_trusted_is_unavailable_and_the_log_knows_why() {
    let authority = Authority::new("servers");
    let trusting = |authority: &Authority| Tls {
        server_ca: Some(authority.pem()),
        identity: None,
    };
    for (server, trusted, reason) in [
        (
            authority.server(),
            Authority::new("others"),
            "UnknownIssuer",
        ),
        (authority.expired_server(), authority.clone(), "xpired"),
        (authority.server_named("elsewhere"), authority, "valid for"),
    ] {
        let peer = Peer::start(Some((server, None)));
        let tls = Some(trusting(&trusted));
        let connection = open(peer.address, LONG, tls, &Handle::current());
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains(reason), "{}", status.message());
    }
}

#[tokio::test]
async fn clear_text_and_encryption_do_not_understand_each_other() {
    let authority = Authority::new("servers");
    let tls = Tls {
        server_ca: Some(authority.pem()),
        identity: None,
    };
    let plain = Peer::start(None);
    let encrypted = Peer::start(Some((authority.server(), None)));
    for connection in [
        open(plain.address, LONG, Some(tls), &Handle::current()),
        open(encrypted.address, LONG, None, &Handle::current()),
    ] {
        let status = ask(&connection, "anything").await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_named_when_opening() {
    let authority = Authority::new("clients");
    let error = |tls: Tls| {
        let settings = ConnectionSettings {
            name: "the peer",
            address: "localhost:1".to_owned(),
            timeout: LONG,
            tls: Some(tls),
        };
        Connection::open(&settings, Handle::current()).unwrap_err()
    };
    let with = |identity: Identity| Tls {
        server_ca: Some(authority.pem()),
        identity: Some(identity),
    };
    for text in [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let tls = Tls {
            server_ca: Some(text.to_owned()),
            identity: None,
        };
        assert!(matches!(error(tls), OpenError::ServerCa(_)), "{text}");
        let mut identity = authority.client();
        text.clone_into(&mut identity.certificate);
        assert!(
            matches!(
                error(with(identity)),
                OpenError::Identity(IdentityError::Certificate(_))
            ),
            "{text}"
        );
        let mut identity = authority.client();
        identity.key = text.to_owned().into();
        assert!(
            matches!(
                error(with(identity)),
                OpenError::Identity(IdentityError::Key(_))
            ),
            "{text}"
        );
    }
    let mut identity = authority.client();
    identity.key = authority.client().key;
    let OpenError::Identity(IdentityError::Key(reason)) = error(with(identity)) else {
        panic!("the key belongs to another certificate");
    };
    assert!(reason.contains("belong"), "{reason}");
}
