//! Postgres that is away, or of no use, while the service runs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use users_test_postgres::Server;

use super::reply::{
    all_are_served, log_in, nobody_is_served, profile, register, server, settle, start, until_store,
};
use crate::program::{Home, Program};

/// Connections of servers where it does not matter.
const MANY: u32 = 100;

#[test]
fn a_frozen_postgres_is_503_in_time_and_readiness_follows_by_itself() {
    let server = server(MANY);
    let home = Home::on(&server);
    let program = start(&home);
    let ada = settle(&program, "ada");
    for _ in 0..2 {
        server.freeze();
        // With connections that were open, and then with none.
        nobody_is_served(&program, &ada);
        until_store(&program, "not reachable");
        nobody_is_served(&program, &ada);
        server.thaw();
        until_store(&program, "pass");
    }
    all_are_served(&program, &ada);
    program.terminate();
}

#[test]
fn a_postgres_that_is_away_is_503_at_once_and_used_again_when_it_is_back() {
    let server = server(MANY);
    let home = Home::on(&server);
    let program = start(&home);
    let ada = settle(&program, "ada");
    server.stop();
    nobody_is_served(&program, &ada);
    until_store(&program, "not reachable");
    nobody_is_served(&program, &ada);
    server.start_again();
    all_are_served(&program, &ada);
    program.terminate();
}

/// Takes all connections that the server has to give, those of the service too.
fn crowd(server: &Server, home: &Home, program: &Program) -> Vec<users_test_postgres::Session> {
    let mut sessions = Vec::new();
    // A connection that was ended keeps its place for a moment, and nobody else sees whose it is: so
    // it counts only if nothing changed for some rounds.
    let mut unchanged = 0;
    program.until("no room for the service", || {
        // At once after the service has lost one, before it takes it again.
        for _ in 0..50 {
            let before = sessions.len();
            while let Ok(session) = home.database().connection().open() {
                sessions.push(session);
            }
            let ended = server.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'magistrala-users'",
            );
            let is_unchanged = ended.is_empty() && sessions.len() == before;
            unchanged = if is_unchanged { unchanged + 1 } else { 0 };
        }
        unchanged >= 50
    });
    sessions
}

#[test]
fn a_postgres_without_a_free_connection_is_503_until_others_leave() {
    let server = server(20);
    let home = Home::on(&server);
    let program = start(&home);
    let ada = settle(&program, "ada");
    let sessions = crowd(&server, &home, &program);
    until_store(&program, "not reachable");
    nobody_is_served(&program, &ada);
    drop(sessions);
    all_are_served(&program, &ada);
    program.terminate();
}

#[test]
fn with_a_read_only_postgres_reads_are_served_and_writes_are_503() {
    let server = server(MANY);
    let home = Home::on(&server);
    let program = start(&home);
    let ada = settle(&program, "ada");
    server.set("default_transaction_read_only", "on");
    until_store(&program, "read-only");
    for _ in 0..3 {
        let read = profile(&program, &ada).is(200);
        assert_eq!(read["email"], "ada@example.com");
        register(&program, "late-0").comes_back_later();
        // Sessions are kept, and logins are told.
        log_in(&program, "ada").comes_back_later();
    }
    server.set("default_transaction_read_only", "off");
    all_are_served(&program, &ada);
    program.terminate();
}

/// Registers one account after the other until told to stop; gives those that were acknowledged.
fn registers(
    program: &Program,
    person: usize,
    over: &AtomicBool,
    came: &AtomicUsize,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let mut number = 0;
    while !over.load(Ordering::SeqCst) {
        number += 1;
        let name = format!("person-{person}-{number}");
        let reply = register(program, &name);
        if reply.status == 201 {
            acknowledged.push(name);
            came.fetch_add(1, Ordering::SeqCst);
        } else {
            reply.comes_back_later();
        }
    }
    acknowledged
}

#[test]
fn restarts_of_postgres_under_load_lose_nothing_that_was_acknowledged() {
    let server = server(MANY);
    let home = Home::on(&server);
    let program = start(&home);
    let ada = settle(&program, "ada");
    let (over, came) = (AtomicBool::new(false), AtomicUsize::new(0));
    let acknowledged = thread::scope(|scope| {
        let (program, over, came) = (&program, &over, &came);
        let people: Vec<_> = (0..4)
            .map(|person| scope.spawn(move || registers(program, person, over, came)))
            .collect();
        let goes_on = || {
            let before = came.load(Ordering::SeqCst);
            program.until("registrations", || {
                came.load(Ordering::SeqCst) >= before + 4
            });
        };
        goes_on();
        server.restart_fast();
        goes_on();
        server.crash();
        until_store(program, "not reachable");
        server.start_again();
        until_store(program, "pass");
        goes_on();
        over.store(true, Ordering::SeqCst);
        let people = people.into_iter();
        people
            .flat_map(|person| person.join().unwrap())
            .collect::<Vec<_>>()
    });
    let stored = home.database().query("SELECT username FROM users");
    let stored: Vec<String> = stored.into_iter().flatten().flatten().collect();
    for name in acknowledged {
        assert_eq!(stored.iter().filter(|stored| **stored == name).count(), 1);
    }
    all_are_served(&program, &ada);
    program.terminate();
}
