//! Usernames.

use proptest::prelude::*;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{Email, Username};

fn refusal(text: &str) -> InvalidReason {
    let Invalid { field, reason } = Username::parse(text).expect_err(text);
    assert_eq!(field, "credentials.username", "{text:?}");
    reason
}

#[test]
fn letters_digits_and_single_marks_are_accepted() {
    for text in [
        "a",
        "7",
        "Ada",
        "ada-lovelace_1815",
        "a_-b",
        "ada_",
        "9to5-",
    ] {
        assert_eq!(
            Username::parse(text).as_ref().map(Username::as_str),
            Ok(text),
            "{text}"
        );
    }
}

#[test]
fn an_absent_username_is_missing() {
    assert_eq!(refusal(""), InvalidReason::Missing);
}

#[test]
fn what_could_be_mistaken_for_something_else_is_refused() {
    for text in [
        "_ada",
        "-ada",
        "ada__lovelace",
        "ada--lovelace",
        "ada lovelace",
        " ada",
        "ada\n",
        "ada\0",
        "ada@example.com",
        "ada/../eve",
        "ada.lovelace",
        "adä",
        "аda",  // Cyrillic
        "adａ", // full width
    ] {
        assert!(
            matches!(refusal(text), InvalidReason::Malformed(_)),
            "{text:?}"
        );
    }
}

#[test]
fn a_username_has_32_characters_at_most() {
    assert!(Username::parse(&"a".repeat(32)).is_ok());
    assert_eq!(
        refusal(&"a".repeat(33)),
        InvalidReason::TooLong {
            limit: 32,
            unit: "characters"
        }
    );
}

#[test]
fn characters_are_counted_and_not_bytes() {
    // 17 characters, 34 bytes: refused for what they are.
    assert!(matches!(
        refusal(&"é".repeat(17)),
        InvalidReason::Malformed(_)
    ));
}

#[test]
fn the_case_is_kept_and_folds() {
    let name = Username::parse("Ada-L").unwrap();
    assert_eq!(name.as_str(), "Ada-L");
    assert_eq!(name.folded(), "ada-l");
}

#[test]
fn a_stored_username_stays_whatever_it_is() {
    for text in ["", "a b", "ada@example.com", "x__y"] {
        assert_eq!(Username::from_stored(text.to_owned()).as_str(), text);
    }
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn parsing_agrees_with_the_documented_pattern(text in "[aZ9_é@ -]{0,34}") {
        let pattern = regex::Regex::new("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$").unwrap();
        let fits = pattern.is_match(&text) && !text.contains("__") && !text.contains("--");
        prop_assert_eq!(Username::parse(&text).is_ok(), fits);
    }

    #[test]
    fn no_username_is_an_address(text in "[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}") {
        if Username::parse(&text).is_ok() {
            prop_assert!(Email::parse(&text).is_err());
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        let _ = Username::parse(&text);
    }
}
