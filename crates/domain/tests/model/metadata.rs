//! Free-form JSON of callers.

use proptest::prelude::*;
use serde_json::value::RawValue;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::Metadata;

fn parse(text: &str) -> Result<Metadata, Invalid> {
    Metadata::parse("metadata", text)
}

fn refusal(text: &str) -> InvalidReason {
    let Invalid { field, reason } = parse(text).expect_err(text);
    assert_eq!(field, "metadata");
    reason
}

#[test]
fn an_object_is_kept_character_for_character() {
    for text in [
        "{}",
        r#"{"team":"core"}"#,
        "{ \"b\": 1,\n  \"a\": [null, true, 1.50, \"\\u00e9\"] }",
        r#"{"twice":1,"twice":2}"#,
        r#"{"$serde_json::private::RawValue":"not json"}"#,
    ] {
        let metadata = parse(text).unwrap();
        assert_eq!(metadata.as_str(), text);
        assert_eq!(metadata.as_raw().get(), text);
    }
}

#[test]
fn no_digit_of_a_number_is_lost() {
    for number in [
        "123456789012345678901234567890",
        "-0.123456789012345678901234567890",
        "1.10",
        "1E+2",
    ] {
        let text = format!(r#"{{"n":{number}}}"#);
        assert_eq!(parse(&text).unwrap().as_str(), text);
        assert_eq!(Metadata::from_stored(text.clone()).as_str(), text);
    }
}

#[test]
fn white_space_around_the_object_is_no_part_of_it() {
    assert_eq!(parse(" \n{\"a\":1}\t").unwrap().as_str(), "{\"a\":1}");
}

#[test]
fn anything_but_an_object_is_refused() {
    for text in ["null", "true", "7", "\"{}\"", "[]", "[{}]"] {
        assert_eq!(
            refusal(text),
            InvalidReason::Malformed("is not a JSON object"),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        "{",
        "{}}",
        "{'a':1}",
        r#"{"a":"\ud800"}"#,
        r#"{"a":1e400}"#,
    ] {
        assert_eq!(
            refusal(text),
            InvalidReason::Malformed("is not valid JSON"),
            "{text}"
        );
    }
}

#[test]
fn u0000_is_refused_in_names_and_values() {
    for text in [r#"{"a":"\u0000"}"#, r#"{"\u0000":1}"#] {
        assert_eq!(refusal(text), InvalidReason::Character("U+0000"), "{text}");
    }
}

#[test]
fn sixty_four_levels_are_the_deepest() {
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert!(parse(&nested(64)).is_ok());
    assert_eq!(refusal(&nested(65)), InvalidReason::TooDeep { limit: 64 });
}

#[test]
fn there_are_64_kib_at_most() {
    let of_length = |length: usize| format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8));
    let longest = of_length(65_536);
    assert_eq!(longest.len(), 65_536);
    assert!(parse(&longest).is_ok());
    assert_eq!(
        refusal(&of_length(65_537)),
        InvalidReason::TooLong {
            limit: 65_536,
            unit: "bytes"
        }
    );
}

#[test]
fn the_complaint_names_the_field_it_was_asked_about() {
    let invalid = Metadata::parse("private_metadata", "[]").unwrap_err();
    assert_eq!(invalid.field, "private_metadata");
}

#[test]
fn stored_json_of_any_kind_depth_and_size_stays() {
    let deep = format!("{}{}", "[".repeat(6_000), "]".repeat(6_000));
    let long = format!("\"{}\"", "x".repeat(120 * 1024));
    for text in [
        "null",
        "7",
        "\"text\"",
        "[1]",
        "1e400",
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\u0000"}"#,
        &deep,
        &long,
    ] {
        assert_eq!(Metadata::from_stored(text.to_owned()).as_str(), text);
    }
}

#[test]
fn stored_text_that_is_no_json_reads_as_empty() {
    for text in ["", "not json", "{", "{}{}"] {
        assert_eq!(
            Metadata::from_stored(text.to_owned()),
            Metadata::default(),
            "{text}"
        );
    }
}

