//! What clients and probes see of the service while its Postgres has a fault.

use std::thread;
use std::time::{Duration, Instant};

use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use users_test_postgres::{Binaries, Server, ServerOptions};

use crate::program::{Home, Program, client, registration};

/// No request takes longer, whatever Postgres does.
const LIMIT: Duration = Duration::from_secs(10);
/// No probe does.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// A server that this test alone uses, on which a crash loses nothing.
pub(super) fn server(max_connections: u32) -> Server {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    let options = ServerOptions {
        max_connections,
        durable: true,
        ..ServerOptions::default()
    };
    Server::start(&binaries, &options)
}

/// The service, whose people need not prove their addresses.
pub(super) fn start(home: &Home) -> Program {
    home.start_with(&[("MG_ALLOW_UNVERIFIED_USER", "true")])
}

/// An answer, which came in time.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    retry_after: Option<u64>,
    pub(super) body: Value,
}

impl Reply {
    fn to(request: RequestBuilder, limit: Duration) -> Self {
        let begun = Instant::now();
        let response = request.send().expect("an answer");
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("Retry-After")
            .map(|seconds| seconds.to_str().unwrap().parse().unwrap());
        let body = response.text().unwrap();
        let took = begun.elapsed();
        assert!(took < limit, "{took:?}: {status} {body}");
        let body = serde_json::from_str(&body).unwrap_or_default();
        Self {
            status,
            retry_after,
            body,
        }
    }

    #[track_caller]
    pub(super) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// Whether the client is told to come back, and when.
    #[track_caller]
    pub(super) fn comes_back_later(self) {
        assert_eq!(self.status, 503, "{self:?}");
        assert_eq!(self.body["code"], "unavailable", "{self:?}");
        assert!(
            self.retry_after
                .is_some_and(|seconds| (1..=30).contains(&seconds)),
            "{self:?}"
        );
    }
}

pub(super) fn register(program: &Program, name: &str) -> Reply {
    let request = client().post(program.url("/users"));
    Reply::to(request.json(&registration(name)), LIMIT)
}

pub(super) fn log_in(program: &Program, name: &str) -> Reply {
    let request = client().post(program.url("/users/tokens/issue"));
    let body = json!({ "identity": name, "secret": "changeMe123" });
    Reply::to(request.json(&body), LIMIT)
}

pub(super) fn profile(program: &Program, token: &str) -> Reply {
    let request = client().get(program.url("/users/profile"));
    Reply::to(request.bearer_auth(token), LIMIT)
}

/// Makes an account and gives its token.
pub(super) fn settle(program: &Program, name: &str) -> String {
    register(program, name).is(201);
    let tokens = log_in(program, name).is(201);
    tokens["access_token"].as_str().unwrap().to_owned()
}

/// A probe's answer. Whatever happens, the process lives and says so.
pub(super) fn probe(program: &Program) -> Reply {
    let of = |path: &str| Reply::to(client().get(program.url(path)), PROBE_LIMIT);
    of("/livez").is(200);
    of("/health").is(200);
    of("/readyz")
}

/// Waits until probes see this state of the store.
pub(super) fn until_store(program: &Program, state: &str) {
    program.until(&format!("a store that is {state}"), || {
        let reply = probe(program);
        let store = &reply.body["checks"]["store"][0];
        let seen = store["output"]
            .as_str()
            .or_else(|| store["status"].as_str());
        if seen != Some(state) {
            return false;
        }
        match state {
            "pass" | "read-only" => {
                reply.is(200);
            }
            _ => {
                assert!(reply.retry_after.is_some(), "{reply:?}");
                reply.is(503);
            }
        }
        true
    });
}

/// Everybody is told to come back, many at a time, while probes are answered.
pub(super) fn nobody_is_served(program: &Program, token: &str) {
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || profile(program, token).comes_back_later());
            scope.spawn(move || register(program, &format!("late-{number}")).comes_back_later());
            scope.spawn(move || log_in(program, "ada").comes_back_later());
        }
        for _ in 0..20 {
            probe(program);
        }
    });
}

/// All is as before the fault, and goes on.
pub(super) fn all_are_served(program: &Program, token: &str) {
    until_store(program, "pass");
    let ada = profile(program, token).is(200);
    assert_eq!(ada["email"], "ada@example.com");
    log_in(program, "ada").is(201);
    for number in 0..4 {
        // What was answered 503 may be asked for again, and may have been carried out.
        let name = format!("late-{number}");
        let again = register(program, &name);
        if again.status != 409 {
            again.is(201);
        }
        log_in(program, &name).is(201);
    }
}
