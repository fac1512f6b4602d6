//! E-mail addresses.

use proptest::prelude::*;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::Email;

const MALFORMED: InvalidReason =
    InvalidReason::Malformed("is not an address of the form name@example.com");

fn refusal(text: &str) -> InvalidReason {
    let Invalid { field, reason } = Email::parse(text).expect_err(text);
    assert_eq!(field, "email", "{text:?}");
    reason
}

#[test]
fn an_ordinary_address_is_accepted() {
    for text in [
        "ada@example.com",
        "ada.lovelace+iot@sub.example.co.uk",
        "o'neill@example.ie",
        "first_last@1and1.com",
        "josé@exemple.fr",
        "ada@bücher.de",
        "ada@xn--bcher-kva.de",
        "ada@почта.рф",
        "0@0.example",
    ] {
        assert_eq!(
            Email::parse(text).as_ref().map(Email::as_str),
            Ok(text),
            "{text}"
        );
    }
}

#[test]
fn an_absent_address_is_missing() {
    assert_eq!(refusal(""), InvalidReason::Missing);
}

#[test]
fn what_is_no_plain_mailbox_is_refused() {
    for text in [
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@home@example.com",
        "ada@localhost",
        "ada@example..com",
        "ada@.example.com",
        "ada@example.com.",
        "ada@-example.com",
        "ada@example-.com",
        "ada@exam_ple.com",
        "ada@xn--.com",
        ".ada@example.com",
        "ada.@example.com",
        "ada..lovelace@example.com",
    ] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
}

#[test]
fn other_spellings_of_a_mailbox_are_refused() {
    for text in [
        " ada@example.com",
        "ada@example.com ",
        "ada @example.com",
        "ada\u{a0}@example.com",
        "ada@exam ple.com",
        "Ada <ada@example.com>",
        " <ada@example.com>",
        "<ada@example.com>",
        "ada@example.com (work)",
        "ada(work)@example.com",
        "\"ada\"@example.com",
        "\"ada lovelace\"@example.com",
        "\"@\"@example.com",
        "ada@[127.0.0.1]",
        "ada@[IPv6:::1]",
    ] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
}

#[test]
fn an_address_at_a_bare_number_is_refused() {
    for text in ["ada@127.0.0.1", "ada@10.1", "ada@example.7", "ada@0x7f.0x1"] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
}

#[test]
fn several_addresses_are_not_one() {
    for text in [
        "ada@example.com,eve@example.com",
        "ada@example.com;eve@example.com",
        "ada,eve@example.com",
        "group:ada@example.com",
    ] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
}

#[test]
fn what_would_write_another_mail_header_is_refused() {
    let control = InvalidReason::Character("a control character");
    assert_eq!(refusal("ada@example.com\r\nBcc: eve@example.com"), control);
    assert_eq!(refusal("ada\n@example.com"), control);
    assert_eq!(refusal("ada\u{85}@example.com"), control);
    assert_eq!(
        refusal("ada\0@example.com"),
        InvalidReason::Character("U+0000")
    );
    assert_eq!(
        refusal("ada\u{202e}@example.com"),
        InvalidReason::Character("a bidirectional formatting character")
    );
}

#[test]
fn an_address_has_254_bytes_at_most() {
    // 64 for the local part, the sign, and labels of 63 with their dots.
    let label = "d".repeat(63);
    let longest = format!("{}@{label}.{label}.{}", "a".repeat(64), "d".repeat(61));
    assert_eq!(longest.len(), 254);
    assert!(Email::parse(&longest).is_ok());
    assert_eq!(
        refusal(&format!("{longest}d")),
        InvalidReason::TooLong {
            limit: 254,
            unit: "bytes"
        }
    );
}

#[test]
fn each_part_of_an_address_has_its_own_bound() {
    assert_eq!(
        refusal(&format!("{}@example.com", "a".repeat(65))),
        MALFORMED
    );
    assert_eq!(refusal(&format!("ada@{}.com", "d".repeat(64))), MALFORMED);
}

#[test]
fn the_case_is_kept_and_only_ascii_letters_fold() {
    let email = Email::parse("Ada.É@Example.COM").unwrap();
    assert_eq!(email.as_str(), "Ada.É@Example.COM");
    assert_eq!(email.folded(), "ada.É@example.com");
}

#[test]
fn a_stored_address_stays_whatever_it_is() {
    for text in ["", "no address", "Ada <ada@example.com>", " a@b "] {
        assert_eq!(Email::from_stored(text.to_owned()).as_str(), text);
    }
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn whatever_is_accepted_is_one_plain_mailbox(
        text in r#"[a-zé0-9."<>(),;:@\\ \r\n\x00+_'ａ-]{0,12}@[A-Zü0-9.\[\]@ -]{0,10}\.[a-z0-9-]{1,4}"#,
    ) {
        let Ok(email) = Email::parse(&text) else { return Ok(()); };
        prop_assert_eq!(email.as_str(), &text);
        prop_assert_eq!(email.folded(), text.to_ascii_lowercase());
        prop_assert!(text.len() <= Email::MAX_BYTES);
        prop_assert!(!text.chars().any(|c| c.is_control() || c.is_whitespace()));
        prop_assert!(!text.contains(['<', '>', '(', ')', '[', ']', ',', ';', ':', '\\', '"']));
        let (local, domain) = text.split_once('@').unwrap();
        prop_assert!(!domain.contains('@'));
        prop_assert!((1..=64).contains(&local.len()));
        prop_assert!(local.split('.').all(|atom| !atom.is_empty()));
        prop_assert!(domain.split('.').count() >= 2);
        prop_assert!(domain.split('.').all(|label| !label.is_empty()));
    }

    #[test]
    fn any_local_part_of_letters_and_digits_is_accepted(
        local in "[A-Za-z0-9]{1,64}",
        label in "[a-z][a-z0-9]{0,20}",
        top in "[a-z]{2,10}",
    ) {
        let text = format!("{local}@{label}.{top}");
        let email = Email::parse(&text).unwrap();
        prop_assert_eq!(email.as_str(), &text);
    }

    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        let _ = Email::parse(&text);
    }
}
