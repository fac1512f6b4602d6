//! Requests that chance makes up, close to right ones and far from them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use proptest::test_runner::{RngSeed, TestRunner};

use super::scene::Scene;
use super::way::{Content, Way};
use super::{fields, parameters};
use crate::client::{Request, escaped};

/// How many requests are made up for each way; the same in every run.
const CASES: u32 = 100;

/// Sends made-up requests; a failure shows the smallest one that still fails.
pub(super) fn send(way: &Way, scene: &Scene) -> Result<u32, String> {
    let config = ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(9002),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&requests(way), |request| {
        let answer = scene.answer(&request);
        prop_assert!((200..500).contains(&answer.status), "{:?}", answer);
        let id = answer.header("x-request-id");
        prop_assert!(id.is_some(), "{:?}", answer);
        let kind = answer.header("content-type").unwrap_or_default();
        if answer.status >= 400 && kind.starts_with("application/") {
            let body = answer.json();
            prop_assert_eq!(body["request_id"].as_str(), id);
            prop_assert!(body["code"].is_string(), "{:?}", answer);
        }
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(CASES),
        Err(failure) => Err(format!("{}: {failure}", way.name())),
    }
}

/// A request: its target, a few headers, and a body, each of them right or made up.
fn requests(way: &Way) -> BoxedStrategy<Request> {
    let (method, token) = (way.method, way.token.clone());
    let kind = way.content.kind().unwrap_or("application/json");
    let proof = match token {
        Some(token) => {
            prop_oneof![4 => Just(format!("Bearer {token}").into_bytes()), 1 => header()].boxed()
        }
        None => header().boxed(),
    };
    (
        targets(way),
        proof,
        vec((names(), header()), 0..3),
        bodies(way),
    )
        .prop_map(move |(target, proof, headers, body)| {
            let head = Request::new(method, &target).header("Authorization", proof);
            let head = headers
                .into_iter()
                .fold(head, |request, (name, value)| request.header(name, value));
            match body {
                Some(body) => head.header("Content-Type", kind).body(body),
                None => head,
            }
        })
        .boxed()
}

fn targets(way: &Way) -> BoxedStrategy<String> {
    let right = way.target();
    let path = right.split('?').next().unwrap_or_default().to_owned();
    let pair =
        (select(parameters::names()), value()).prop_map(|(name, value)| format!("{name}={value}"));
    let query = prop_oneof![vec(pair, 1..4).prop_map(|pairs| pairs.join("&")), value()];
    let queried = query.prop_map(move |query| format!("{path}?{query}"));
    let chances = prop_oneof![Just(right), queried];
    if !way.names_an_account() {
        return chances.boxed();
    }
    let place = way.target_of("HERE");
    let elsewhere = "[!$-.0-;=@-_a-z|~]{1,50}".prop_map(move |id| place.replace("HERE", &id));
    prop_oneof![chances, elsewhere].boxed()
}

/// The value of a parameter, escaped or as it may not be written.
fn value() -> BoxedStrategy<String> {
    prop_oneof![
        "[!$-;=?-~]{0,40}",
        any::<String>().prop_map(|text| escaped(&text)),
        vec(any::<u8>(), 0..20).prop_map(|bytes| {
            let escapes: Vec<String> = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
            escapes.concat()
        }),
        any::<i128>().prop_map(|number| number.to_string()),
        "[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}(Z|%2B[0-9]{2}:[0-9]{2}|\\.[0-9]{1,12}Z)",
    ]
    .boxed()
}

fn names() -> BoxedStrategy<&'static str> {
    select(vec![
        "If-Match",
        "X-Request-Id",
        "Accept",
        "Content-Encoding",
        "Referer",
        "Cookie",
        "Accept-Encoding",
        "Sec-Purpose",
        "Forwarded",
        "Range",
        "Origin",
    ])
    .boxed()
}

/// A value that a header may have: any bytes but those that end it.
fn header() -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![8 => 0x20..0x7fu8, 1 => 0x80..=0xffu8, 1 => Just(b'\t')];
    vec(byte, 0..60).boxed()
}

fn bodies(way: &Way) -> BoxedStrategy<Option<Vec<u8>>> {
    let right = way.body();
    let bytes = vec(any::<u8>(), 0..200);
    let cut = (any::<prop::sample::Index>(), any::<u8>()).prop_map(move |(place, byte)| {
        let mut body = right.clone().into_bytes();
        let place = place.index(body.len());
        body[place] = byte;
        body
    });
    let made: BoxedStrategy<Vec<u8>> = match way.content {
        Content::Form => {
            let pair = (
                select(vec!["token", "password", "confirm_password"]),
                value(),
            );
            let pair = pair.prop_map(|(name, value)| format!("{name}={value}"));
            vec(pair, 0..5)
                .prop_map(|pairs| pairs.join("&").into_bytes())
                .boxed()
        }
        _ => objects(way),
    };
    let some = prop_oneof![1 => bytes, 2 => cut, 4 => made].prop_map(Some);
    prop_oneof![9 => some, 1 => Just(None)].boxed()
}

/// JSON objects of the members that are read here, with values of any kind; not all of them whole.
fn objects(way: &Way) -> BoxedStrategy<Vec<u8>> {
    let mut keys: Vec<&'static str> = fields::of(way.operation)
        .iter()
        .map(fields::Field::key)
        .collect();
    keys.extend(["credentials", "unknown"]);
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::json!(number).to_string()),
        any::<String>().prop_map(|text| serde_json::json!(text).to_string()),
        "[!-~]{0,12}",
        "\"\\\\u[0-9a-f]{4}\"",
    ];
    let names = keys.clone();
    let value = leaf.prop_recursive(4, 24, 4, move |inner| {
        let pair = (select(names.clone()), inner.clone());
        prop_oneof![
            vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            vec(pair, 0..4).prop_map(|pairs| object(&pairs)),
        ]
    });
    vec((select(keys), value), 0..6)
        .prop_map(|pairs| object(&pairs).into_bytes())
        .boxed()
}

fn object(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", pairs.join(","))
}
