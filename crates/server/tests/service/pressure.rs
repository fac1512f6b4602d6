//! More than the service can do at once, from clients that wait, dawdle, or talk nonsense.

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use super::program::{ADMIN_PASSWORD, Home, PATIENCE, Program, on_each_store};

on_each_store! {
    a_storm_of_logins_is_served_or_told_when_to_come_back,
    connections_above_the_limit_wait_for_others_to_end,
    a_thousand_idle_connections_cost_little_and_are_given_back,
    slow_clients_hold_up_nobody,
    who_reads_no_answers_fills_no_memory,
    a_storm_of_nonsense_leaves_no_trace,
}

/// Passwords that wait at most for one thread, and the one that it is at.
const HASHES_AT_ONCE: usize = 64 + 1;
/// Open files that the service keeps for other things than connections.
const OTHER_FILES: usize = 128;
/// Connections to its store that it may have opened meanwhile, and keeps.
const STORE_CONNECTIONS: usize = 32;

/// A connection to the service.
struct Wire(BufReader<TcpStream>);

impl Wire {
    fn open(program: &Program) -> Self {
        let address = program.address.trim_start_matches("http://");
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// The service may have had enough before everything is through.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    fn get(&mut self, path: &str) -> Reply {
        self.send(get(path, "").as_bytes());
        self.reply()
    }

    fn reply(&mut self) -> Reply {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).unwrap();
            assert!(read > 0, "the connection ended within {head:?}");
        }
        let length = head.lines().find_map(|line| {
            let length = line.strip_prefix("content-length: ")?;
            Some(length.parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or_default()];
        self.0.read_exact(&mut body).unwrap();
        Reply {
            status: head[9..12].parse().unwrap(),
            head,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// Whether nothing has come back so far.
    fn waits(&mut self) -> bool {
        self.0.get_ref().set_nonblocking(true).unwrap();
        let read = self.0.fill_buf().map(<[u8]>::len);
        self.0.get_ref().set_nonblocking(false).unwrap();
        read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Reads to the end of the connection; a reset is an end too.
    fn drain(&mut self) {
        let outcome = self.0.read_to_end(&mut Vec::new());
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }
}

struct Reply {
    status: u16,
    head: String,
    body: Value,
}

fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
}

fn post(path: &str, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Files that the process has open, connections among them.
fn open_files(program: &Program) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", program.process_id()));
    files.unwrap().count()
}

/// Memory that the process holds, in KiB.
fn memory(program: &Program) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", program.process_id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

/// Lets this process open as many connections as the tests need.
fn allow_many_files() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, all).unwrap();
}

