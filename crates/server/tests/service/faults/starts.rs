//! Starts of the service before its Postgres is there.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use users_test_postgres::{Proxy, Server};

use super::reply::{probe, until_store};
use crate::program::{Home, LISTENING, Program};

/// A home whose Postgres is not there yet.
fn home() -> (Proxy, Home) {
    let server = Server::shared();
    let proxy = Proxy::start((server.host(), server.port()));
    proxy.refuse();
    let home = Home::on(server).through(proxy.port());
    (proxy, home)
}

fn until_waited(program: &Program, seconds: usize) {
    program.until("it waits", || {
        program.log().matches("waiting for the store").count() >= seconds
    });
}

#[test]
fn a_start_without_postgres_waits_half_a_minute_and_says_what_is_missing() {
    let (proxy, home) = home();
    let begun = Instant::now();
    let program = home.start_waiting();
    until_store(&program, "not reachable");
    until_waited(&program, 10);
    probe(&program).is(503);
    let (status, log) = program.ended();
    let took = begun.elapsed();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(took > Duration::from_secs(29), "{took:?}");
    let database = &home.database().connection().database;
    let place = format!("127.0.0.1:{}/{database}", proxy.port());
    let last = log.lines().last().unwrap();
    assert!(last.contains(&place) && last.contains("30 s"), "{log}");
}

#[test]
fn a_postgres_that_comes_later_is_used() {
    let (proxy, home) = home();
    let program = home.start_waiting();
    until_store(&program, "not reachable");
    until_waited(&program, 2);
    proxy.accept();
    program.until("it is up", || program.log().contains(LISTENING));
    until_store(&program, "pass");
    let token = program.administrator();
    program.get_as("/users/profile", &token).expect(200);
    program.terminate();
}

#[test]
fn sigterm_ends_a_start_that_waits() {
    let (_proxy, home) = home();
    let program = home.start_waiting();
    let begun = Instant::now();
    program.send(Signal::TERM);
    let (status, log) = program.ended();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{log}");
}
