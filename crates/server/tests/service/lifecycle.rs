//! Starting, stopping, starting again.

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::program::{ADMIN_PASSWORD, Program, binary, folder, registration};

#[test]
fn sigterm_and_ctrl_c_end_the_service_cleanly() {
    for signal in ["-TERM", "-INT"] {
        let (_guard, data) = folder();
        let program = Program::dev(&data);
        let (status, log) = program.signal(signal);
        assert_eq!(status.code(), Some(0), "{log}");
    }
}

#[test]
fn a_request_in_flight_is_finished_before_the_end() {
    let (_guard, data) = folder();
    let program = Program::dev(&data);
    // Half a request is on its way when the signal comes; the other half follows.
    let body = registration("late").to_string();
    let (first, second) = body.split_at(20);
    let host = program.address.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    write!(
        stream,
        "POST /users HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{first}",
        body.len()
    )
    .unwrap();
    program.get("/health").expect(200);
    let ending = std::thread::spawn(move || program.signal("-TERM"));
    // New connections are refused once the end has begun.
    while TcpStream::connect(&host).is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    stream.write_all(second.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (status, log) = ending.join().unwrap();
    assert!(status.success(), "{log}");
}

#[test]
fn accounts_sessions_and_the_key_outlive_a_restart() {
    let (_guard, data) = folder();
    let program = Program::dev(&data);
    program.register("ada").expect(201);
    let (access, refresh) = program.log_in("ada", "changeMe123");
    let keys = program.get("/.well-known/jwks.json").expect(200);
    program.terminate();

    let program = Program::dev(&data);
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

#[test]
fn the_administrator_is_made_once_and_never_overwritten() {
    let (_guard, data) = folder();
    Program::dev(&data).terminate();
    let other = [("MG_USERS_ADMIN_PASSWORD", "another password")];
    let program = Program::dev_with(&data, &other);
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
    let output = binary()
        .arg("dev")
        .arg("--data")
        .arg(&data)
        .args(["--port", &port])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains(&port) && message.contains("--port"),
        "{message}"
    );
}
