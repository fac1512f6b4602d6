//! Bearer tokens: in their header, as text, and as claims that somebody signed with the right key.

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::test::TestRequest;
use futures::FutureExt as _;
use serde_json::Value;
use users_domain::model::{BearerToken, TokenClaims, TokenKind};
use users_domain::ports::{Clock as _, Ports, TokenVerifier as _};
use users_testkit::Fakes;

use crate::api::InProcess;
use crate::embedded_auth::Issued;
use crate::text::choice;

struct Fixture {
    issued: Issued,
    api: &'static InProcess,
}

/// A letter, and a header `Authorization` (`h`), a token (`t`), or a token's header and, on the next
/// line, its claims, to be signed (`s`). In all of them `$A` and `$R` stand for an access and a
/// refresh token that were issued, `$1`, `$2` and `$3` for the parts of the first, and `$K` for the
/// key's id.
///
/// Nothing opens the API but the issued access token, and nothing is verified but what was issued, or
/// signed and without fault.
pub fn token(bytes: &[u8]) {
    thread_local! {
        static FIXTURE: Fixture = fixture();
    }
    let Some((choice, rest)) = choice(bytes) else {
        return;
    };
    FIXTURE.with(|fixture| {
        let rest = filled_in(rest, &fixture.issued);
        match (choice, std::str::from_utf8(&rest)) {
            ('h', _) => in_its_header(fixture, &rest),
            ('t', Ok(text)) => as_text(fixture, text),
            ('s', Ok(text)) => {
                let (header, claims) = text.split_once('\n').unwrap_or((text, ""));
                signed(fixture, header, claims);
            }
            _ => {}
        }
    });
}

fn in_its_header(fixture: &Fixture, value: &[u8]) {
    // Others do not get through the HTTP parser.
    let Ok(header) = HeaderValue::from_bytes(value) else {
        return;
    };
    let request = TestRequest::with_uri("/users/profile").insert_header((AUTHORIZATION, header));
    let answer = fixture.api.ask(request);
    if answer.status == 200 {
        let mut words = value
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        assert!(
            words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case(b"bearer"))
        );
        let token = fixture.issued.pair.access.expose();
        assert_eq!(words.next(), Some(token.as_bytes()));
        assert_eq!(words.next(), None);
    } else {
        assert_eq!(answer.status, 401);
    }
}

fn as_text(fixture: &Fixture, text: &str) {
    let Fixture { issued, .. } = fixture;
    let is_issued = [&issued.pair.access, &issued.pair.refresh]
        .iter()
        .any(|token| token.expose() == text);
    assert_eq!(verified(issued, text).is_some(), is_issued, "{text}");
}

fn signed(fixture: &Fixture, header: &str, claims: &str) {
    let Fixture { issued, api } = fixture;
    let Some(said) = verified(issued, &issued.sign(header, claims)) else {
        return;
    };
    let header: Value = serde_json::from_str(header).expect("JSON");
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(header["kid"], issued.key_id.as_str());
    assert!(header.get("crit").is_none());

    let claims: Value = serde_json::from_str(claims).expect("JSON");
    assert_eq!(claims["iss"], "magistrala.auth");
    assert!(!said.user.as_str().is_empty() && claims["sub"] == said.user.as_str());
    let kinds = [TokenKind::Access, TokenKind::Refresh];
    assert!(kinds.contains(&said.kind) && claims["type"] == said.kind.as_u8());
    assert!(claims["role"] == 1 || claims["role"] == 2);
    assert!(claims["verified"].is_boolean());
    let now = api.fakes.clock.now();
    assert!(said.expires_at.is_some_and(|end| end > now));
    assert!(
        said.issued_at
            .is_some_and(|second| second <= now.unix_timestamp())
    );
    let times = ["exp", "iat"].map(|name| claims[name].as_f64().expect("a number"));
    assert!(times[0] > seconds(now) && times[1] < seconds(now) + 1.0);
    if let Some(begin) = claims.get("nbf") {
        assert!(begin.as_f64().is_some_and(|begin| begin <= seconds(now)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
fn seconds(moment: users_domain::model::Timestamp) -> f64 {
    moment.unix_timestamp() as f64
}

fn verified(issued: &Issued, text: &str) -> Option<TokenClaims> {
    let token = BearerToken::new(text.to_owned());
    let verifying = issued.auth.verify(&token).now_or_never();
    verifying.expect("nothing is waited for").ok()
}

/// The input with what stands for something replaced by it.
fn filled_in(input: &[u8], issued: &Issued) -> Vec<u8> {
    let access = issued.pair.access.expose();
    let mut parts = access.split('.');
    let mut part = || parts.next().unwrap_or_default();
    let meanings = [
        (b'A', access),
        (b'R', issued.pair.refresh.expose()),
        (b'K', issued.key_id.as_str()),
        (b'1', part()),
        (b'2', part()),
        (b'3', part()),
    ];
    let mut filled = Vec::new();
    let mut rest = input;
    while let Some((byte, behind)) = rest.split_first() {
        let meaning = (*byte == b'$')
            .then(|| {
                meanings
                    .iter()
                    .find(|(name, _)| behind.first() == Some(name))
            })
            .flatten();
        if let Some((_, meaning)) = meaning {
            filled.extend_from_slice(meaning.as_bytes());
            rest = &behind[1..];
        } else {
            filled.push(*byte);
            rest = behind;
        }
    }
    filled
}

fn fixture() -> Fixture {
    let fakes = Fakes::new();
    let issued = Issued::to_ada(&fakes);
    let ports = Ports {
        verifier: issued.auth.clone(),
        ..fakes.ports()
    };
    Fixture {
        api: InProcess::on(fakes, ports, []),
        issued,
    }
}
