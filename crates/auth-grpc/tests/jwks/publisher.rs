//! Somebody who publishes keys over HTTP, or behaves as if.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use url::Url;

/// Listens on a port of its own until it is dropped.
pub(crate) struct Publisher {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    answer: Answer,
    requests: Vec<String>,
    over: bool,
}

/// How requests are answered.
#[derive(Clone)]
pub(crate) enum Answer {
    /// With a set of keys, as the platform does.
    Keys(String),
    /// With these bytes, after which the connection is closed.
    Bytes(Vec<u8>),
    /// With these bytes and no end.
    Endless(Vec<u8>),
    /// Not before there is another answer.
    Held,
    /// Not at all: the connection is closed.
    Closed,
}

/// A whole answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into(),
    )
}

impl Publisher {
    pub(crate) fn new(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                answer,
                requests: Vec::new(),
                over: false,
            }),
            changed: Condvar::new(),
        });
        let listening = shared.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                if listening.state.lock().unwrap().over {
                    return;
                }
                let (shared, connection) = (listening.clone(), connection.unwrap());
                // A client that has left is none of the publisher's business.
                thread::spawn(move || _ = shared.serve(connection));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> Url {
        let url = format!("http://{}/keys/.well-known/jwks.json", self.address);
        url.parse().unwrap()
    }

    /// Answers otherwise from now on; requests that are held get this answer.
    pub(crate) fn set(&self, answer: Answer) {
        self.shared.state.lock().unwrap().answer = answer;
        self.shared.changed.notify_all();
    }

    /// What was asked, from the beginning.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().requests.clone()
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.requests().len()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.state.lock() {
            state.over = true;
            state.answer = Answer::Closed;
        }
        self.shared.changed.notify_all();
        // Wakes the listener.
        _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte)?;
            request.push(byte[0]);
        }
        let mut state = self.state.lock().unwrap();
        state.requests.push(String::from_utf8(request).unwrap());
        while matches!(state.answer, Answer::Held) {
            state = self.changed.wait(state).unwrap();
        }
        let answer = state.answer.clone();
        drop(state);
        match answer {
            Answer::Keys(set) => {
                let length = set.len();
                let headers = "Cache-Control: public, max-age=900, stale-while-revalidate=60\r\n\
                               Content-Type: application/json\r\n";
                let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\n\r\n");
                connection.write_all(head.as_bytes())?;
                connection.write_all(set.as_bytes())
            }
            Answer::Bytes(bytes) => connection.write_all(&bytes),
            Answer::Endless(bytes) => {
                connection.write_all(&bytes)?;
                let mut state = self.state.lock().unwrap();
                while !state.over {
                    state = self.changed.wait(state).unwrap();
                }
                Ok(())
            }
            Answer::Held | Answer::Closed => Ok(()),
        }
    }
}
