//! Tags.

use proptest::prelude::*;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::Tags;

fn parse(tags: &[&str]) -> Result<Tags, Invalid> {
    Tags::parse(tags.iter().map(|tag| (*tag).to_owned()).collect())
}

fn refusal(tags: &[&str]) -> InvalidReason {
    let Invalid { field, reason } = parse(tags).expect_err("refused");
    assert_eq!(field, "tags");
    reason
}

#[test]
fn order_and_repeats_are_kept() {
    let tags = parse(&["iot", "beta", "iot", "a-b", "ü"]).unwrap();
    assert_eq!(tags.as_slice(), ["iot", "beta", "iot", "a-b", "ü"]);
    assert!(!tags.is_empty());
}

#[test]
fn no_tags_are_fine() {
    assert!(parse(&[]).unwrap().is_empty());
    assert_eq!(parse(&[]).unwrap(), Tags::default());
}

#[test]
fn an_empty_tag_is_refused() {
    assert_eq!(
        refusal(&["iot", ""]),
        InvalidReason::Malformed("holds an empty tag")
    );
}

#[test]
fn there_are_64_tags_at_most() {
    assert!(parse(&["t"; 64]).is_ok());
    assert_eq!(refusal(&["t"; 65]), InvalidReason::TooMany { limit: 64 });
}

#[test]
fn a_tag_has_64_characters_at_most() {
    assert!(parse(&[&"ü".repeat(64)]).is_ok());
    assert_eq!(
        refusal(&[&"t".repeat(65)]),
        InvalidReason::TooLong {
            limit: 64,
            unit: "characters in one tag"
        }
    );
}

#[test]
fn control_characters_are_refused() {
    assert_eq!(refusal(&["a\0"]), InvalidReason::Character("U+0000"));
    assert_eq!(
        refusal(&["ok", "a\tb"]),
        InvalidReason::Character("a control character")
    );
}

#[test]
fn stored_tags_stay_however_many_and_long() {
    let stored = vec!["x".repeat(20_000); 500];
    assert_eq!(Tags::from_stored(stored.clone()).as_slice(), stored);
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn whatever_is_accepted_is_within_the_bounds(
        tags in prop::collection::vec("[a-zü,+ \t-]{0,70}", 0..70),
    ) {
        if let Ok(accepted) = Tags::parse(tags.clone()) {
            prop_assert_eq!(accepted.as_slice(), &tags);
            prop_assert!(tags.len() <= Tags::MAX_COUNT);
            prop_assert!(tags.iter().all(|tag| (1..=Tags::MAX_CHARS).contains(&tag.chars().count())));
        }
    }
}
