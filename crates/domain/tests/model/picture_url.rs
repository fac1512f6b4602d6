//! Picture URLs.

use proptest::prelude::*;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::PictureUrl;

const MALFORMED: InvalidReason = InvalidReason::Malformed("is not an http or https URL");

fn refusal(text: &str) -> InvalidReason {
    let Invalid { field, reason } = PictureUrl::parse(text).expect_err(text);
    assert_eq!(field, "profile_picture", "{text:?}");
    reason
}

#[test]
fn a_web_address_is_accepted_as_typed() {
    for text in [
        "https://example.com/p.png",
        "http://example.com",
        "HTTPS://Example.COM/Ada%20L.png?size=64#top",
        "https://192.0.2.7:8443/p",
        "https://[2001:db8::1]/p",
        "https://bücher.example/ü.png",
    ] {
        let url = PictureUrl::parse(text);
        assert_eq!(url.as_ref().map(PictureUrl::as_str), Ok(text), "{text}");
        assert_eq!(url.unwrap().to_string(), text);
    }
}

#[test]
fn schemes_that_run_or_read_something_are_refused() {
    for text in [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://example.com/p.png",
        "blob:https://example.com/1",
        "view-source:https://example.com",
    ] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
}

#[test]
fn what_is_not_absolute_is_refused() {
    for text in [
        "",
        "p.png",
        "/p.png",
        "//example.com/p.png",
        "https:",
        "https://",
        "https:p.png",
        "https:/example.com/p.png",
        "https:///example.com/p.png",
        "https://\\example.com/p.png",
        "https:\\\\example.com\\p.png",
        "http:example.com",
    ] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
}

#[test]
fn white_space_and_control_characters_are_refused() {
    for text in [
        " https://example.com/p.png",
        "https://example.com/a b",
        "https://example.com/p.png ",
    ] {
        assert_eq!(refusal(text), MALFORMED, "{text:?}");
    }
    assert_eq!(
        refusal("https://example.com/\r\nSet-Cookie: a=b"),
        InvalidReason::Character("a control character")
    );
    assert_eq!(
        refusal("java\tscript:alert(1)"),
        InvalidReason::Character("a control character")
    );
}

#[test]
fn a_url_has_2048_bytes_at_most() {
    let longest = format!("https://example.com/{}", "p".repeat(2028));
    assert_eq!(longest.len(), 2048);
    assert!(PictureUrl::parse(&longest).is_ok());
    assert_eq!(
        refusal(&format!("{longest}p")),
        InvalidReason::TooLong {
            limit: 2048,
            unit: "bytes"
        }
    );
}

#[test]
fn a_stored_picture_stays_whatever_it_is() {
    let stored = "javascript:alert(1)";
    assert_eq!(PictureUrl::from_stored(stored.to_owned()).as_str(), stored);
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn whatever_is_accepted_starts_like_a_web_address(
        text in r"(https?|ftp|javascript|HTTP|data)?:?[/\\]{0,3}[a-z.:@é \t]{0,12}[/?#a-z%\\]{0,8}",
    ) {
        if PictureUrl::parse(&text).is_ok() {
            let lower = text.to_ascii_lowercase();
            prop_assert!(lower.starts_with("http://") || lower.starts_with("https://"));
            prop_assert!(!text.chars().any(|c| c.is_whitespace() || c.is_control()));
        }
    }

    #[test]
    fn no_text_makes_parsing_panic(text in any::<String>()) {
        let _ = PictureUrl::parse(&text);
    }
}
