//! Tokens that prove nothing, for every operation.

use users_domain::model::TokenKind;

use super::case::{Case, Expected, MARK};
use super::scene::Scene;
use super::way::{Needed, Way};
use crate::client::Request;

/// Every token that is good for nothing, and every one that is good for something else.
pub(super) fn cases(way: &Way, scene: &Scene) -> Vec<Case> {
    let good = scene.token(way.by, TokenKind::Access);
    let mut cases: Vec<Case> = headers(way, scene, &good)
        .into_iter()
        .map(|(title, values)| {
            let sent = values.iter().fold(way.unproven(), |request, value| {
                request.header("Authorization", value)
            });
            way.case(title, sent, refusal(way))
        })
        .collect();
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Basic cm9vdDptNHJr",
        "Bearerm4rk",
        "Bearer undefined",
    ] {
        let sent = way.unproven().header("Authorization", value);
        cases.push(way.case(format!("no token: {value:?}"), sent, without(way)));
    }
    cases.push(way.case("no header", way.unproven(), without(way)));
    cases
}

/// What a token that is not good comes to: where none is looked at, nothing.
fn refusal(way: &Way) -> Expected {
    match way.needs {
        Needed::Nothing => Expected::Answered(way.status),
        _ => Expected::refused(401, "invalid_token"),
    }
}

fn without(way: &Way) -> Expected {
    match way.needs {
        Needed::Nothing | Needed::Optional => Expected::Answered(way.status),
        _ => Expected::refused(401, "missing_token"),
    }
}

/// The values of one or more `Authorization` headers.
type Headers = (String, Vec<Vec<u8>>);

fn headers(way: &Way, scene: &Scene, good: &str) -> Vec<Headers> {
    let one = |title: &str, token: &str| (title.to_owned(), vec![bearer(token.as_bytes())]);
    let signed = |text: &str| scene.service.fakes.tokens.sign(text).expose().to_owned();
    let kind = match way.needs {
        Needed::Refresh => TokenKind::Refresh,
        _ => TokenKind::Access,
    };
    let live = "1767225600.1767229200";
    let of = |name: &str, kind| match kind {
        // It must name a session to be one.
        TokenKind::Refresh => signed(&format!("fake.refresh.id-of-{name}.{live}.m4rk.0")),
        _ => scene.token(name, kind),
    };
    let (cut, other) = (
        &good[..good.len() - 1],
        if good.ends_with('0') { "1" } else { "0" },
    );
    let mut headers = vec![
        one(
            "expired",
            &signed("fake.access.id-of-root.1767222000.1767225599..0"),
        ),
        one(
            "expired this second",
            &signed("fake.access.id-of-root.1767222000.1767225600..0"),
        ),
        one("a forged signature", &format!("{cut}{other}")),
        one("a cut signature", cut),
        one("a longer signature", &format!("{good}0")),
        one("another's name", &good.replace("id-of-", "id-of-m4rk-")),
        one(
            "of another issuer",
            &signed(&format!("m4rk.access.id-of-root.{live}..0")),
        ),
        one("of nobody", &signed(&format!("fake.access..{live}..0"))),
        one(
            "of an unknown account",
            &signed(&format!("fake.access.m4rk.{live}..0")),
        ),
        one(
            "of an unknown kind",
            &signed(&format!("fake.m4rk.id-of-root.{live}..0")),
        ),
        // {"alg":"none"} and {"sub":"id-of-root"}, unsigned.
        one(
            "alg none",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJpZC1vZi1yb290In0.",
        ),
        one("garbage", "m4rk"),
        one("dots", "..."),
        one("null", "null"),
        one("two in one", &format!("{good} {good}")),
        one("quoted", &format!("\"{good}\"")),
        one("a comma behind", &format!("{good},")),
        one("a header in a token", "m4rk%0d%0aSet-Cookie:%20a=b"),
        one("9 KiB", &MARK.repeat(9 * 256)),
        one("a mailed code", &scene.reset_code),
        one("of a disabled account", &of("mallory", kind)),
        one("of a deleted account", &of("gone", kind)),
        one("ended by a reset", &of("reset", kind)),
    ];
    for kind in wrong_kinds(way.needs) {
        headers.push(one(&format!("{kind:?}"), &of(way.by, *kind)));
    }
    headers.push(("not UTF-8".to_owned(), vec![bearer(b"m4rk\xff")]));
    for (title, second) in [("twice", good), ("two that differ", "m4rk")] {
        let both = [good, second].map(|token| bearer(token.as_bytes()));
        headers.push((title.to_owned(), both.to_vec()));
    }
    headers
}

fn bearer(token: &[u8]) -> Vec<u8> {
    [b"Bearer ", token].concat()
}

/// Tokens of these kinds open nothing here. A personal access token is known where it is not
/// enough, so that is for [`personal`].
fn wrong_kinds(needs: Needed) -> &'static [TokenKind] {
    use TokenKind::{Access, Api, Invitation, PersonalAccess, Recovery, Refresh};
    match needs {
        Needed::Refresh => &[Access, Recovery, Api, PersonalAccess, Invitation],
        _ => &[Refresh, Recovery, Api, Invitation],
    }
}

/// A personal access token reads, and changes nothing.
pub(super) fn personal(way: &Way, scene: &Scene) -> Option<Case> {
    let expected = match way.needs {
        Needed::Change | Needed::Optional => Expected::refused(403, "forbidden"),
        Needed::Read => Expected::Answered(way.status),
        Needed::Nothing | Needed::Refresh => return None,
    };
    let token = scene.token(way.by, TokenKind::PersonalAccess);
    let sent: Request = way.unproven().bearer(&token);
    Some(way.case("a personal access token", sent, expected))
}
