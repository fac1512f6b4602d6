//! What a body says it is, how large it is, and what it is instead of what it should be.

use super::case::{Case, Expected};
use super::way::{Content, Way};

/// Every way to send a body that is not what is read here.
pub(super) fn cases(way: &Way) -> Vec<Case> {
    let Some(kind) = way.content.kind() else {
        return ignored(way);
    };
    let mut cases = kinds(way, kind);
    cases.extend(encodings(way));
    cases.extend(sizes(way));
    match way.content {
        Content::Json => cases.extend(texts(way)),
        Content::Any => cases.extend(not_looked_at(way)),
        Content::Form => cases.push(way.case(
            "a body that is not UTF-8",
            way.sending(*b"token=\xff"),
            Expected::refused(400, "malformed_body"),
        )),
        Content::None => {}
    }
    cases
}

/// Whatever comes along where no body is read is not looked at.
fn ignored(way: &Way) -> Vec<Case> {
    let bodies = [&b""[..], b"{", b"\xff\xfe", b"m4rk"];
    bodies
        .into_iter()
        .map(|body| {
            let title = format!("a body that nobody reads: {body:?}");
            way.case(title, way.sending(body), Expected::Answered(way.status))
        })
        .collect()
}

/// Where it does not matter what a body holds.
fn not_looked_at(way: &Way) -> Vec<Case> {
    let bodies = [
        &b""[..],
        b"{",
        b"[]",
        b"\xff\xfe",
        b"{\"a\":1,\"a\":2}",
        b"m4rk",
    ];
    bodies
        .into_iter()
        .map(|body| {
            let title = format!("a body that does not matter: {body:?}");
            way.case(title, way.sending(body), Expected::Answered(way.status))
        })
        .collect()
}

fn kinds(way: &Way, kind: &str) -> Vec<Case> {
    const UNSUPPORTED: Expected = Expected::refused(415, "unsupported_media_type");
    let other = match way.content {
        Content::Form => "application/json",
        _ => "application/x-www-form-urlencoded",
    };
    let none: &[&[u8]] = &[];
    let mut cases = Vec::new();
    for sent in [
        none,
        &[b""],
        &[b"m4rk"],
        &[b"text/plain"],
        &[b"*/*"],
        &[b"application/*"],
        &[b"application/json-patch+json"],
        &[b"application/merge-patch+json"],
        &[b"application/jsonp"],
        &[b"json"],
        &[b"multipart/form-data; boundary=m4rk"],
        &[b"text/html; application/json"],
        &[b"application/json\xff"],
        &[b"\xef\xbb\xbfapplication/json"],
        &[other.as_bytes()],
        &[other.as_bytes(), kind.as_bytes()],
        &[kind.as_bytes(), other.as_bytes()],
        &[kind.as_bytes(), kind.as_bytes()],
        &[format!("{kind}, {kind}").as_bytes()],
        &[format!("{kind}, {other}").as_bytes()],
    ] {
        let head = sent.iter().fold(way.headed(), |request, value| {
            request.header("Content-Type", value)
        });
        let shown: Vec<_> = sent
            .iter()
            .map(|value| value.escape_ascii().to_string())
            .collect();
        let title = format!("content type {shown:?}");
        cases.push(way.case(title, head.body(way.body()), UNSUPPORTED));
    }
    for sent in [
        format!("{kind}; charset=utf-8"),
        format!("{kind};m4rk"),
        format!(" {kind} ;"),
        kind.to_uppercase(),
    ] {
        let request = way.headed().header("Content-Type", &sent).body(way.body());
        let title = format!("content type {sent:?}");
        cases.push(way.case(title, request, Expected::Answered(way.status)));
    }
    cases
}

fn encodings(way: &Way) -> Vec<Case> {
    let mut cases = Vec::new();
    for (values, is_read) in [
        (&["gzip"][..], false),
        (&["deflate"], false),
        (&["br"], false),
        (&["zstd"], false),
        (&["compress"], false),
        (&["x-gzip"], false),
        (&["GZIP"], false),
        (&["m4rk"], false),
        (&[""], false),
        (&["identity, gzip"], false),
        (&["identity", "gzip"], false),
        (&["identity"], true),
        (&["Identity"], true),
    ] {
        let request = values.iter().fold(way.right(), |request, value| {
            request.header("Content-Encoding", value)
        });
        let expected = if is_read {
            Expected::Answered(way.status)
        } else {
            Expected::refused(415, "unsupported_media_type")
        };
        cases.push(way.case(format!("encoded {values:?}"), request, expected));
    }
    cases
}

