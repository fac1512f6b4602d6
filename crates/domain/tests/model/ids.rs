//! Ids of accounts, requests, sessions.

use proptest::prelude::*;
use users_domain::error::InvalidReason;
use users_domain::model::{RequestContext, RequestId, SessionDescription, TokenId, UserId};
use uuid::Uuid;

#[test]
fn a_new_account_has_a_hyphenated_lower_case_id() {
    let id = UserId::new(Uuid::from_u128(0x0123_4567_89AB_4CDE_8F01_2345_6789_ABCD));
    assert_eq!(id.as_str(), "01234567-89ab-4cde-8f01-23456789abcd");
    assert_eq!(UserId::parse(id.as_str()), Ok(id));
}

#[test]
fn ids_are_compared_byte_for_byte() {
    let upper = UserId::parse("C0B0C68C").unwrap();
    let lower = UserId::parse("c0b0c68c").unwrap();
    assert_ne!(upper, lower);
    assert_ne!(UserId::parse("a "), UserId::parse("a"));
}

#[test]
fn an_id_need_not_be_a_uuid() {
    for text in ["1", "adopted-user", "ü", &"x".repeat(36)] {
        assert_eq!(UserId::parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn an_id_has_1_to_36_bytes_and_nothing_hidden() {
    let reason = |text: &str| UserId::parse(text).expect_err(text).reason;
    assert_eq!(reason(""), InvalidReason::Missing);
    assert_eq!(
        reason(&"x".repeat(37)),
        InvalidReason::TooLong {
            limit: 36,
            unit: "bytes"
        }
    );
    assert_eq!(reason("a\0"), InvalidReason::Character("U+0000"));
    assert_eq!(
        reason("a\n"),
        InvalidReason::Character("a control character")
    );
}

#[test]
fn a_stored_id_stays_whatever_it_is() {
    let stored = "x".repeat(100);
    assert_eq!(UserId::from_stored(stored.clone()).as_str(), stored);
    assert_eq!(TokenId::new(stored.clone()).as_str(), stored);
}

#[test]
fn a_request_id_of_visible_characters_is_taken_over() {
    for text in [
        "a",
        "mine",
        "00-11111111222222223333333344444444-5555555566666666-01",
        "req:7/a.b~c",
        &"x".repeat(128),
    ] {
        let id = RequestId::parse(text).unwrap();
        assert_eq!(id.as_str(), text);
        assert_eq!(id.to_string(), text);
    }
}

#[test]
fn a_request_id_that_could_forge_a_log_line_is_not() {
    for text in [
        "",
        " ",
        "a b",
        "a\nb",
        "a\r",
        "a\0",
        "\u{1b}[31m",
        "a\"b",
        "a\\b",
        "<script>",
        "é",
        &"x".repeat(129),
    ] {
        assert_eq!(RequestId::parse(text), None, "{text:?}");
    }
}

#[test]
fn an_address_is_no_request_id() {
    for text in [
        "ada@example.com",
        "ada%40example.com",
        "req:7/ada@example.com",
    ] {
        assert_eq!(RequestId::parse(text), None, "{text}");
    }
}

#[test]
fn a_request_without_an_id_is_given_a_uuid() {
    let id = RequestId::new(Uuid::from_u128(7));
    assert_eq!(id.as_str(), "00000000-0000-0000-0000-000000000007");
    assert_eq!(RequestContext::new(id.clone()).request_id, Some(id));
    assert_eq!(RequestContext::default().request_id, None);
}

#[test]
fn a_session_may_be_called_anything_visible() {
    for text in ["laptop", "laptop \"work\"", "телефон", &"x".repeat(254)] {
        let description = SessionDescription::parse(text);
        assert_eq!(
            description.as_ref().map(SessionDescription::as_str),
            Ok(text)
        );
    }
}

#[test]
fn a_description_that_is_empty_too_long_or_hidden_is_refused() {
    let reason = |text: &str| {
        let invalid = SessionDescription::parse(text).expect_err(text);
        assert_eq!(invalid.field, "description");
        invalid.reason
    };
    assert_eq!(reason(""), InvalidReason::Missing);
    assert_eq!(
        reason(&"x".repeat(255)),
        InvalidReason::TooLong {
            limit: 254,
            unit: "bytes"
        }
    );
    assert_eq!(
        reason("lap\ttop"),
        InvalidReason::Character("a control character")
    );
    let stored = "x\n".repeat(300);
    assert_eq!(
        SessionDescription::from_stored(stored.clone()).as_str(),
        stored
    );
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn a_request_id_never_breaks_a_header_or_a_json_string(text in "[ -\u{ff}\r\n]{0,140}") {
        if let Some(id) = RequestId::parse(&text) {
            prop_assert!(id.as_str().len() <= RequestId::MAX_CHARS);
            prop_assert!(id.as_str().bytes().all(|b| b.is_ascii_graphic()));
            let quoted = serde_json::to_string(id.as_str()).unwrap();
            prop_assert_eq!(quoted, format!("\"{text}\""));
        }
    }

    #[test]
    fn an_accepted_user_id_is_kept_as_typed(text in any::<String>()) {
        if let Ok(id) = UserId::parse(&text) {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert!((1..=UserId::MAX_BYTES).contains(&text.len()));
        }
    }
}
