//! Single values that no general rule speaks of: one line a case.

use serde_json::json;

use super::case::{Case, Expected};
use super::members::replacing;
use super::way::{Content, Way};

/// An operation, a member, its value as JSON, and what comes of it: a status, or the code of a
/// refusal that blames the member. Space round `|` does not count.
const TABLE: &str = r#"
create | first_name | " " | missing_field
create | first_name | "\u00a0\u2003" | missing_field
create | first_name | "\u200b" | missing_field
create | first_name | "\u3164\u200d" | missing_field
create | first_name | "<script>alert(1)</script>" | 201
create | first_name | "Robert'); DROP TABLE users;--" | 201
create | first_name | "{{.Host}} ${jndi:ldap://m4rk} %s%n" | 201
create | first_name | "محمد" | 201
create | first_name | "می\u200cخواهم" | 201
create | first_name | "क्\u200dष" | 201
create | first_name | "👩\u200d👩\u200d👧" | 201
create | first_name | "Zoë \"O'Neil\" \\ Ng" | 201
create | last_name | "a\r\nBcc: m4rk@example.com" | invalid_field
create | last_name | "李" | 201
create | credentials.username | "-m4rk" | invalid_field
create | credentials.username | "_m4rk" | invalid_field
create | credentials.username | "m4rk--a" | invalid_field
create | credentials.username | "m4rk__a" | invalid_field
create | credentials.username | "m4rk a" | invalid_field
create | credentials.username | " m4rk" | invalid_field
create | credentials.username | "m4rk.a" | invalid_field
create | credentials.username | "m4rk@example.com" | invalid_field
create | credentials.username | "m4rk/.." | invalid_field
create | credentials.username | "<b>m4rk</b>" | invalid_field
create | credentials.username | "m4rkе" | invalid_field
create | credentials.username | "m4rk\u200d" | invalid_field
create | credentials.username | "m" | 201
create | credentials.username | "M4rk-a_b-" | 201
create | credentials.secret | "m4rk567" | weak_password
create | credentials.secret | "m4rk5678" | 201
create | credentials.secret | "🦀🦀🦀🦀🦀🦀🦀" | weak_password
create | credentials.secret | "🦀🦀🦀🦀🦀🦀🦀🦀" | 201
create | credentials.secret | "        " | 201
create | email | "m4rk" | invalid_field
create | email | "m4rk@" | invalid_field
create | email | "@m4rk.com" | invalid_field
create | email | "m4rk@localhost" | invalid_field
create | email | "m4rk@@example.com" | invalid_field
create | email | "m4rk@a@example.com" | invalid_field
create | email | " m4rk@example.com" | invalid_field
create | email | "m4rk@example.com " | invalid_field
create | email | "m4rk a@example.com" | invalid_field
create | email | "m4rk@exam ple.com" | invalid_field
create | email | "m4rk@example.com," | invalid_field
create | email | "m4rk@example.com,a@example.com" | invalid_field
create | email | "m4rk@example.com;a@example.com" | invalid_field
create | email | "Ada <m4rk@example.com>" | invalid_field
create | email | "<m4rk@example.com>" | invalid_field
create | email | "m4rk@example.com (comment)" | invalid_field
create | email | "\"m4rk a\"@example.com" | invalid_field
create | email | "m4rk@[127.0.0.1]" | invalid_field
create | email | "m4rk@127.0.0.1" | invalid_field
create | email | "m4rk@example..com" | invalid_field
create | email | "m4rk@.example.com" | invalid_field
create | email | "m4rk@example.com." | invalid_field
create | email | ".m4rk@example.com" | invalid_field
create | email | "m4rk.@example.com" | invalid_field
create | email | "m4rk..a@example.com" | invalid_field
create | email | "m4rk@-example.com" | invalid_field
create | email | "m4rk@exa_mple.com" | invalid_field
create | email | "m4rk@xn--m4rk-\u00e9.com" | invalid_field
create | email | "m4rk\r\nBcc: a@example.com" | invalid_field
create | email | "m4rk@example.com\r\nBcc: a@example.com" | invalid_field
create | email | "m4rk@example.com%0d%0aBcc:a@example.com" | invalid_field
create | email | "m4rk+tag@example.com" | 201
create | email | "o'm4rk@example.co.uk" | 201
create | email | "m4rk@bücher.example" | 201
create | tags | ["m4rk", ""] | invalid_field
create | tags | ["m4rk\r\n"] | invalid_field
create | tags | ["a-b", "a,b", "a+b", " a ", "<i>", "a", "a"] | 201
create | metadata | {"a":1,"a":2} | 201
create | metadata | {"n":123456789012345678901234567890.12345} | 201
create | metadata | {"\u0000":"m4rk"} | invalid_field
create | metadata | {"a":[{"b":"\u0000"}]} | invalid_field
create | metadata | {"a":-1e999} | invalid_field
create | profile_picture | "m4rk" | invalid_field
create | profile_picture | "/m4rk.png" | invalid_field
create | profile_picture | "//example.com/m4rk.png" | invalid_field
create | profile_picture | "https:m4rk.png" | invalid_field
create | profile_picture | "https://" | invalid_field
create | profile_picture | "https:///m4rk.png" | invalid_field
create | profile_picture | "https://exa mple.com/m4rk.png" | invalid_field
create | profile_picture | "https://example.com/m4rk .png" | invalid_field
create | profile_picture | "https://example.com:m4rk/" | invalid_field
create | profile_picture | "https://example.com:99999/m4rk" | invalid_field
create | profile_picture | "javascript:alert('m4rk')" | invalid_field
create | profile_picture | "JaVaScRiPt:alert('m4rk')" | invalid_field
create | profile_picture | "data:image/svg+xml,m4rk" | invalid_field
create | profile_picture | "file:///etc/m4rk" | invalid_field
create | profile_picture | "ftp://example.com/m4rk.png" | invalid_field
create | profile_picture | "http://example.com/m4rk.png?a=1#b" | 201
create | profile_picture | "https://bücher.example/m4rk.png" | 201
create | role | 2 | invalid_field
create | role | "administrator" | invalid_field
create | role | "admin" | 201
create | role | 1 | 201
create | status | 2 | invalid_field
create | status | "deleted" | invalid_field
create | status | "disabled" | 201
create | status | 1 | 201
create | id | {"m4rk":[]} | 201
create | created_at | "no time" | 201
create | verified_at | 17 | 201
create | credentials | "m4rk" | invalid_field
create | credentials | [] | invalid_field
create | credentials | 1 | invalid_field
create | credentials | {}, "credentials": {} | invalid_field
issue_token | username | "root" | 201
issue_token | secret | "short" | 401
issue_token | description | " m4rk " | 201
issue_token | domain_id | [1] | 201
update | first_name | " " | missing_field
update | last_name | "\t" | missing_field
update | first_name | "a\r\nBcc: m4rk@example.com" | invalid_field
update | first_name | "<img src=x onerror=alert(1)>" | 200
update | tags | ["m4rk", ""] | invalid_field
update | metadata | {"\u0000":"m4rk"} | invalid_field
update | profile_picture | "javascript:alert('m4rk')" | invalid_field
update | role | {"m4rk":1} | 200
update | email | 17 | 200
update_username | username | "two words" | invalid_field
update_username | username | "m4rk@example.com" | invalid_field
update_username | username | "id-of-ada" | 200
update_profile_picture | profile_picture | "data:m4rk" | invalid_field
update_tags | tags | ["m4rk", ""] | invalid_field
update_email | email | "Ada <m4rk@example.com>" | invalid_field
update_email | email | "m4rk@localhost" | invalid_field
update_email | email | "m4rk@example.com\r\nBcc: a@example.com" | invalid_field
update_role | role | 2 | invalid_field
update_role | role | "administrator" | invalid_field
update_role | role | 0 | 200
update_secret | new_secret | "m4rk567" | weak_password
send_password_reset | email | "m4rk" | invalid_field
send_password_reset | email | "m4rk@example.com\r\nBcc: a@example.com" | invalid_field
send_password_reset | email | "m4rk@example.com,ada@example.com" | invalid_field
send_password_reset | email | ["ada@example.com","m4rk@example.com"] | invalid_field
send_password_reset | email | "nobody@example.com" | 201
send_password_reset | host | {"m4rk":1} | 201
reset_secret | token | "m4rk" | 400 invalid_code
reset_secret | token | "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" | 400 invalid_code
reset_secret | password | "m4rk567" | weak_password
reset_secret | confirm_password | "m4rk another one" | invalid_field
"#;