fn sizes(way: &Way) -> Vec<Case> {
    const TOO_LARGE: Expected = Expected::refused(413, "body_too_large");
    const MOST: usize = 1024 * 1024;
    let whole = |bytes| way.sending(padded(way, bytes));
    vec![
        way.case("a mebibyte", whole(MOST), Expected::Answered(way.status)),
        way.case("a byte more", whole(MOST + 1), TOO_LARGE),
        way.case(
            "a byte more in chunks",
            whole(MOST + 1).chunked(),
            TOO_LARGE,
        ),
    ]
}

/// A right body of so many bytes, most of them in a member that nobody reads.
fn padded(way: &Way, bytes: usize) -> String {
    let mut body = way.body();
    let (begin, end) = match way.content {
        Content::Form => ("&padding=", ""),
        _ if body == "{}" => (r#""padding":""#, "\"}"),
        _ => (r#","padding":""#, "\"}"),
    };
    if way.content != Content::Form {
        body.pop();
    }
    let padding = bytes - body.len() - begin.len() - end.len();
    format!("{body}{begin}{}{end}", "x".repeat(padding))
}

/// Bodies that are not one JSON object in UTF-8.
fn texts(way: &Way) -> Vec<Case> {
    let good = way.body();
    let inside = &good[1..];
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let nested = |depth| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!("{{\"unknown\":{open}{close},{inside}")
    };
    let mut cases = Vec::new();
    for (title, body) in [
        ("nothing", Vec::new()),
        ("white space", b" \n\t".to_vec()),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("a number", b"17".to_vec()),
        ("a text", b"\"m4rk\"".to_vec()),
        ("the object in a list", format!("[{good}]").into()),
        ("an open object", b"{".to_vec()),
        ("all but the last byte", good[..good.len() - 1].into()),
        ("half of it", good[..good.len() / 2].into()),
        ("wrong brackets", b"{]".to_vec()),
        ("other quotes", b"{'a':1}".to_vec()),
        ("no quotes", b"{a:1}".to_vec()),
        (
            "a comma behind the last member",
            format!("{{\"a\":1,}}{inside}").into(),
        ),
        ("no colon", b"{\"a\" 1}".to_vec()),
        ("a comment", format!("/* m4rk */{good}").into()),
        (
            "an unknown escape",
            format!(r#"{{"unknown":"\x6d",{inside}"#).into(),
        ),
        (
            "a raw newline in a text",
            format!("{{\"unknown\":\"a\nb\",{inside}").into(),
        ),
        (
            "a number with a zero before it",
            format!("{{\"unknown\":01,{inside}").into(),
        ),
        ("not a number", format!("{{\"unknown\":NaN,{inside}").into()),
        ("bytes behind it", format!("{good}m4rk").into()),
        ("U+0000 behind it", format!("{good}\0").into()),
        ("two objects", format!("{good}{good}").into()),
        ("two objects in lines", format!("{good}\n{good}").into()),
        ("a byte order mark", format!("\u{feff}{good}").into()),
        ("UTF-16", utf_16.clone()),
        (
            "UTF-16 with a byte order mark",
            [b"\xff\xfe", &utf_16[..]].concat(),
        ),
        (
            "a bad byte in an unknown member",
            raw(b"{\"unknown\":\"m4rk\xff\",", inside),
        ),
        ("a bad byte in a name", raw(b"{\"m4rk\xff\":1,", inside)),
        ("a bad byte before it", raw(b"\xff{", inside)),
        ("an overlong quote", raw(b"{\"unknown\":\xc0\xa2,", inside)),
        (
            "an encoded surrogate",
            raw(b"{\"unknown\":\"\xed\xa0\x80\",", inside),
        ),
        ("an unknown member 65 deep", nested(65).into()),
        ("an unknown member 10,000 deep", nested(10_000).into()),
        ("a form", b"first_name=m4rk".to_vec()),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec()),
    ] {
        let expected = Expected::refused(400, "malformed_body");
        cases.push(way.case(title, way.sending(body), expected));
    }
    for (title, body) in [
        ("white space round it", format!(" \r\n\t{good}\n")),
        ("an unknown member 64 deep", nested(64)),
        (
            "an unknown member twice",
            format!("{{\"unknown\":1,\"unknown\":[],{inside}"),
        ),
        (
            "an unknown member of 30 digits",
            format!("{{\"unknown\":{},{inside}", "9".repeat(30)),
        ),
        (
            "names in another case",
            format!("{{\"FIRST_NAME\":1,\"Email\":[],{inside}"),
        ),
    ] {
        let expected = Expected::Answered(way.status);
        cases.push(way.case(title, way.sending(body), expected));
    }
    cases
}

fn raw(begin: &[u8], inside: &str) -> Vec<u8> {
    [begin, inside.as_bytes()].concat()
}
