//! Starting, stopping, starting again.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;
use serde_json::json;

use super::program::{ADMIN_PASSWORD, Home, Program, folder, on_each_store, registration, run};

on_each_store! {
    sigterm_and_ctrl_c_end_the_service_cleanly,
    a_service_that_says_it_is_up_is_ready,
    a_request_in_flight_is_finished_before_the_end,
    reads_and_failed_logins_are_told_and_the_last_request_too,
    accounts_sessions_and_the_key_outlive_a_restart,
    the_administrator_is_made_once_and_never_overwritten,
}

/// The interim answer to `Expect: 100-continue` (RFC 9110, section 10.1.1).
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn sigterm_and_ctrl_c_end_the_service_cleanly(home: &Home) {
    for signal in [Signal::TERM, Signal::INT] {
        let program = home.start();
        program.send(signal);
        let (status, log) = program.ended();
        assert_eq!(status.code(), Some(0), "{log}");
    }
}

fn a_service_that_says_it_is_up_is_ready(home: &Home) {
    let program = home.start();
    assert_eq!(
        program.get("/readyz").expect(200),
        json!({
            "status": "pass",
            "checks": {
                "service": [{ "status": "pass" }],
                "store": [{ "status": "pass" }],
            },
        })
    );
    let alive = json!({ "status": "pass" });
    assert_eq!(program.get("/livez").expect(200), alive);
    let url = program.url("/readyz");
    assert_eq!(run(&["health", "--url", &url], &[]).code, 0);
    let log = program.terminate();
    assert!(!log.contains("the store"), "nothing was amiss: {log}");
}

fn a_request_in_flight_is_finished_before_the_end(home: &Home) {
    let program = home.start();
    // Half a request is on its way when the signal comes; the other half follows.
    let body = registration("late").to_string();
    let (first, second) = body.split_at(20);
    let host = program.address.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(
        stream,
        "POST /users HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n{first}",
        body.len()
    )
    .unwrap();
    // The service says that it has begun with the request.
    let mut begun = [0; CONTINUE.len()];
    stream.read_exact(&mut begun).unwrap();
    assert_eq!(begun, *CONTINUE);
    program.send(Signal::TERM);
    program.until("new connections are refused once the end has begun", || {
        TcpStream::connect(&host).is_err()
    });
    stream.write_all(second.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (status, log) = program.ended();
    assert!(status.success(), "{log}");
}

fn reads_and_failed_logins_are_told_and_the_last_request_too(home: &Home) {
    let program = home.start();
    program.register("ada").expect(201);
    let (access, _) = program.log_in("ada", "changeMe123");
    program.get_as("/users/profile", &access).expect(200);
    program.until("the event of a read", || {
        program.log().contains("user.view_profile")
    });
    let wrong = json!({ "identity": "ada", "secret": "wrong" });
    program.post("/users/tokens/issue", &wrong).expect(401);
    let log = program.terminate();
    assert!(log.contains("user.login_failed"), "{log}");
}

#[test]
fn a_service_goes_on_when_nobody_reads_what_it_says() {
    let (_guard, data) = folder();
    let program = Program::dev_unheard(&data);
    let mails = || std::fs::read_dir(data.join("mail")).map_or(0, Iterator::count);
    for (sent, name) in ["ada", "grace"].into_iter().enumerate() {
        program.register(name).expect(201);
        let body = json!({ "email": format!("{name}@example.com") });
        program.post("/password/reset-request", &body).expect(201);
        // The first announcement fails; the next mail is written all the same.
        program.until("a mail", || mails() > sent);
    }
    program.get("/health").expect(200);
    program.terminate();
}

fn accounts_sessions_and_the_key_outlive_a_restart(home: &Home) {
    let program = home.start();
    program.register("ada").expect(201);
    let (access, refresh) = program.log_in("ada", "changeMe123");
    let keys = program.get("/.well-known/jwks.json").expect(200);
    program.terminate();

    let program = home.start();
    assert_eq!(program.get("/.well-known/jwks.json").expect(200), keys);
    program.get_as("/users/profile", &access).expect(200);
    program
        .post_as("/users/tokens/refresh", &refresh, &json!({}))
        .expect(201);
}

#[test]
fn what_lies_in_the_data_folder_is_for_its_owner_only() {
    let (_guard, data) = folder();
    let _program = Program::dev(&data);
    let mut files = 0;
    for entry in std::fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(
            mode & 0o077,
            0,
            "{} is open to others: {mode:o}",
            entry.path().display()
        );
        files += 1;
    }
    assert!(files >= 2, "a key and a database");
}

fn the_administrator_is_made_once_and_never_overwritten(home: &Home) {
    home.start().terminate();
    let other = [("MG_USERS_ADMIN_PASSWORD", "another password")];
    let program = home.start_with(&other);
    let (token, _) = program.log_in("admin@example.com", ADMIN_PASSWORD);
    let page = program.get_as("/users", &token).expect(200);
    assert_eq!(page["total"], 1);
    program
        .post(
            "/users/tokens/issue",
            &json!({ "identity": "admin@example.com", "secret": "another password" }),
        )
        .expect(401);
}

#[test]
fn a_taken_port_ends_the_start_with_its_reason() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_guard, data) = folder();
    let data = data.to_str().unwrap();
    let output = run(&["dev", "--data", data, "--port", &port], &[]);
    assert_eq!(output.code, 1);
    let message = output.stderr;
    assert!(
        message.contains(&port) && message.contains("--port"),
        "{message}"
    );
}
