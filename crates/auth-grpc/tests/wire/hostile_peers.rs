//! Peers that are no auth service at all: each call ends in time, and many calls do not become many
//! connections.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::time::timeout;
use users_auth_grpc::{AuthGrpc, PeerSettings, Tls};
use users_domain::ports::{TokenError, TokenIssuer as _};
use users_test_platform::Certificates;

use crate::fixture::{AMPLE, SHORT, open, request, settings};

const HANGS: Duration = Duration::from_mins(1);

/// Listens, and does with every connection what it is told to. Counts them.
fn peer(treat: impl Fn(TcpStream) + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let accepted = Arc::new(AtomicUsize::new(0));
    let counted = accepted.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            treat(stream.unwrap());
        }
    });
    (address, accepted)
}

async fn is_away(auth: &AuthGrpc) {
    let answer = timeout(HANGS, auth.issue(request())).await.unwrap();
    assert_eq!(answer.err(), Some(TokenError::Unavailable));
}

/// Waits until the caller has sent something, and does not read it: the connection is then reset
/// when it is closed.
fn reset(stream: TcpStream) {
    // One that ended by itself need not be reset.
    let _ = stream.peek(&mut [0; 1]);
    drop(stream);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_away() {
    let (address, accepted) = peer(reset);
    let auth = open(&settings(address, AMPLE));
    for _ in 0..3 {
        is_away(&auth).await;
    }
    assert!(accepted.load(Ordering::SeqCst) >= 1);
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_away() {
    for said in [
        &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"[..],
        b"220 mail.example.com ESMTP\r\n",
        &[0xff; 4096],
        // A frame of HTTP/2 that is longer than any may be.
        &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0],
    ] {
        let (address, _) = peer(move |mut stream| {
            let _ = stream.read(&mut [0; 1024]);
            let _ = std::io::Write::write_all(&mut stream, said);
        });
        let auth = open(&settings(address, AMPLE));
        is_away(&auth).await;
    }
}

#[tokio::test]
async fn a_peer_that_accepts_and_says_nothing_is_away_in_time() {
    let (address, _) = peer(std::mem::forget);
    let auth = open(&settings(address, SHORT));
    for _ in 0..2 {
        is_away(&auth).await;
    }
}

#[tokio::test]
async fn a_host_that_is_none_is_away() {
    let auth = open(&settings("no-such-host.invalid:7001".to_owned(), AMPLE));
    for _ in 0..2 {
        is_away(&auth).await;
    }
}

/// The least time between two connections to a service that does not answer.
const SPACING: Duration = Duration::from_millis(50);

/// Calls a peer a thousand times, and gives how many connections that took, and how many there was
/// time for.
async fn connections_of_a_thousand_calls(tls: Option<Tls>) -> (usize, u128) {
    let (address, accepted) = peer(reset);
    let auth = open(&PeerSettings {
        tls,
        ..settings(address, AMPLE)
    });
    let began = Instant::now();
    for _ in 0..5 {
        join_all((0..200).map(|_| is_away(&auth))).await;
    }
    let most = 1 + began.elapsed().as_millis() / SPACING.as_millis();
    (accepted.load(Ordering::SeqCst), most)
}

#[tokio::test]
async fn many_calls_to_a_service_that_is_away_are_few_connections() {
    let certificates = Certificates::new();
    let tls = Tls {
        server_ca: Some(certificates.ca.certificate_pem),
        identity: None,
    };
    for tls in [None, Some(tls)] {
        let encrypted = tls.is_some();
        let (connections, most) = connections_of_a_thousand_calls(tls).await;
        let is_few = connections as u128 <= most;
        assert!(is_few, "{connections} of {most}, encrypted: {encrypted}");
    }
}
