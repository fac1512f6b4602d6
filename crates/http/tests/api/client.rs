//! A client that says exactly what it is told to, and shows exactly what came back.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::documented;

/// Longer than any answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A request in the making.
#[derive(Clone)]
pub(super) struct Request {
    method: &'static str,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
    is_chunked: bool,
}

impl Request {
    pub(super) fn new(method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
            is_chunked: false,
        }
    }

    pub(super) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A POST with a JSON body.
    pub(super) fn post(target: &str, body: &Value) -> Self {
        Self::post_text(target, body.to_string())
    }

    /// A POST with a body that says it is JSON.
    pub(super) fn post_text(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", target)
            .header("Content-Type", "application/json")
            .body(body)
    }

    /// A PATCH with a JSON body.
    pub(super) fn patch(target: &str, body: &Value) -> Self {
        Self::new("PATCH", target)
            .header("Content-Type", "application/json")
            .body(body.to_string())
    }

    /// A PUT with a JSON body.
    pub(super) fn put(target: &str, body: &Value) -> Self {
        Self::new("PUT", target)
            .header("Content-Type", "application/json")
            .body(body.to_string())
    }

    /// A POST as a browser sends the form of a page.
    pub(super) fn form(target: &str, fields: &[(&str, &str)]) -> Self {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        Self::new("POST", target)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .body(pairs.join("&"))
    }

    pub(super) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(super) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The same, whose body does not say how long it is.
    pub(super) fn chunked(mut self) -> Self {
        self.is_chunked = true;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!(
            "{} {} HTTP/1.1\r\nHost: localhost\r\n",
            self.method, self.target
        )
        .into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_chunked {
            bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(64 * 1024) {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            return bytes;
        }
        if self.body.is_some() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        bytes
    }
}

/// As it is sent, up to where nobody reads on.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 2 * 1024;
        let bytes = self.bytes();
        write!(f, "{}", bytes[..bytes.len().min(SHOWN)].escape_ascii())
    }
}

/// A text as it stands in a query or a form.
pub(super) fn escaped(text: &str) -> String {
    let bytes: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

/// One connection.
pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub(super) fn send(&mut self, request: &Request) -> Answer {
        self.write(&request.bytes());
        let answer = self.read(request.method == "HEAD");
        documented::check(request.method, &request.target, &answer);
        answer
    }

    /// Sends bytes as they are; the server may have had enough before they are through.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Sends a request and does not read; whether the server still takes any.
    pub(super) fn ask(&mut self, request: &Request) -> bool {
        match self.0.get_mut().write_all(&request.bytes()) {
            Ok(()) => true,
            Err(error) => {
                assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "it waits for ever");
                false
            }
        }
    }

    /// Says that nothing more will be sent.
    pub(super) fn finish_sending(&mut self) {
        // The server may have ended the connection already.
        let _ = self.0.get_ref().shutdown(Shutdown::Write);
    }

    /// Reads an answer, without body if `head_only`.
    pub(super) fn read(&mut self, head_only: bool) -> Answer {
        Answer::read(&mut self.0, head_only)
    }

    /// Reads all answers up to the end of the connection.
    pub(super) fn rest(&mut self) -> Vec<Answer> {
        let mut bytes = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut bytes) {
            // The server need not read what it has refused to.
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        }
        let mut bytes = bytes.as_slice();
        let mut answers = Vec::new();
        while !bytes.is_empty() {
            answers.push(Answer::read(&mut bytes, false));
        }
        answers
    }

    /// Whether the server ends the connection within a time, sending nothing more.
    pub(super) fn ends_within(&mut self, time: Duration) -> bool {
        match self.wait(time) {
            Ok(arrived) => arrived == 0,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    /// Whether an answer begins within a time.
    pub(super) fn is_answered_within(&mut self, time: Duration) -> bool {
        self.wait(time).is_ok_and(|arrived| arrived > 0)
    }

    /// The status of the answer that comes next, of which nothing is read.
    pub(super) fn coming_status(&mut self) -> u16 {
        let begun = self.0.fill_buf().unwrap();
        let status = begun.strip_prefix(b"HTTP/1.1 ").unwrap();
        std::str::from_utf8(&status[..3]).unwrap().parse().unwrap()
    }

    fn wait(&mut self, time: Duration) -> io::Result<usize> {
        self.0.get_ref().set_read_timeout(Some(time)).unwrap();
        let arrived = self.0.fill_buf().map(<[u8]>::len);
        self.0.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        arrived
    }

    /// Whether the server has closed the connection and sent nothing more.
    pub(super) fn has_ended(&mut self) -> bool {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).is_ok() && rest.is_empty()
    }
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) text: String,
}

impl Answer {
    fn read(from: &mut impl BufRead, head_only: bool) -> Self {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = from.read_line(&mut head).unwrap();
            assert!(read > 0, "the connection ended within the head: {head:?}");
        }
        let mut answer = Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            text: String::new(),
        };
        let length = answer.header("content-length").unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        if !head_only {
            from.read_exact(&mut body).unwrap();
            answer.text = String::from_utf8(body).unwrap();
        }
        answer
    }

    /// The first header of a name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The status, where nothing else is said.
    pub(super) fn is_empty(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.text, "", "{self:?}");
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON body of an answer that has the status it should have.
    pub(super) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// Checks that a refusal has status, code and field.
    pub(super) fn is_refused(&self, status: u16, code: &str, field: Option<&str>) {
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{self:?}");
        assert_eq!(body["field"].as_str(), field, "{self:?}");
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        assert_eq!(
            body["request_id"].as_str(),
            self.header("x-request-id"),
            "{self:?}"
        );
    }
}