/// The service is well, and has not complained about anybody.
fn ends_well(program: Program) {
    program.get("/health").expect(200);
    let log = program.terminate();
    let complaints: Vec<_> = log
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("panicked"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

fn a_storm_of_logins_is_served_or_told_when_to_come_back(home: &Home) {
    let program = home.start_with(&[("MG_USERS_HASH_THREADS", "1")]);
    let token = program.administrator();
    let login = json!({ "identity": "admin@example.com", "secret": ADMIN_PASSWORD });
    let login = post("/users/tokens/issue", &login);
    let mut storm: Vec<Wire> = (0..2 * HASHES_AT_ONCE)
        .map(|_| Wire::open(&program))
        .collect();
    for wire in &mut storm {
        wire.send(login.as_bytes());
    }
    program.get("/health").expect(200);
    program.get_as("/users/profile", &token).expect(200);
    let metrics = program.get("/metrics").text;
    let queue = metrics
        .lines()
        .find_map(|line| line.strip_prefix("users_password_queue_depth "));
    assert_ne!(queue, Some("0"), "the storm is over already");

    let (mut served, mut refused) = (0, 0);
    for mut wire in storm {
        let reply = wire.reply();
        match reply.status {
            201 => served += 1,
            503 => {
                refused += 1;
                assert_eq!(reply.body["code"], "busy");
                let header = reply.head.lines().find_map(|line| {
                    let seconds = line.strip_prefix("retry-after: ")?;
                    Some(seconds.parse::<u64>().unwrap())
                });
                assert!(
                    header.is_some_and(|seconds| (1..=30).contains(&seconds)),
                    "{}",
                    reply.head
                );
            }
            other => panic!("{other}: {}", reply.body),
        }
    }
    // How many are served depends on how much of the machine hashing gets.
    assert!(served > 0 && refused > 0, "{served} {refused}");
    program.administrator();
    let log = program.log();
    let told = log
        .lines()
        .filter(|line| line.contains("too many passwords"));
    assert!((1..=3).contains(&told.count()), "{log}");
    ends_well(program);
}

fn connections_above_the_limit_wait_for_others_to_end(home: &Home) {
    const CONNECTIONS: usize = 32;
    let program = home.start_with_files(OTHER_FILES + CONNECTIONS);
    let mut served: Vec<Wire> = (0..CONNECTIONS).map(|_| Wire::open(&program)).collect();
    for wire in &mut served {
        assert_eq!(wire.get("/health").status, 200);
    }
    let mut waiting: Vec<Wire> = (0..8).map(|_| Wire::open(&program)).collect();
    for wire in &mut waiting {
        wire.send(get("/health", "").as_bytes());
    }
    for wire in &mut served {
        assert_eq!(wire.get("/health").status, 200);
    }
    assert!(waiting.iter_mut().all(Wire::waits));
    served.truncate(CONNECTIONS - waiting.len());
    for wire in &mut waiting {
        assert_eq!(wire.reply().status, 200);
    }
    drop((served, waiting));
    ends_well(program);
}

fn a_thousand_idle_connections_cost_little_and_are_given_back(home: &Home) {
    allow_many_files();
    let program = home.start();
    // Whatever the first requests bring with them is not the connections' cost.
    program.get("/health").expect(200);
    let (files, before) = (open_files(&program), memory(&program));
    // Each asks at once: who says nothing at first is not waited for as long as who did.
    let ask = |_| {
        let mut wire = Wire::open(&program);
        assert_eq!(wire.get("/health").status, 200);
        wire
    };
    let idle: Vec<Wire> = (0..1000).map(ask).collect();
    assert!(open_files(&program) >= 1000);
    let grown = memory(&program).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB");
    program.get("/health").expect(200);
    drop(idle);
    program.until("their files are given back", || {
        open_files(&program) <= files + STORE_CONNECTIONS
    });
    ends_well(program);
}

fn slow_clients_hold_up_nobody(home: &Home) {
    allow_many_files();
    let program = home.start();
    let token = program.administrator();
    let files = open_files(&program);
    // They ask for more than they ever read.
    let questions = get("/users/profile", &token).repeat(100);
    let mut slow: Vec<Wire> = (0..200)
        .map(|_| {
            let mut wire = Wire::open(&program);
            wire.send(questions.as_bytes());
            wire
        })
        .collect();
    // They do not say all they have announced: a body, a large one, a chunk, a head.
    let whole = post("/users", &json!({ "text": "x".repeat(100_000) }));
    let chunk = "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Transfer-Encoding: chunked\r\n\r\n100\r\n{";
    for begun in [
        &whole[..150],
        &whole[..whole.len() - 1],
        chunk,
        &chunk[..50],
    ] {
        slow.extend((0..50).map(|_| {
            let mut wire = Wire::open(&program);
            wire.send(begun.as_bytes());
            wire
        }));
    }
    for _ in 0..20 {
        program.get_as("/users/profile", &token).expect(200);
        program.get("/health").expect(200);
    }
    drop(slow);
    program.until("their files are given back", || {
        open_files(&program) <= files + STORE_CONNECTIONS
    });
    program.register("ada").expect(201);
    ends_well(program);
}

fn who_reads_no_answers_fills_no_memory(home: &Home) {
    const CLIENTS: usize = 500;
    allow_many_files();
    let program = home.start();
    let targets = [
        "/openapi.json",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui.css",
    ];
    // Whatever the first answers bring with them is not the clients' cost.
    for target in targets {
        assert_eq!(Wire::open(&program).get(target).status, 200);
    }
    let before = memory(&program);
    let questions: String = targets.map(|target| get(target, "")).concat().repeat(4);
    let mut greedy: Vec<Wire> = (0..CLIENTS).map(|_| Wire::open(&program)).collect();
    for wire in &mut greedy {
        wire.send(questions.as_bytes());
    }
    for wire in &mut greedy {
        assert!(!wire.0.fill_buf().unwrap().is_empty());
    }
    program.get("/health").expect(200);
    // One answer in full for each of them would take ten times as much.
    let grown = memory(&program).saturating_sub(before);
    assert!(grown < CLIENTS * 150, "{grown} KiB");
    drop(greedy);
    ends_well(program);
}

fn a_storm_of_nonsense_leaves_no_trace(home: &Home) {
    let program = home.start();
    program.get("/health").expect(200);
    program.until("the last line of the start", || {
        program.log().contains("user.create")
    });
    let (files, lines) = (open_files(&program), program.log().lines().count());
    let name = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}: 1\r\n\r\n",
        "x".repeat(70_000)
    );
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nx: {}", "x".repeat(200_000));
    let kinds: [&[u8]; 8] = [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /users HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        name.as_bytes(),
        head.as_bytes(),
    ];
    for _ in 0..50 {
        let mut wires: Vec<Wire> = kinds.iter().map(|_| Wire::open(&program)).collect();
        for (wire, bytes) in wires.iter_mut().zip(kinds) {
            wire.send(bytes);
        }
        wires.iter_mut().for_each(Wire::drain);
    }
    program.until("their files are given back", || {
        open_files(&program) <= files + STORE_CONNECTIONS
    });
    let log = program.log();
    assert_eq!(log.lines().count(), lines, "{log}");
    ends_well(program);
}
