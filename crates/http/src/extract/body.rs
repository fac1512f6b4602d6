//! Bodies: JSON objects of bounded size, alone and together, that arrive in bounded time.

use actix_web::dev::Payload;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
};
use actix_web::rt::time::timeout;
use actix_web::{HttpMessage as _, HttpRequest};
use futures::StreamExt as _;
use users_domain::error::Invalid;

use super::{Exchange, Input, Members};
use crate::byte_budget::{BudgetSpent, Share};
use crate::error::Refusal;
use crate::server::Turn;
use crate::state::Api;

/// Most bytes of a body.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

const JSON: &str = "application/json";

/// A JSON body, read into what an operation needs.
pub(crate) struct Body<T>(pub(crate) T);

/// What can be read off the members of a JSON object.
pub(crate) trait FromMembers: Sized {
    /// Takes the members it knows, each of the type it must have.
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid>;
}

/// A body that must say it is JSON, as every body here, and whose content does not matter.
pub(crate) struct IgnoredBody;

impl<T: FromMembers> Input for Body<T> {
    async fn read(api: &Api, request: &HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        let body = read(api, request, payload, JSON).await?;
        parse(&body.bytes).map(Self)
    }
}

impl Input for IgnoredBody {
    async fn read(api: &Api, request: &HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        read(api, request, payload, JSON).await.map(|_| Self)
    }
}

fn parse<T: FromMembers>(bytes: &[u8]) -> Result<T, Refusal> {
    let text = String::from_utf8_lossy(bytes);
    let broken = std::str::from_utf8(bytes)
        .err()
        .map(|error| error.valid_up_to());
    let members = Members::parse(&text, broken)
        .ok_or_else(|| Refusal::malformed_body("the body must be one JSON object"))?;
    let body = T::from_members(&members)?;
    if broken.is_some() {
        return Err(Refusal::malformed_body("the body is not UTF-8"));
    }
    if members.any_too_deep() {
        return Err(Refusal::malformed_body("the body is nested too deep"));
    }
    Ok(body)
}

/// A body as it arrived.
pub(super) struct Arrived {
    pub(super) bytes: Vec<u8>,
    /// What the bytes take up.
    _share: Share,
}

/// Reads a body that must say it is of a kind.
pub(super) async fn read(
    api: &Api,
    request: &HttpRequest,
    payload: Payload,
    kind: &'static str,
) -> Result<Arrived, Refusal> {
    if !is_plain(kind, request.headers()) {
        return Err(Refusal::unsupported_media_type(kind));
    }
    let announced = announced_bytes(request.headers());
    if announced.is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(Refusal::body_too_large(MAX_BODY_BYTES));
    }
    let share = api.body_budget().share();
    let exchange = request.extensions().get::<Exchange>().cloned();
    let sending = exchange.map(|exchange| exchange.working_time.pause());
    let arrived = timeout(api.body_timeout(), collect(payload, share)).await;
    drop(sending);
    match arrived {
        Ok(outcome) => {
            if let Some(turn) = request.conn_data::<Turn>() {
                turn.has_whole_body();
            }
            outcome
        }
        Err(_elapsed) => Err(Refusal::body_too_slow()),
    }
}

async fn collect(mut payload: Payload, mut share: Share) -> Result<Arrived, Refusal> {
    // Grows with what arrives, not with what was announced.
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Refusal::malformed_body("the body did not arrive whole"))?;
        let length = bytes.len() + chunk.len();
        if length > MAX_BODY_BYTES {
            return Err(Refusal::body_too_large(MAX_BODY_BYTES));
        }
        share
            .cover(length)
            .map_err(|BudgetSpent| Refusal::too_many_bodies())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(Arrived {
        bytes,
        _share: share,
    })
}

pub(crate) fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the content is said, once, to be of a kind, whatever its parameters, and not encoded.
fn is_plain(kind: &str, headers: &HeaderMap) -> bool {
    let mut said = headers.get_all(CONTENT_TYPE);
    let named = match (said.next().map(HeaderValue::to_str), said.next()) {
        (Some(Ok(said)), None) => said
            .split(';')
            .next()
            .is_some_and(|said| said.trim().eq_ignore_ascii_case(kind)),
        _ => false,
    };
    let plain = headers
        .get_all(CONTENT_ENCODING)
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    named && plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tokens::LoginBody;
    use crate::users::NewUserBody;

    #[test]
    fn only_plain_json_is_json() {
        for (kind, expected) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("APPLICATION/JSON;x=y", true),
            (" application/json ", true),
            ("application/json-patch+json", false),
            ("application/problem+json", false),
            ("text/plain", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
            assert_eq!(is_plain(JSON, &headers), expected, "{kind}");
        }
        assert!(!is_plain(JSON, &HeaderMap::new()));
        let mut twice = HeaderMap::new();
        for _ in 0..2 {
            twice.append(CONTENT_TYPE, HeaderValue::from_static(JSON));
        }
        assert!(!is_plain(JSON, &twice));
    }

    #[test]
    fn encoded_content_is_not_read() {
        for (encoding, expected) in [("identity", true), ("gzip", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            assert_eq!(is_plain(JSON, &headers), expected, "{encoding}");
        }
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        for name in ["metadata", "tags", "other"] {
            for depth in [65, 127, 128, 10_000, 500_000] {
                let body = format!(r#"{{"{name}":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
                let refusal = parse::<NewUserBody>(body.as_bytes()).err().unwrap();
                assert_eq!(refusal.status(), 400, "{name} {depth}");
            }
        }
    }

    /// Text that is nearly a body: real member names, odd values, odd punctuation.
    fn nearly_a_body() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(&b"\"credentials\":{\"username\":\"ada\""[..]),
            Just(&b"\"first_name\":"[..]),
            Just(&b"\"tags\":[\"a\"]"[..]),
            Just(&b"\"role\":1"[..]),
            Just(&b"\"metadata\":{\"a\":[{}]}"[..]),
            Just(&b"\"identity\":\"ada\""[..]),
            Just(&b"\"secret\":\"\\u0000\""[..]),
            Just(&b"\"\\ud800\""[..]),
            Just(&b"\xff"[..]),
            Just(&b"\0"[..]),
            Just(&b"1e999"[..]),
            Just(&b"null"[..]),
            Just(&b"{"[..]),
            Just(&b"}"[..]),
            Just(&b"[[[["[..]),
            Just(&b"]"[..]),
            Just(&b","[..]),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| {
            let mut body = b"{".to_vec();
            body.extend(pieces.concat());
            body.push(b'}');
            body
        })
    }

    fn is_read_or_refused(bytes: &[u8]) -> Result<(), TestCaseError> {
        let refusals = [
            parse::<NewUserBody>(bytes).err(),
            parse::<LoginBody>(bytes).err(),
        ];
        for refusal in refusals.into_iter().flatten() {
            prop_assert_eq!(refusal.status(), 400);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(crate::extract::fixed_cases())]

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            is_read_or_refused(&bytes)?;
        }

        #[test]
        fn anything_near_a_body_is_read_or_refused(bytes in nearly_a_body()) {
            is_read_or_refused(&bytes)?;
        }
    }
}