/// The cases of the table, and those whose values are too long for a line.
pub(super) fn cases(way: &Way) -> Vec<Case> {
    if way.content != Content::Json {
        return Vec::new();
    }
    let lines = TABLE.trim().lines().map(|line| {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [operation, field, json, outcome] = cells[..] else {
            panic!("{line}");
        };
        (operation, field, json.to_owned(), outcome)
    });
    let own = |operation: &str| operation == way.operation;
    lines
        .chain(computed())
        .filter(|(operation, ..)| own(operation))
        .map(|(_, field, json, outcome)| {
            let shown: String = json.chars().take(60).collect();
            let title = format!("{field} is {shown}");
            way.case(
                title,
                replacing(way, field, json.as_bytes()),
                expected(field, outcome),
            )
        })
        .collect()
}

type Line = (&'static str, &'static str, String, &'static str);

/// Counts and depths, both sides of each.
fn computed() -> Vec<Line> {
    let tags = |count| json!(vec!["m4rk"; count]).to_string();
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("{{\"a\":{open}{close}}}")
    };
    let mut lines = Vec::new();
    for operation in ["create", "update"] {
        let within = if operation == "create" { "201" } else { "200" };
        for field in ["metadata", "private_metadata"] {
            lines.push((operation, field, deep(64), within));
            lines.push((operation, field, deep(65), "invalid_field"));
        }
        lines.push((operation, "tags", tags(64), within));
        lines.push((operation, "tags", tags(65), "invalid_field"));
    }
    lines.push(("update_tags", "tags", tags(64), "200"));
    lines.push(("update_tags", "tags", tags(65), "invalid_field"));
    lines
}

fn expected(field: &'static str, outcome: &'static str) -> Expected {
    match (outcome.split_once(' '), outcome.parse()) {
        (Some((status, code)), _) => Expected::refused(status.parse().unwrap(), code),
        (None, Ok(status)) => Expected::Answered(status),
        (None, Err(_)) => Expected::blamed(outcome, field),
    }
}
