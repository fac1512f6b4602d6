//! First and last names.

use proptest::prelude::*;
use users_domain::error::InvalidReason;
use users_domain::model::PersonName;

fn refusal(text: &str) -> InvalidReason {
    PersonName::parse("first_name", text)
        .expect_err(text)
        .reason
}

#[test]
fn names_of_any_script_are_accepted_as_typed() {
    for text in [
        "Ada",
        "Augusta Ada",
        "O'Neill-Smith",
        "李小龍",
        "عبد الله",
        "नेहा",
        " padded ",
        "👩‍🚀",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
    ] {
        let name = PersonName::parse("first_name", text);
        assert_eq!(name.as_ref().map(PersonName::as_str), Ok(text), "{text}");
    }
}

#[test]
fn a_name_of_which_nothing_is_seen_is_missing() {
    for text in [
        "",
        " ",
        "\t\n",
        "\u{3000}",
        "\u{200b}",
        "\u{200d} \u{200c}",
        "\u{3164}",
        "\u{feff}\u{ad}",
        "\u{e0041}\u{e0064}\u{e0061}",
    ] {
        assert_eq!(refusal(text), InvalidReason::Missing, "{text:?}");
    }
}

#[test]
fn the_complaint_names_the_field_it_was_asked_about() {
    let invalid = PersonName::parse("last_name", "").unwrap_err();
    assert_eq!(invalid.to_string(), "last_name: is missing");
}

#[test]
fn characters_that_hide_or_reorder_are_refused_by_name() {
    for (text, what) in [
        ("A\0da", "U+0000"),
        ("A\nda", "a control character"),
        ("A\u{7f}da", "a control character"),
        ("A\u{9b}da", "a control character"),
        ("A\u{202e}da", "a bidirectional formatting character"),
        ("A\u{2066}da", "a bidirectional formatting character"),
        ("A\u{2028}da", "a line or paragraph separator"),
        ("A\u{2029}da", "a line or paragraph separator"),
    ] {
        assert_eq!(refusal(text), InvalidReason::Character(what), "{text:?}");
    }
}

#[test]
fn a_name_has_254_bytes_at_most() {
    assert!(PersonName::parse("first_name", &"é".repeat(127)).is_ok());
    assert_eq!(
        refusal(&"é".repeat(128)),
        InvalidReason::TooLong {
            limit: 254,
            unit: "bytes"
        }
    );
}

#[test]
fn a_stored_name_may_be_empty() {
    assert_eq!(PersonName::from_stored(String::new()).as_str(), "");
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn whatever_is_accepted_is_visible_short_and_as_typed(text in any::<String>()) {
        if let Ok(name) = PersonName::parse("first_name", &text) {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(text.len() <= PersonName::MAX_BYTES);
            prop_assert!(!text.trim().is_empty());
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
