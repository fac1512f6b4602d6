//! Requests that servers read in different ways: whatever they are taken for, nothing that a client
//! hides in one is read as another.

use serde_json::Value;
use users_testkit::people;

use super::client::{Answer, Connection};
use super::service::{Service, registration};

/// A request to hide: if it is ever read, there is an account.
fn hidden() -> Vec<u8> {
    let body = registration("hidden").to_string();
    format!(
        "POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What comes back for some bytes, up to the end of the connection.
fn answers(service: &Service, bytes: &[u8]) -> Vec<Answer> {
    let mut connection = Connection::open(service.address);
    connection.write(bytes);
    connection.finish_sending();
    connection.rest()
}

/// Checks that bytes followed by a hidden request are refused as one request, and that nothing else
/// came of them.
fn is_refused(service: &Service, bytes: &[u8]) {
    let what = String::from_utf8_lossy(bytes.get(..300).unwrap_or(bytes)).into_owned();
    let came = answers(service, &[bytes, &hidden()].concat());
    assert!(
        came.len() <= 1
            && came
                .iter()
                .all(|answer| (400..500).contains(&answer.status)),
        "{what:?} has {came:#?}"
    );
    assert!(service.fakes.store.users().is_empty(), "{what:?}");
    service.get("/health").expect(200);
}

/// A registration with some header lines and a body that ends where a chunk would.
fn registering(headers: &[u8]) -> Vec<u8> {
    [
        b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
        headers,
        b"\r\n\r\n0\r\n\r\n",
    ]
    .concat()
}

#[test]
fn a_length_that_can_be_read_in_two_ways_is_refused() {
    let service = Service::start();
    for headers in [
        &b"Content-Length: 5\r\nTransfer-Encoding: chunked"[..],
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked",
        b"content-length: 5\r\nTRANSFER-ENCODING: Chunked",
        b"Content-Length: 5\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 0\r\nContent-Length: 5",
        b"Content-Length: 5, 5",
        b"Content-Length: 5,6",
        b"Content-Length: 5;",
        b"Content-Length: 5 5",
        b"Content-Length: +5",
        b"Content-Length: -5",
        b"Content-Length: -0",
        b"Content-Length: 0x5",
        b"Content-Length: 5.0",
        b"Content-Length: 1e1",
        b"Content-Length: ",
        b"Content-Length: five",
        b"Content-Length: \"5\"",
        b"Content-Length: \xd9\xa5",
        b"Content-Length: 18446744073709551616",
        b"Content-Length: 18446744073709551615",
    ] {
        is_refused(&service, &registering(headers));
    }
}

#[test]
fn an_encoding_other_than_chunked_is_refused() {
    let service = Service::start();
    for headers in [
        &b"Transfer-Encoding: xchunked"[..],
        b"Transfer-Encoding: chunkedx",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, gzip",
        b"Transfer-Encoding: ,chunked",
        b"Transfer-Encoding: chunked,",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding: \"chunked\"",
        b"Transfer-Encoding: chu nked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: ",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding: chunked\0",
        b"Transfer-Encoding: chunk\xc3\xa9d",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    ] {
        is_refused(&service, &registering(headers));
    }
}

#[test]
fn a_line_that_is_no_header_is_refused() {
    let service = Service::start();
    for headers in [
        &b"Content-Length : 5"[..],
        b"Content-Length\t: 5",
        b"Transfer-Encoding : chunked",
        b" Content-Length: 5",
        b"\tTransfer-Encoding: chunked",
        b"X: a\r\n b",
        b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chunked\r\n\t, identity",
        b"Content-Length: 5\r\n 6",
        b"X: a\rb",
        b"X: a\rContent-Length: 5",
        b"X\r: a",
        b"X: a\0b",
        b"X\0: a",
        b"X: a\x01b",
        b"X: a\x7fb",
        b"X",
        b": x",
        b"(X): a",
        b"X Y: a",
        b"X\xc3\xa9: a",
        b"Host: b",
    ] {
        is_refused(&service, &registering(headers));
    }
}

#[test]
fn a_broken_chunk_is_refused() {
    let service = Service::start();
    let long = format!("{}\r\n", "1".repeat(20));
    for body in [
        &b"\r\n\r\n"[..],
        b"-1\r\nx\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5_\r\nhello\r\n0\r\n\r\n",
        b"g\r\n0\r\n\r\n",
        b";x\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"5\rhello\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhelloworld\r\n0\r\n\r\n",
        b"5;a\nb\r\nhello\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"0\r\n\rx",
        b"ffffffffffffffff\r\nx",
        b"10000000000000000\r\nx",
        b"100000000000000000\r\nx",
        long.as_bytes(),
    ] {
        let head = b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
            Transfer-Encoding: chunked\r\n\r\n";
        is_refused(&service, &[head, body].concat());
    }
}

/// Where a chunked body ends, servers may not agree on: nothing is read after one.
#[test]
fn a_chunked_request_is_the_last_of_its_connection() {
    let service = Service::start();
    for (body, statuses) in [
        (&b"2\r\n[]\r\n0\r\n\r\n"[..], &[400, 400][..]),
        (b"0\r\nX: y\nhello\r\n\r\n", &[400, 400]),
        (b"0\r\nX: y\r\n\r\n", &[400, 400]),
        // The hidden request's head is read as trailers, and its body as a broken request.
        (b"0\r\nX: y\n\r\n", &[400, 400]),
        (b"0\r\nX\n\nX: y\n\r\n", &[400, 400]),
    ] {
        let head = b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
            Transfer-Encoding: chunked\r\n\r\n";
        let came = answers(&service, &[head, body, &hidden(), &hidden()].concat());
        assert_eq!(came[0].header("connection"), Some("close"));
        let came: Vec<u16> = came.iter().map(|answer| answer.status).collect();
        assert_eq!(came[..2], *statuses, "{}", body.escape_ascii());
        assert!(came.iter().all(|status| *status == 400), "{came:?}");
    }
    assert!(service.fakes.store.users().is_empty());
}

#[test]
fn a_first_line_that_is_none_is_refused() {
    let service = Service::start();
    let long = format!(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "x".repeat(70_000)
    );
    for bytes in [
        &b"nonsense\r\n\r\n"[..],
        b"GET /health\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/0.9\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.2\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/2\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1 \r\nHost: a\r\n\r\n",
        b"GET /health http/1.1\r\nHost: a\r\n\r\n",
        b"GET  /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /hea lth HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health\r HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET\t/health\tHTTP/1.1\r\nHost: a\r\n\r\n",
        b"G(T /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b" GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"POST /users HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /users HTTP/1.0\r\n\r\n",
        b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost:22\r\n\r\n",
        b"CONNECT /users HTTP/1.1\r\nHost: a\r\n\r\n",
        long.as_bytes(),
    ] {
        is_refused(&service, bytes);
    }
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let service = Service::start();
    let many: Vec<String> = (0..97).map(|number| format!("X-{number}: a\r\n")).collect();
    let many = many.concat();
    let value = format!("X: {}", "x".repeat(200_000));
    let name = format!("{}: x\r\n", "x".repeat(70_000));
    let longest_name = format!("{}: x\r\n", "x".repeat(65_536));
    for (headers, statuses) in [
        (&many, &[431][..]),
        (&value, &[431]),
        // Its client is cut off.
        (&name, &[]),
        (&longest_name, &[]),
    ] {
        let bytes = format!("GET /health HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        let came = answers(&service, bytes.as_bytes());
        let came: Vec<u16> = came.iter().map(|answer| answer.status).collect();
        assert_eq!(came, statuses);
        is_refused(&service, bytes.as_bytes());
    }
}

/// A name that is too long comes behind a request that is still being answered, and behind a body.
#[test]
fn no_name_is_too_long_for_the_service() {
    let service = Service::start();
    let bytes = format!(
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n\
         GET /nowhere HTTP/1.1\r\nHost: localhost\r\n{}: x\r\n\r\n",
        "x".repeat(65_536)
    );
    let came = answers(&service, bytes.as_bytes());
    assert!(came.iter().all(|answer| answer.status == 404), "{came:?}");
    is_refused(&service, bytes.as_bytes());
}

/// Answered without its body being looked at: what stands there is no request.
#[test]
fn a_request_in_a_body_is_a_body() {
    let service = Service::start();
    let hidden = hidden();
    let length = format!("Content-Length: {}", hidden.len());
    let chunk = [
        format!("{:x}\r\n", hidden.len()).as_bytes(),
        &hidden,
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    for (line, status) in [
        ("GET /health HTTP/1.1", 200),
        ("HEAD /health HTTP/1.1", 200),
        ("DELETE /health HTTP/1.1", 405),
        ("GET /nowhere HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404),
        ("GET /users/profile HTTP/1.1", 401),
        ("PATCH /users/secret HTTP/1.1", 401),
        ("POST /users HTTP/1.1", 415),
        ("POST /users/tokens/issue HTTP/1.1", 415),
    ] {
        for (framing, body) in [
            (length.as_str(), &hidden),
            ("Transfer-Encoding: chunked", &chunk),
            // Nothing that this service knows; what follows belongs to the request all the same.
            ("Connection: Upgrade\r\nUpgrade: websocket", &hidden),
        ] {
            let mut connection = Connection::open(service.address);
            let head = format!("{line}\r\nHost: localhost\r\n{framing}\r\n\r\n");
            connection.write(&[head.as_bytes(), body].concat());
            connection.finish_sending();
            let answer = connection.read(line.starts_with("HEAD"));
            assert_eq!(answer.status, status, "{line} {framing}");
            assert!(connection.has_ended(), "{line} {framing}");
        }
    }
    assert!(service.fakes.store.users().is_empty());
}

#[test]
fn what_only_looks_odd_is_read() {
    let service = Service::start();
    let ada = service.token_of(people::ada());
    let extension = format!("0;{}\r\n", "x".repeat(3_000_000));
    let trailer = format!("0\r\nX: {}\r\n\r\n", "x".repeat(3_000_000));
    for (bytes, statuses) in [
        (
            &b"GET http://elsewhere.example/health HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n"[..],
            &[200][..],
        ),
        (b"GET /health HTTP/1.0\r\n\r\n", &[200]),
        (b"\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n", &[200]),
        (b"GET /health HTTP/1.1\nHost: a\n\n", &[200]),
        (
            b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 00\r\n\r\n",
            &[200],
        ),
        (
            b"GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            &[200],
        ),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &[404]),
    ] {
        let came = answers(&service, bytes);
        let came: Vec<u16> = came.iter().map(|answer| answer.status).collect();
        assert_eq!(came, statuses, "{}", String::from_utf8_lossy(bytes));
    }
    for body in [
        &b"2;name=value\r\n{}\r\n0\r\n\r\n"[..],
        b"2 \r\n{}\r\n0\r\n\r\n",
        b"002\r\n{}\r\n000\r\n\r\n",
        b"1\r\n{\r\n1\r\n}\r\n0\r\nContent-Length: 500\r\n\r\n",
        &[b"2\r\n{}\r\n", extension.as_bytes(), b"\r\n"].concat(),
        &[b"2\r\n{}\r\n", trailer.as_bytes()].concat(),
    ] {
        let head = format!(
            "PATCH /users/id-of-ada HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ada}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let mut connection = Connection::open(service.address);
        connection.write(&[head.as_bytes(), body].concat());
        let answer: Value = connection.read(false).expect(200);
        assert_eq!(answer["id"], "id-of-ada");
    }
}
