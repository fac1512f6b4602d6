//! A server of its own can be stopped, crashed, frozen and set, and leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use users_test_postgres::{Binaries, ROLE, Server, ServerOptions};

fn start(options: &ServerOptions) -> Server {
    Server::start(
        &Binaries::find().unwrap_or_else(|missing| panic!("{missing}")),
        options,
    )
}

fn one(value: &str) -> Vec<Vec<Option<String>>> {
    vec![vec![Some(value.to_owned())]]
}

#[test]
fn a_server_runs_sql_over_tcp_as_a_role_that_is_no_superuser() {
    let server = start(&ServerOptions::default());
    let tcp = server.superuser().through(server.port()).as_user(ROLE);
    let sql = "SELECT usename, usesuper FROM pg_user WHERE usename = current_user";
    let expected = [[Some(ROLE.to_owned()), Some("f".to_owned())]];
    assert_eq!(tcp.query(sql), expected);
    let refused = tcp.try_query("CREATE ROLE other").unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("42501"));
    assert!(server.log().contains("database system is ready"));
}

#[test]
fn what_is_written_outlives_restart_stop_and_crash_on_the_same_port() {
    let server = start(&ServerOptions::default());
    let port = server.port();
    server.execute("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
    server.restart_fast();
    server.crash();
    let refused = server.superuser().try_query("SELECT 1").unwrap_err();
    assert_eq!(refused.code, None, "nobody answers: {refused}");
    server.start_again();
    server.stop();
    server.start_again();
    assert_eq!(server.query("SELECT x FROM t"), one("1"));
    assert_eq!(server.port(), port);
    assert!(server.log().contains("automatic recovery"), "after a crash");
}

#[test]
fn a_frozen_server_answers_nobody_until_it_is_thawed() {
    let server = start(&ServerOptions::default());
    let session = server.superuser().open().unwrap();
    server.freeze();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let asked = scope.spawn(move || session.query("SELECT 7"));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!asked.is_finished(), "a frozen session has answered");
        server.thaw();
        assert_eq!(asked.join().unwrap(), one("7"));
    });
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(server.query("SELECT 8"), one("8"));
}

#[test]
fn a_setting_reaches_new_sessions_at_once_and_does_not_lock_us_out() {
    let server = start(&ServerOptions::default());
    let database = server.create_database();
    server.set("work_mem", "5MB");
    assert_eq!(database.connection().query("SHOW work_mem"), one("5MB"));
    server.set("default_transaction_read_only", "on");
    server.execute("CREATE TABLE ours (x int)");
    let client = database.connection().plain();
    let refused = client.try_query("CREATE TABLE t (x int)").unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("25006"));
    server.set("default_transaction_read_only", "off");
    client.execute("CREATE TABLE t (x int)");
}

#[test]
fn options_reach_the_server() {
    let options = ServerOptions {
        max_connections: 7,
        durable: true,
        ..ServerOptions::default()
    };
    let server = start(&options.with("log_statement", "all"));
    for (name, value) in [
        ("max_connections", "7"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("log_statement", "all"),
    ] {
        assert_eq!(server.query(&format!("SHOW {name}")), one(value), "{name}");
    }
}

#[test]
fn a_dropped_server_leaves_no_process_and_no_folder() {
    let server = start(&ServerOptions::default());
    let data = server.data();
    let tcp = server.superuser().through(server.port());
    server.freeze();
    drop(server);
    assert!(!data.exists());
    assert!(
        tcp.try_query("SELECT 1")
            .unwrap_err()
            .message
            .contains("refused")
    );
}

#[test]
fn a_killed_process_takes_its_server_along() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_throw-away-postgres"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    let mut printed = BufReader::new(process.stdout.take().unwrap());
    printed.read_line(&mut url).unwrap();
    let port: u16 = url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
    let connect = || TcpStream::connect(("127.0.0.1", port));
    let open = connect().unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let begun = Instant::now();
    while connect().is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "still there");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(open);
}
