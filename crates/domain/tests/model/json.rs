//! The bounded walk over JSON text.

use proptest::prelude::*;
use serde_json::Value;
use users_domain::model::{JSON_DEPTH_LIMIT, JsonFault, check_json};

#[test]
fn one_value_is_accepted_with_white_space_around() {
    for text in [
        "null",
        " true ",
        "-0.5e-7",
        "\"a\\u00e9\\ud83d\\ude80\"",
        "[]",
        "\t{\"a\":[1,{}]}\r\n",
    ] {
        assert_eq!(check_json(text), Ok(()), "{text}");
    }
}

#[test]
fn what_is_not_one_value_is_malformed() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "01",
        "1.",
        "NaN",
        "nul",
        "{} {}",
        "[1] x",
        "\"a\nb\"",
        "\"\\x41\"",
        "\u{feff}{}",
        "// comment\n{}",
        "1e400",
        "-1e400",
    ] {
        assert_eq!(check_json(text), Err(JsonFault::Malformed), "{text:?}");
    }
}

#[test]
fn numbers_are_bounded_in_digits_and_exponent() {
    let digits = |count: usize| format!("0.{}", "7".repeat(count - 1));
    for text in [
        &digits(1000),
        "1e-1000",
        "-0e+1000",
        "[1E-0001000]",
        r#"{"1e-9999":"1e-9999 \\\" 1e-9999"}"#,
    ] {
        assert_eq!(check_json(text), Ok(()), "{text}");
    }
    for text in [
        &digits(1001),
        "1e-1001",
        "-0e1001",
        "[1, 1E-20000]",
        r#"{"\\":1e-99999999999999999999}"#,
        r#"{"a":{"\"":[0.0e-4000]}}"#,
    ] {
        assert_eq!(check_json(text), Err(JsonFault::NumberTooLong), "{text}");
    }
}

#[test]
fn half_a_surrogate_pair_is_no_character() {
    for text in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\ud800""#,
        r#"{"\udfff":1}"#,
    ] {
        assert_eq!(check_json(text), Err(JsonFault::Malformed), "{text}");
    }
}

#[test]
fn u0000_is_found_wherever_it_hides() {
    for text in [
        r#""\u0000""#,
        r#"["a\u0000b"]"#,
        r#"{"a":{"b":["\u0000"]}}"#,
        r#"{"a\u0000":1}"#,
        r#"{"a":"\u0000","a":"the last one wins elsewhere"}"#,
    ] {
        assert_eq!(check_json(text), Err(JsonFault::HoldsNul), "{text}");
    }
    // An escaped backslash before digits is no escape of U+0000.
    assert_eq!(check_json(r#""\\u0000""#), Ok(()));
}

#[test]
fn sixty_four_levels_are_the_deepest() {
    let nested = |open: &str, middle: &str, close: &str, depth: usize| {
        format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, middle, close) in [("[", "", "]"), ("[", "1", "]"), ("{\"a\":", "1", "}")] {
        let deepest = nested(open, middle, close, JSON_DEPTH_LIMIT);
        assert_eq!(check_json(&deepest), Ok(()), "{deepest}");
        let deeper = nested(open, middle, close, JSON_DEPTH_LIMIT + 1);
        assert_eq!(check_json(&deeper), Err(JsonFault::TooDeep), "{deeper}");
    }
    let mixed = nested("[{\"a\":", "1", "}]", 32);
    assert_eq!(check_json(&mixed), Ok(()));
    assert_eq!(check_json(&format!("[{mixed}]")), Err(JsonFault::TooDeep));
}

#[test]
fn a_million_brackets_do_not_exhaust_the_stack() {
    assert_eq!(check_json(&"[".repeat(1_000_000)), Err(JsonFault::TooDeep));
    assert_eq!(
        check_json(&"{\"a\":".repeat(1_000_000)),
        Err(JsonFault::TooDeep)
    );
    let wide = format!("[{}1]", "1,".repeat(1_000_000));
    assert_eq!(check_json(&wide), Ok(()));
}

#[test]
fn a_member_named_like_an_internal_of_the_parser_is_an_ordinary_member() {
    for name in ["RawValue", "Number"] {
        let text = format!(r#"{{"$serde_json::private::{name}":"not json"}}"#);
        assert_eq!(check_json(&text), Ok(()), "{text}");
    }
}

/// JSON text of every form, with white space in odd places.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        "-?[1-9][0-9]{0,40}(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?",
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#""\u0000""#.to_owned()),
        Just(r#""\ud83d\ude80""#.to_owned()),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let members = prop::collection::vec(("[ab\0é\"]{0,3}", inner.clone()), 0..6);
        prop_oneof![
            (prop::collection::vec(inner, 0..6), "[ \t\r\n]{0,2}")
                .prop_map(|(items, space)| format!("{space}[{space}{}{space}]", items.join(","))),
            members.prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| {
                        format!("{} : {value}", serde_json::to_string(name).unwrap())
                    })
                    .collect();
                format!("{{{}}}", members.join(" ,"))
            }),
        ]
    })
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// The verdict must be the one of an independent reader of the whole text.
fn agrees_with_a_full_parse(text: &str) -> Result<(), TestCaseError> {
    let outcome = check_json(text);
    match serde_json::from_str::<Value>(text) {
        Err(_) => prop_assert_eq!(outcome, Err(JsonFault::Malformed), "{}", text),
        // Of repeated members the full parse keeps the last alone, so it may miss one.
        Ok(value) if holds_nul(&value) => {
            prop_assert_eq!(outcome, Err(JsonFault::HoldsNul), "{}", text);
        }
        Ok(_) if !text.contains("u0000") => prop_assert_eq!(outcome, Ok(()), "{}", text),
        Ok(_) => prop_assert_ne!(outcome, Err(JsonFault::Malformed), "{}", text),
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn the_verdict_on_json_is_that_of_a_full_parse(text in json_text()) {
        agrees_with_a_full_parse(&text)?;
    }

    #[test]
    fn the_verdict_on_damaged_json_is_that_of_a_full_parse(
        text in json_text(),
        place in any::<prop::sample::Index>(),
        other in prop_oneof![Just(""), Just("\\"), Just("\""), Just(","), Just("]"), Just("0")],
    ) {
        let mut chars: Vec<String> = text.chars().map(String::from).collect();
        let place = place.index(chars.len());
        chars[place] = other.to_owned();
        agrees_with_a_full_parse(&chars.concat())?;
    }

    #[test]
    fn no_bytes_make_the_walk_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = check_json(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_mixture_of_marks_makes_the_walk_panic(text in r#"[\[\]{}":,0-9eE+\\u.a-f -]{0,200}"#) {
        agrees_with_a_full_parse(&text)?;
    }
}
