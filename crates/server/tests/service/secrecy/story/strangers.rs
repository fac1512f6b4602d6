//! What nobody should send, and the service must bear.

use super::{IN_HEADERS, IN_PATHS, Story, UNKNOWN_EMAIL, WRONG_PASSWORD};
use crate::secrecy::wire::exchange;

impl Story<'_> {
    pub(in crate::secrecy) fn sends_what_cannot_be_read(&self) {
        let long = format!("{UNKNOWN_EMAIL}{}", "x".repeat(300));
        let deep = format!("{{\"metadata\":{}\"{WRONG_PASSWORD}\"", "[".repeat(5_000));
        for body in [
            format!("{{\"email\":\"{UNKNOWN_EMAIL}\",\"secret\":\"{WRONG_PASSWORD}\""),
            format!("{{\"email\":\"{UNKNOWN_EMAIL}\",\"email\":\"{UNKNOWN_EMAIL}\"}}"),
            format!("{{\"email\":{UNKNOWN_EMAIL}}}"),
            format!("{{\"email\":\"{long}\",\"first_name\":\"{long}\"}}"),
            format!("{{\"email\":\"{UNKNOWN_EMAIL}\\u0000\"}}"),
            format!("{{\"credentials\":{{\"secret\":\"{WRONG_PASSWORD}\",\"secret\":1}}}}"),
            format!("{{\"status\":\"{WRONG_PASSWORD}\",\"role\":\"{UNKNOWN_EMAIL}\"}}"),
            format!("{{\"tags\":\"{WRONG_PASSWORD}\",\"metadata\":[{WRONG_PASSWORD}]}}"),
            format!("\"{WRONG_PASSWORD}\""),
            format!("identity={UNKNOWN_EMAIL}&secret={WRONG_PASSWORD}"),
            deep,
        ] {
            for target in ["/users", "/users/tokens/issue", "/password/reset-request"] {
                self.ask("POST", target, None, &body).expect(400);
            }
        }
        let text = format!("Content-Type: {IN_HEADERS}/{IN_HEADERS}\r\n");
        self.ask_with("POST", "/users", None, &text, WRONG_PASSWORD)
            .expect(415);
        let encoded =
            format!("Content-Type: application/json\r\nContent-Encoding: {IN_HEADERS}\r\n");
        self.ask_with("POST", "/users", None, &encoded, WRONG_PASSWORD)
            .expect(415);
        let length = "x".repeat(1024 * 1024);
        let large = format!("{{\"secret\":\"{WRONG_PASSWORD}{length}\"}}");
        self.ask("POST", "/users", None, &large).expect(413);

        let host = &self.host;
        for head in [
            format!("POST /users HTTP/1.1\r\nHost: {host}\r\nContent-Length: {IN_HEADERS}"),
            format!("POST /users HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: {IN_HEADERS}"),
            format!(
                "POST /users HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n{IN_HEADERS}"
            ),
            format!("GET /health HTTP/1.1\r\nHost: {host}\r\nHost: {IN_HEADERS}"),
            format!("GET /health HTTP/1.1\r\nHost: {host}\r\n{IN_HEADERS} : {IN_HEADERS}"),
            format!(
                "GET /health HTTP/1.1\r\nHost: {host}\r\nX: {}",
                IN_HEADERS.repeat(10_000)
            ),
            format!("GET /{IN_PATHS} HTTP/{IN_PATHS}\r\nHost: {host}"),
            format!("GET http://vera:{IN_PATHS}@/ {IN_PATHS}"),
            format!("{WRONG_PASSWORD} {UNKNOWN_EMAIL}"),
        ] {
            let answer = exchange(host, format!("{head}\r\n\r\n").as_bytes());
            assert_ne!(answer.status / 100, 2, "{head}");
        }
    }

    pub(in crate::secrecy) fn asks_for_what_is_not_there(&self) {
        for (method, target, status) in [
            ("GET", format!("/{IN_PATHS}?email={UNKNOWN_EMAIL}"), 404),
            ("GET", format!("/users/{UNKNOWN_EMAIL}/{IN_PATHS}"), 404),
            (
                "GET",
                format!("http://vera:{IN_PATHS}@{}/{IN_PATHS}", self.host),
                404,
            ),
            ("PUT", format!("/users?token={IN_PATHS}"), 405),
            (IN_PATHS, format!("/users?token={IN_PATHS}"), 405),
            (IN_PATHS, format!("/{IN_PATHS}"), 404),
            ("GET", format!("/health?token={IN_PATHS}"), 200),
            ("GET", "/.well-known/jwks.json".to_owned(), 200),
        ] {
            self.ask(method, &target, None, "").expect(status);
        }
        for target in [
            format!("/users/{UNKNOWN_EMAIL}"),
            format!("/users/{IN_PATHS}"),
            format!("/users/{}", IN_PATHS.repeat(20)),
            format!("/users/%ff{IN_PATHS}"),
        ] {
            self.ask("GET", &target, Some(&self.administrator), "")
                .expect(404);
        }
    }
}
