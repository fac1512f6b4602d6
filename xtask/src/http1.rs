//! A small HTTP/1.1 client on a kept connection: it adds next to nothing to what is measured, and
//! shows answers as they came over the wire.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Longer than any answer may take, so that a service that hangs is an error.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request, ready to be sent any number of times.
#[derive(Clone)]
pub(crate) struct Request(Vec<u8>);

impl Request {
    /// A request with a bearer token and a JSON body where there are any.
    pub(crate) fn new(
        method: &str,
        path: &str,
        bearer: Option<&str>,
        json: Option<&serde_json::Value>,
    ) -> Self {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        // Writing to a `String` cannot fail.
        if let Some(token) = bearer {
            let _ = write!(text, "Authorization: Bearer {token}\r\n");
        }
        let body = json.map(serde_json::Value::to_string);
        if body.is_some() || method != "GET" {
            let length = body.as_ref().map_or(0, String::len);
            let _ = write!(
                text,
                "Content-Type: application/json\r\nContent-Length: {length}\r\n"
            );
        }
        text.push_str("\r\n");
        text.push_str(body.as_deref().unwrap_or_default());
        Self(text.into_bytes())
    }
}

/// A kept connection and the last answer that came over it.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    head: String,
    body: Vec<u8>,
}

/// An answer, valid until the next one.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a str,
    body: &'a [u8],
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self {
            stream: BufReader::new(stream),
            head: String::new(),
            body: Vec::new(),
        })
    }

    /// Sends `request` and reads the answer to its end.
    pub(crate) fn send(&mut self, request: &Request) -> Result<Answer<'_>> {
        self.stream
            .get_mut()
            .write_all(&request.0)
            .context("cannot send a request")?;
        self.head.clear();
        loop {
            let start = self.head.len();
            let read = self
                .stream
                .read_line(&mut self.head)
                .context("no answer came")?;
            if read == 0 {
                bail!("the connection was closed instead of an answer");
            }
            if self.head[start..].trim_end().is_empty() {
                break;
            }
        }
        let status = self
            .head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("no status in {:?}", self.head))?;
        let length = header(&self.head, "content-length")
            .context("an answer without Content-Length")?
            .parse()
            .context("an answer whose Content-Length is no number")?;
        self.body.resize(length, 0);
        self.stream
            .read_exact(&mut self.body)
            .context("an answer was cut off")?;
        Ok(Answer {
            status,
            head: &self.head,
            body: &self.body,
        })
    }
}

impl Answer<'_> {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    /// The body, which must be UTF-8.
    pub(crate) fn text(&self) -> Result<&str> {
        std::str::from_utf8(self.body).context("an answer that is not UTF-8")
    }

    /// The body, which must be JSON.
    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        let text = self.text()?;
        serde_json::from_str(text).with_context(|| format!("an answer that is not JSON: {text:?}"))
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use serde_json::json;

    use super::*;

    #[test]
    fn answers_on_one_connection_are_kept_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut asked = Vec::new();
            for answer in [
                "HTTP/1.1 200 OK\r\ncontent-length: 8\r\nX-Kind: first\r\n\r\n{\"a\": 1}",
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            ] {
                let mut buffer = [0; 1024];
                let read = stream.read(&mut buffer).expect("a request");
                asked.push(String::from_utf8_lossy(&buffer[..read]).into_owned());
                stream.write_all(answer.as_bytes()).expect("sent");
            }
            asked
        });

        let mut connection = Connection::open(address).expect("connected");
        let answer = connection
            .send(&Request::new("GET", "/a", None, None))
            .expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-kind"), Some("first"));
        assert_eq!(answer.json().expect("JSON"), json!({ "a": 1 }));
        let request = Request::new("POST", "/b", Some("token"), Some(&json!({ "b": 2 })));
        let answer = connection.send(&request).expect("an answer");
        assert_eq!((answer.status, answer.text().expect("text")), (404, ""));

        let asked = server.join().expect("the server");
        assert_eq!(asked[0], "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(
            asked[1].contains("Authorization: Bearer token\r\n"),
            "{}",
            asked[1]
        );
        assert!(
            asked[1].ends_with("Content-Length: 7\r\n\r\n{\"b\":2}"),
            "{}",
            asked[1]
        );
    }
}
