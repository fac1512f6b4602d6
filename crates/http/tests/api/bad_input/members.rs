//! Every member of every body, wrong in every way that its row speaks of.

use serde_json::{Value, json};

use super::case::{Case, Expected, MARK};
use super::fields::{self, Fate, Field, Kind, Most, Refused};
use super::way::{Content, Way};
use crate::client::Request;

/// The cases of all members of a body.
pub(super) fn cases(way: &Way) -> Vec<Case> {
    if way.content != Content::Json {
        return Vec::new();
    }
    let fields = fields::of(way.operation);
    assert!(
        !fields.is_empty(),
        "{} has a body and no fields",
        way.name()
    );
    let each = fields.iter().flat_map(|field| {
        let member = Member { way, field };
        [
            member.types(),
            member.absences(),
            member.lengths(),
            member.characters(),
            member.encodings(),
        ]
    });
    each.flatten().collect()
}

/// Control characters, line ends, and what changes the direction of text.
const HIDDEN: [char; 25] = [
    '\0', '\u{1}', '\u{7}', '\u{8}', '\t', '\n', '\u{b}', '\r', '\u{1b}', '\u{1f}', '\u{7f}',
    '\u{80}', '\u{85}', '\u{9f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202b}', '\u{202c}',
    '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// A member of one way's body.
struct Member<'a> {
    way: &'a Way,
    field: &'a Field,
}

impl Member<'_> {
    /// A case of this member, set to JSON as it is written.
    fn case(&self, title: &str, json: impl AsRef<[u8]>, expected: Expected) -> Case {
        let title = format!("{} is {title}", self.field.name);
        self.way.case(
            title,
            replacing(self.way, self.field.name, json.as_ref()),
            expected,
        )
    }

    fn invalid(&self) -> Expected {
        Expected::invalid(self.field.name)
    }

    fn within(&self) -> Option<Expected> {
        self.field.within.map(Expected::Answered)
    }

    fn types(&self) -> Vec<Case> {
        const ANYWHERE: [&str; 6] = ["1", "-1", "1.5", "1e400", "true", "{\"a\":\"m4rk\"}"];
        const IN_LISTS: [&str; 5] = ["[1]", "[null]", "[[\"m4rk\"]]", "[{}]", "[\"a\",true]"];
        let wrong = match self.field.kind {
            Kind::Text => [&ANYWHERE[..], &["[]", "[\"m4rk\"]", "{}"]].concat(),
            Kind::Texts => [&ANYWHERE[..], &IN_LISTS, &["\"m4rk\"", "{}", "\"\""]].concat(),
            Kind::Object => [
                &ANYWHERE[..5],
                &["\"m4rk\"", "\"{}\"", "\"\"", "[]", "[{}]"],
            ]
            .concat(),
            Kind::Choice => vec![
                "3",
                "-1",
                "0.0",
                "1.0",
                "1e0",
                "1e400",
                "true",
                "[]",
                "[0]",
                "{}",
                "65536",
                "4294967296",
                "18446744073709551616",
                "-9223372036854775809",
                "\"m4rk\"",
                "\"all\"",
                "\"0\"",
                "\"1\"",
                "\" \"",
                "\"Admin\"",
                "\"ENABLED\"",
                "\"user \"",
                "\"admin\\u0000\"",
                "\"\\ud800\"",
            ],
        };
        wrong
            .into_iter()
            .map(|json| self.case(json, json, self.invalid()))
            .collect()
    }

    fn absences(&self) -> Vec<Case> {
        let empty = match self.field.kind {
            Kind::Text | Kind::Choice => "\"\"",
            Kind::Texts => "[]",
            Kind::Object => "{}",
        };
        [("null", self.field.null), (empty, self.field.empty)]
            .into_iter()
            .filter_map(|(json, fate)| {
                let expected = match fate? {
                    Fate::Missing => Expected::missing(self.field.name),
                    Fate::Answered(status) => Expected::Answered(status),
                };
                Some(self.case(json, json, expected))
            })
            .collect()
    }

    /// Both sides of the limit, in narrow and in wide characters.
    fn lengths(&self) -> Vec<Case> {
        let (Some(most), Some(within)) = (self.field.most, self.within()) else {
            return Vec::new();
        };
        let (Most::Bytes(limit) | Most::Characters(limit)) = most;
        let value = |length| self.long(length);
        let mut cases = vec![
            self.case(&format!("{limit} long"), value(limit), within.clone()),
            self.case(
                &format!("{limit} and one long"),
                value(limit + 1),
                self.invalid(),
            ),
            self.case("far too long", value(limit * 12), self.invalid()),
        ];
        if self.takes_any_script() {
            // The wide one is four bytes long.
            let wide = match most {
                Most::Bytes(limit) => format!("{MARK}{}", "\u{1f980}".repeat(limit / 4 - 1)),
                Most::Characters(limit) => format!("{MARK}{}", "\u{1f980}".repeat(limit - 4)),
            };
            let longer = format!("{wide}\u{1f980}");
            cases.push(self.case("as wide as can be", self.json(&wide), within));
            cases.push(self.case("wider than can be", self.json(&longer), self.invalid()));
        }
        cases
    }

    /// Addresses, URLs and new usernames have alphabets of their own.
    fn takes_any_script(&self) -> bool {
        let is_narrow = ["email", "profile_picture", "username"].contains(&self.field.key());
        let is_compared = self.field.operation == "issue_token";
        self.field.kind != Kind::Object && (is_compared || !is_narrow)
    }

    fn characters(&self) -> Vec<Case> {
        let within = || self.field.within.map_or(self.invalid(), Expected::Answered);
        HIDDEN
            .into_iter()
            .filter_map(|hidden| {
                let expected = match (self.field.refuses, hidden) {
                    (Refused::Unsaid, _) => return None,
                    (Refused::Nothing, _) => within(),
                    (Refused::Hidden, _) | (_, '\0') => self.invalid(),
                    (Refused::Password, '\n') => Expected::blamed("weak_password", self.field.name),
                    (Refused::Nul | Refused::Password, _) => within(),
                    (Refused::Code, _) => Expected::refused(400, "invalid_code"),
                };
                let title = format!("with U+{:04X}", u32::from(hidden));
                Some(self.case(&title, self.json(&self.holding(hidden)), expected))
            })
            .collect()
    }

    /// What is no text at all, and what is no one member.
    fn encodings(&self) -> Vec<Case> {
        let wrap = |inside: &[u8]| match self.field.kind {
            Kind::Text | Kind::Choice => [b"\"", inside, b"\""].concat(),
            Kind::Texts => [b"[\"", inside, b"\"]"].concat(),
            Kind::Object => [b"{\"a\":\"", inside, b"\"}"].concat(),
        };
        let mut cases: Vec<Case> = [
            &b"\\ud800"[..],
            b"m4rk\\udc00",
            b"\\udc00\\ud800",
            b"\\ud83dm4rk",
            b"m4rk\xff",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf4\x90\x80\x80",
            b"m4rk\xe2\x82",
        ]
        .into_iter()
        .map(|inside| {
            let title = inside.escape_ascii().to_string();
            self.case(&title, wrap(inside), self.invalid())
        })
        .collect();
        let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
        cases.push(self.case("65 deep", &deep, self.invalid()));
        let deep = format!("{}1{}", "{\"a\":".repeat(20_000), "}".repeat(20_000));
        cases.push(self.case("20,000 deep", &deep, self.invalid()));
        let good = self.json("m4rk good enough");
        for (title, other) in [("twice", &*good), ("twice, once null", "null")] {
            let twice = format!("{good},\"{}\":{other}", self.field.key());
            cases.push(self.case(title, twice, self.invalid()));
        }
        cases
    }

    /// JSON of the member's kind that holds a text.
    fn json(&self, text: &str) -> String {
        match self.field.kind {
            Kind::Text | Kind::Choice => json!(text).to_string(),
            Kind::Texts => json!([text]).to_string(),
            Kind::Object => json!({ "a": text }).to_string(),
        }
    }

    /// A text that would be acceptable without this character.
    fn holding(&self, character: char) -> String {
        match self.field.key() {
            "email" => format!("m4rk{character}s@example.com"),
            "profile_picture" => format!("https://example.com/m4rk{character}s"),
            _ => format!("m4rk{character}somebody"),
        }
    }

    /// JSON of a value that is good but for its length.
    fn long(&self, length: usize) -> String {
        let filled = |begin: &str, end: &str| {
            format!(
                "{begin}{}{end}",
                "x".repeat(length - begin.len() - end.len())
            )
        };
        match (self.field.key(), self.field.kind) {
            ("email", _) => self.json(&long_address(length)),
            ("profile_picture", _) => self.json(&filled("https://example.com/m4rk", "")),
            (_, Kind::Object) => filled("{\"a\":\"m4rk", "\"}"),
            _ => self.json(&filled(MARK, "")),
        }
    }
}