#[test]
fn only_an_object_without_members_and_null_are_empty() {
    for text in ["{}", "{ \n }", "null"] {
        assert!(Metadata::from_stored(text.to_owned()).is_empty(), "{text}");
    }
    assert!(Metadata::default().is_empty());
    for text in ["{\"a\":{}}", "[]", "\"\"", "0", "false"] {
        assert!(!Metadata::from_stored(text.to_owned()).is_empty(), "{text}");
    }
}

fn contains(whole: &str, part: &str) -> bool {
    let stored = |text: &str| Metadata::from_stored(text.to_owned());
    stored(whole).contains(&stored(part))
}

/// The examples of PostgreSQL's documentation of `jsonb` containment, and their neighbours.
#[test]
fn what_contains_what_is_what_postgres_says() {
    for (whole, part) in [
        (r#"{"a":1,"b":{"c":[1,2,{"d":3}]}}"#, "{}"),
        (r#"{"a":1,"b":{"c":[1,2,{"d":3}]}}"#, r#"{"a":1}"#),
        (r#"{"a":1,"b":{"c":[1,2,{"d":3}]}}"#, r#"{"b":{}}"#),
        (r#"{"a":1,"b":{"c":[1,2,{"d":3}]}}"#, r#"{"b":{"c":[{}]}}"#),
        (
            r#"{"a":1,"b":{"c":[1,2,{"d":3}]}}"#,
            r#"{"b":{"c":[2,1,1]}}"#,
        ),
        (r#"{"a":null}"#, r#"{"a":null}"#),
        (r#"{"a":1}"#, r#"{"a":1.0}"#),
        ("[1,2,3]", "[3,1]"),
        ("[1,2,[1,3]]", "[[1,3]]"),
        (r#"["foo","bar"]"#, r#""bar""#),
        ("[0,1.0]", "1"),
        (r#""foo""#, r#""foo""#),
        ("null", "null"),
    ] {
        assert!(contains(whole, part), "{whole} {part}");
    }
    for (whole, part) in [
        (r#"{"a":1}"#, r#"{"a":2}"#),
        (r#"{"a":1}"#, r#"{"A":1}"#),
        (r#"{"a":1}"#, r#"{"b":1}"#),
        (r#"{"a":1}"#, r#"{"a":"1"}"#),
        (r#"{"a":1}"#, r#"{"a":null}"#),
        (r#"{"a":{"b":1}}"#, r#"{"b":1}"#),
        (r#"{"a":[1,2]}"#, r#"{"a":1}"#),
        (r#"{"a":{}}"#, r#"{"a":[]}"#),
        ("[1,2,[1,3]]", "[1,3]"),
        (r#"["foo",["bar"]]"#, r#""bar""#),
        (r#""bar""#, r#"["bar"]"#),
        ("[{}]", "{}"),
        ("null", "{}"),
    ] {
        assert!(!contains(whole, part), "{whole} {part}");
    }
}

#[test]
fn what_is_nested_too_deep_contains_nothing_and_breaks_nothing() {
    let nested = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(contains(&nested(100), "{}"));
    assert!(!contains(&nested(200), "{}"));
    assert!(!contains("{}", &nested(200)));
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn whatever_is_stored_reads_as_json(text in any::<String>()) {
        let metadata = Metadata::from_stored(text);
        prop_assert!(serde_json::from_str::<&RawValue>(metadata.as_str()).is_ok());
    }

    #[test]
    fn what_was_accepted_reads_the_same_when_it_was_stored(
        members in prop::collection::btree_map(any::<String>(), any::<String>(), 0..8),
    ) {
        let text = serde_json::to_string(&members).unwrap();
        match parse(&text) {
            Ok(metadata) => {
                prop_assert_eq!(Metadata::from_stored(metadata.as_str().to_owned()), metadata);
            }
            Err(invalid) => prop_assert_eq!(invalid.reason, InvalidReason::Character("U+0000")),
        }
    }
}
