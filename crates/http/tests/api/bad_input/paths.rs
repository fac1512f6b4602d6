//! Ids that are none, and ids of other people.

use users_domain::model::TokenKind;

use super::case::{Case, Expected};
use super::scene::Scene;
use super::way::Way;

/// Every id that no account has, as it is written in a path.
pub(super) fn cases(way: &Way, scene: &Scene) -> Vec<Case> {
    if !way.names_an_account() {
        return Vec::new();
    }
    let mut cases = Vec::new();
    for id in [
        &"m4rk".repeat(9),
        &format!("{}x", "m4rk".repeat(9)),
        &"m4rk".repeat(2_500),
        &format!("{}%00", way.id),
        &format!("{}%20", way.id),
        &format!("{}%0d%0aSet-Cookie:a=b", way.id),
        &format!("{}%2f", way.id),
        &format!("{};m4rk", way.id),
        &way.id.to_uppercase(),
        &way.id.replace("id", "%2569d"),
        "%00",
        "%ff",
        "%fe%ff",
        // Overlong spellings of a slash and of U+0000.
        "%c0%af",
        "%e0%80%af",
        "%c0%80",
        // A surrogate, and what is beyond Unicode.
        "%ed%a0%80",
        "%f4%90%80%80",
        // Right to left.
        "%e2%80%aem4rk",
        "%f0%9f%a6%80",
        "..",
        "%2e%2e",
        "%2e%2e%2f%2e%2e%2fetc%2fm4rk",
        "..%2fm4rk",
        "..%5cm4rk",
        ".",
        "*",
        "null",
        "undefined",
        "0",
        "-1",
        "%25",
        "%",
        "%2",
        "%zz",
        "'%20OR%201=1--",
        "$ne",
        "00000000-0000-0000-0000-000000000000",
    ] {
        let sent = way.proven(way.unproven_at(&way.target_of(id)));
        let expected = Expected::refused(404, "not_found");
        cases.push(way.case(format!("id {id:.60}"), sent, expected));
    }
    cases.extend(others(way, scene));
    cases
}

/// What somebody may not do to others he may not do to nobody either: the refusal does not tell who
/// is there.
fn others(way: &Way, scene: &Scene) -> Vec<Case> {
    let grace = scene.token("grace", TokenKind::Access);
    [
        "id-of-ada",
        "id-of-mallory",
        "id-of-gone",
        "m4rk",
        "%00",
        "%ff",
    ]
    .into_iter()
    .filter_map(|id| {
        let sent = way.unproven_at(&way.target_of(id)).bearer(&grace);
        let is_there = id.starts_with("id-of");
        let expected = match (way.operation, is_there) {
            ("view", true) => Expected::Answered(200),
            ("view", false) => Expected::refused(404, "not_found"),
            _ if id.starts_with('%') => return None,
            _ => Expected::refused(403, "forbidden"),
        };
        Some(way.case(format!("grace asks about {id}"), sent, expected))
    })
    .collect()
}