/// An address of so many bytes whose parts are no longer than parts may be.
fn long_address(length: usize) -> String {
    const END: &str = "x.com";
    let local = format!("{MARK}{}@", "x".repeat(60));
    let mut domain = String::new();
    while local.len() + domain.len() + END.len() < length {
        let place = domain.len() + 1;
        domain.push(if place.is_multiple_of(64) { '.' } else { 'x' });
    }
    format!("{local}{domain}{END}")
}

/// A right request with one member replaced by JSON as it is written here.
pub(super) fn replacing(way: &Way, field: &str, json: &[u8]) -> Request {
    const PLACE: &str = "HERE";
    let mut members = way.members();
    let (object, key) = match field.split_once('.') {
        Some((object, key)) => (&mut members[object], key),
        None => (&mut members, field),
    };
    // One member may have two names, and one value must be given twice.
    match (way.operation, key, &mut *object) {
        ("issue_token", "username", Value::Object(others)) => others.remove("identity"),
        ("issue_token", "password", Value::Object(others)) => others.remove("secret"),
        // Where bytes are bad, the first bad place is to blame.
        ("reset_secret", "password", others) if std::str::from_utf8(json).is_ok() => {
            others["confirm_password"] = json!(PLACE);
            None
        }
        _ => None,
    };
    object[key] = json!(PLACE);
    let (text, place) = (members.to_string(), json!(PLACE).to_string());
    let mut parts = text.split(&place).map(str::as_bytes);
    let mut body = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        body.extend_from_slice(json);
        body.extend_from_slice(part);
    }
    way.sending(body)
}
