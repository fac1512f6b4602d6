//! JSON that every store can keep, though no caller of today may send it.

use proptest::prelude::*;
use users_domain::model::{JsonFault, STORED_JSON_DEPTH_LIMIT, check_json, check_stored_json};

fn nested(depth: usize) -> String {
    "[".repeat(depth) + &"]".repeat(depth)
}

#[test]
fn depth_is_bounded_by_what_stores_take() {
    assert_eq!(check_stored_json(&nested(STORED_JSON_DEPTH_LIMIT)), Ok(()));
    let deeper = nested(STORED_JSON_DEPTH_LIMIT + 1);
    assert_eq!(check_stored_json(&deeper), Err(JsonFault::TooDeep));
    // Brackets in strings nest nothing, and neither do those that stand beside each other.
    let harmless = format!(
        r#"["{}", {}]"#,
        "[".repeat(5000),
        vec!["{}"; 5000].join(",")
    );
    assert_eq!(check_stored_json(&harmless), Ok(()));
}

#[test]
fn digits_and_exponents_count_together() {
    for (number, fits) in [
        ("9".repeat(16_383), true),
        ("9".repeat(16_384), false),
        ("1e16382".to_owned(), true),
        ("1e16383".to_owned(), false),
        ("-0.5E-16381".to_owned(), true),
        ("-0.5E-16382".to_owned(), false),
        ("1e99999999999999999999".to_owned(), false),
        ("1e400".to_owned(), true),
    ] {
        let expected = if fits {
            Ok(())
        } else {
            Err(JsonFault::NumberTooLong)
        };
        assert_eq!(check_stored_json(&number), expected, "{number:.20}");
        assert_eq!(
            check_stored_json(&format!(r#"{{"n":[{number}]}}"#)),
            expected
        );
    }
    let as_text = format!(r#"["{}"]"#, "9".repeat(20_000));
    assert_eq!(check_stored_json(&as_text), Ok(()));
}

#[test]
fn escapes_must_be_characters_and_not_the_zero_one() {
    for (json, expected) in [
        (r#""\u0000""#, Err(JsonFault::HoldsNul)),
        (r#"{"a\u0000":1}"#, Err(JsonFault::HoldsNul)),
        (r#""\\u0000""#, Ok(())),
        (r#""\\\u0000""#, Err(JsonFault::HoldsNul)),
        (r#""\ud83d\ude00""#, Ok(())),
        (r#""\uD83D\uDE00\u00e9""#, Ok(())),
        (r#""\ud83d""#, Err(JsonFault::Malformed)),
        (r#""\ud83dx\ude00""#, Err(JsonFault::Malformed)),
        (r#""\ude00""#, Err(JsonFault::Malformed)),
        (r#""\ud83d\u0041""#, Err(JsonFault::Malformed)),
        (r#""\"\n\/\\""#, Ok(())),
    ] {
        assert_eq!(check_stored_json(json), expected, "{json}");
    }
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn what_callers_may_send_can_be_stored(text in r#"[\[\]{}":,0-9eE+\\u.a-f -]{0,60}"#) {
        if check_json(&text).is_ok() {
            prop_assert_eq!(check_stored_json(&text), Ok(()));
        }
    }

    #[test]
    fn no_text_makes_the_walk_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = check_stored_json(&String::from_utf8_lossy(&bytes));
    }
}
