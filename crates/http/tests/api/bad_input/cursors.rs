//! Cursors that no page gave, or another one did.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::case::{Case, Expected};
use super::scene::Scene;
use super::way::Way;

const ALL: &str = "status=all&limit=2";

/// The cases of `GET /users`.
pub(super) fn cases(way: &Way, scene: &Scene) -> Vec<Case> {
    if way.operation != "list" {
        return Vec::new();
    }
    let cursor_of = |query: &str| {
        let page = scene.answer(&way.asking(query)).expect(200);
        page["next_cursor"].as_str().unwrap().to_owned()
    };
    let good = cursor_of(ALL);
    let mut cases = Vec::new();
    let mut case = |title: &str, query: &str, cursor: &str, is_good: bool| {
        let expected = if is_good {
            Expected::Answered(200)
        } else {
            Expected::invalid("cursor")
        };
        let request = way.asking(&format!("{query}&cursor={cursor}"));
        cases.push(way.case(format!("a cursor: {title}"), request, expected));
    };

    case("the right one", ALL, &good, true);
    case("another page size", "status=all&limit=1", &good, true);
    case("with an offset", &format!("{ALL}&offset=0"), &good, false);
    for (title, query) in [
        ("of all accounts, for the enabled ones", "limit=2"),
        ("of another order", "status=all&order=created_at"),
        ("of the other direction", "status=all&dir=asc"),
        ("of another filter", "status=all&username=a"),
        ("of other tags", "status=all&tags=m4rk"),
    ] {
        case(title, query, &good, false);
    }
    for order in [
        "created_at",
        "first_name",
        "last_name",
        "username",
        "email",
        "id",
    ] {
        let other = cursor_of(&format!("{ALL}&order={order}"));
        case(&format!("of the order {order}"), ALL, &other, false);
        case(
            "to its own order",
            &format!("{ALL}&order={order}"),
            &other,
            true,
        );
    }

    let bytes = URL_SAFE_NO_PAD.decode(&good).unwrap();
    for (title, cursor) in [
        ("a word", "m4rk".to_owned()),
        ("no letters of ours", "!%20*".to_owned()),
        ("an empty object", "e30".to_owned()),
        ("cut", good[..good.len() - 1].to_owned()),
        ("half", good[..good.len() / 2].to_owned()),
        ("longer", format!("{good}A")),
        ("twice", format!("{good}{good}")),
        ("padded", format!("{good}%3D")),
        (
            "in the other alphabet",
            format!("%2B{}", STANDARD.encode(&bytes).replace('=', "")),
        ),
        ("in capitals", good.to_uppercase()),
        ("no JSON", URL_SAFE_NO_PAD.encode("m4rk")),
        (
            "no UTF-8",
            URL_SAFE_NO_PAD.encode(b"{\"k\":\"id\",\"i\":\"\xff\"}"),
        ),
        ("a list", URL_SAFE_NO_PAD.encode("[[[[]]]]")),
        ("nested", URL_SAFE_NO_PAD.encode("[".repeat(5_000))),
        ("16 KiB and more", "m4rk".repeat(4 * 1024 + 1)),
    ] {
        case(title, ALL, &cursor, false);
    }

    let written: Value = serde_json::from_slice(&bytes).unwrap();
    for (title, member, value, is_good) in [
        (
            "from the end of time",
            "k",
            json!({ "time": i64::MAX }),
            true,
        ),
        (
            "from the beginning of time",
            "k",
            json!({ "time": i64::MIN }),
            true,
        ),
        ("from no time", "k", json!({ "time": null }), true),
        ("from beyond time", "k", json!({ "time": 1e300 }), false),
        ("sorted by a text", "k", json!({ "text": "m4rk" }), false),
        ("sorted by nothing", "k", json!("id"), false),
        ("of an unknown kind", "k", json!({ "m4rk": 1 }), false),
        ("of an account that is gone", "i", json!("m4rk"), true),
        ("of no account", "i", json!(""), true),
        ("of a long account", "i", json!("m4rk".repeat(1_000)), true),
        ("of U+0000", "i", json!("\0"), false),
        ("of a number", "i", json!(1), false),
        (
            "of another list",
            "l",
            json!([0, 0, 0, 0, 0, 0, 0, 0]),
            false,
        ),
        ("of a short list", "l", json!([0]), false),
        ("of no list", "l", json!(null), false),
    ] {
        let mut forged = written.clone();
        forged[member] = value;
        case(
            title,
            ALL,
            &URL_SAFE_NO_PAD.encode(forged.to_string()),
            is_good,
        );
    }
    let by_name = cursor_of(&format!("{ALL}&order=username"));
    let mut forged: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(by_name).unwrap()).unwrap();
    for (name, is_good) in [
        (json!(null), true),
        (json!("m4rk'--"), true),
        (json!("\0"), false),
    ] {
        forged["k"] = json!({ "text": name });
        let cursor = URL_SAFE_NO_PAD.encode(forged.to_string());
        case(
            "of a name",
            &format!("{ALL}&order=username"),
            &cursor,
            is_good,
        );
    }
    cases
}
