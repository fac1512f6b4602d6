//! Headers that say what they should not.

use super::case::{Case, Expected};
use super::way::Way;

/// Versions that nobody has seen, and ids that must not get into a log.
pub(super) fn cases(way: &Way) -> Vec<Case> {
    let mut cases = versions(way);
    cases.extend(request_ids(way));
    cases.extend(others(way));
    cases
}

fn versions(way: &Way) -> Vec<Case> {
    const INVALID: Expected = Expected::invalid("If-Match");
    const STALE: Expected = Expected::refused(412, "precondition_failed");
    let mut cases = Vec::new();
    for (values, expected) in [
        (&[&b""[..]][..], INVALID),
        (&[b"m4rk"], INVALID),
        (&[b"1"], INVALID),
        (&[b"\"1"], INVALID),
        (&[b"1\""], INVALID),
        (&[b"'1'"], INVALID),
        (&[b"\"m4rk m4rk\""], INVALID),
        (&[b"\"1\", \"2\""], INVALID),
        (&[b"\"1\",\"1\""], INVALID),
        (&[b"*, \"1\""], INVALID),
        (&[b"w/\"1\""], INVALID),
        (&[b"\"m4rk\xff\""], INVALID),
        (&[b"\"1\"", b"\"1\""], INVALID),
        (&[b"*", b"*"], INVALID),
        (&[b"\"m4rk\""], STALE),
        (&[b"\"\""], STALE),
        (&[b"\"0\""], STALE),
        (&[b"\"2\""], STALE),
        (&[b"\"-1\""], STALE),
        (&[b"\"01\""], STALE),
        (&[b"\"1.0\""], STALE),
        (&[b"W/\"1\""], STALE),
        (&[b"\"9223372036854775807\""], STALE),
        (&[b"\"99999999999999999999\""], STALE),
        (&[b"\"1\""], Expected::Answered(way.status)),
        (&[b"*"], Expected::Answered(way.status)),
    ] {
        let request = values.iter().fold(way.right(), |request, value| {
            request.header("If-Match", value)
        });
        let shown: Vec<_> = values
            .iter()
            .map(|value| value.escape_ascii().to_string())
            .collect();
        // Where nothing is changed that has a version, it does not count.
        let expected = if way.has_version {
            expected
        } else {
            Expected::Answered(way.status)
        };
        cases.push(way.case(format!("If-Match {shown:?}"), request, expected));
    }
    cases
}

/// An id that is unfit for a log is replaced: none of these comes back.
fn request_ids(way: &Way) -> Vec<Case> {
    let long = "m4rk".repeat(2_560);
    let mut cases = Vec::new();
    for value in [
        &b"m4rk m4rk"[..],
        b"m4rk\tm4rk",
        b"\"m4rk\"",
        b"m4rk\\",
        b"<m4rk>",
        b"m4rk\xff",
        b"m4rk\xc2\x85",
        "m4rk\u{202e}".as_bytes(),
        &[b"m4rk", &[b'x'; 125][..]].concat(),
        long.as_bytes(),
    ] {
        let request = way.right().header("X-Request-Id", value);
        let shown: String = value.escape_ascii().to_string().chars().take(60).collect();
        let expected = Expected::Answered(way.status);
        cases.push(way.case(format!("X-Request-Id {shown}"), request, expected));
    }
    // Text like any other, wherever it is written: no line ends here.
    let escaped = way
        .right()
        .header("X-Request-Id", "%0d%0aSet-Cookie:%20a=b");
    cases.push(way.case("an escaped header", escaped, Expected::Answered(way.status)));
    cases
}

/// What others may act on, nobody here does.
fn others(way: &Way) -> Vec<Case> {
    [
        ("Accept", "m4rk"),
        ("Accept", "application/json;q=m4rk"),
        ("Accept", ",;,=;q="),
        ("Accept-Encoding", "gzip, m4rk;q=9"),
        ("Accept-Language", "m4rk"),
        ("Cookie", "session=m4rk; a; =b"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Forwarded-Host", "m4rk.example.com"),
        ("X-Forwarded-For", "m4rk"),
        ("X-Original-URL", "/users/m4rk"),
        ("Forwarded", "for=m4rk;host=m4rk"),
        ("Origin", "https://m4rk.example.com"),
        ("Referer", "https://m4rk.example.com/\" onload=\"m4rk"),
        ("User-Agent", "${jndi:ldap://m4rk}"),
        ("Range", "bytes=0-m4rk"),
        ("If-None-Match", "*"),
        ("If-Modified-Since", "m4rk"),
        ("Traceparent", "00-m4rk"),
    ]
    .into_iter()
    .map(|(name, value)| {
        let request = way.right().header(name, value);
        way.case(
            format!("{name}: {value}"),
            request,
            Expected::Answered(way.status),
        )
    })
    .collect()
}
