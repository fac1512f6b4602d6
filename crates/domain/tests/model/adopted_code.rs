//! Codes that the deployed service mailed, in the form of its links.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;
use users_domain::model::{AdoptedCode, Email, OneTimeCode, UserId};

const OTP: &str = "q6u7y9-Pn5_vT0aB1c2D3e4F5g6H7i8J9k0L1m2N3o4=";

fn code(user: &str, email: &str, otp: &str) -> AdoptedCode {
    let (user, email) = (user.to_owned(), email.to_owned());
    AdoptedCode::new(
        UserId::from_stored(user),
        Email::from_stored(email),
        otp.to_owned(),
    )
}

fn read(json: impl AsRef<[u8]>) -> Option<AdoptedCode> {
    AdoptedCode::parse(&URL_SAFE.encode(json))
}

#[test]
fn a_token_is_read_with_its_padding_and_without() {
    let token =
        "eyJ1c2VyX2lkIjoiaWQtb2YtYWRhIiwiZW1haWwiOiJhZGFAZXhhbXBsZS5jb20iLCJvdHAiOiJzZWNyZXQifQ==";
    let expected = code("id-of-ada", "ada@example.com", "secret");
    for token in [token, token.trim_end_matches('=')] {
        assert!(
            AdoptedCode::parse(token) == Some(expected.clone()),
            "{token}"
        );
    }
}

#[test]
fn odd_ids_and_addresses_are_taken_as_they_stand() {
    for (user, email) in [
        ("ID of Ada", " Ada <ada@EXAMPLE.com> "),
        ("\u{7f}\u{202e}", "ЁЖ 'x' \"\\ & <b>"),
        ("x", "no address"),
    ] {
        let token = json!({ "user_id": user, "email": email, "otp": OTP, "more": [1] });
        assert!(read(token.to_string()) == Some(code(user, email, OTP)));
    }
}

#[test]
fn what_cannot_be_a_token_is_none() {
    let good = json!({ "user_id": "id", "email": "a@example.com", "otp": OTP }).to_string();
    assert!(read(&good).is_some());
    for json in [
        "",
        "null",
        "{}",
        r#"["id","a@example.com","secret"]"#,
        r#"{"user_id":"id","email":"a@example.com"}"#,
        r#"{"user_id":"","email":"a@example.com","otp":"secret"}"#,
        r#"{"user_id":"id","email":"","otp":"secret"}"#,
        r#"{"user_id":"id","email":"a@example.com","otp":""}"#,
        r#"{"user_id":"id","email":"a@example.com","otp":null}"#,
        r#"{"user_id":"id","email":"a@example.com","otp":7}"#,
        r#"{"user_id":"id","email":["a@example.com"],"otp":"secret"}"#,
        r#"{"user_id":"id","email":"a@example.com","OTP":"secret"}"#,
        r#"{"user_id":"id","email":"a@example.com","otp":"a","otp":"a"}"#,
        r#"{"user_id":"id\u0000","email":"a@example.com","otp":"secret"}"#,
        r#"{"user_id":"id","email":"a@example.com\u0000","otp":"secret"}"#,
        r#"{"user_id":"id","email":"a@example.com","otp":"\u0000"}"#,
        r#"{"user_id":"id","email":"a@example.com","otp":"\ud800"}"#,
        &good[..good.len() - 1],
        &format!("{good}{good}"),
        &format!("\u{feff}{good}"),
    ] {
        assert!(read(json).is_none(), "{json}");
    }
    assert!(read([good.as_bytes(), b"\xff"].concat()).is_none());
    let token = URL_SAFE_NO_PAD.encode(&good);
    for token in [
        format!("{token}===="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}*"),
        good.clone(),
        // The other alphabet: `?` behind three bytes is `/` there and `_` here.
        STANDARD.encode(good.replace("id", "???")),
    ] {
        assert!(AdoptedCode::parse(&token).is_none(), "{token}");
    }
}

#[test]
fn a_token_has_a_longest() {
    let token = |bytes: usize| {
        let json = json!({ "user_id": "id", "email": "a@example.com", "otp": "" }).to_string();
        let otp = "x".repeat(bytes / 4 * 3 - json.len());
        URL_SAFE.encode(json.replace("\"\"", &format!("\"{otp}\"")))
    };
    let longest = token(AdoptedCode::MAX_TOKEN_BYTES);
    assert_eq!(longest.len(), AdoptedCode::MAX_TOKEN_BYTES);
    assert!(AdoptedCode::parse(&longest).is_some());
    assert!(AdoptedCode::parse(&token(AdoptedCode::MAX_TOKEN_BYTES + 4)).is_none());
}

#[test]
fn a_code_is_compared_byte_for_byte() {
    let one = code("id", "a@example.com", OTP);
    assert!(one.is_otp(OTP));
    for other in ["", &OTP[1..], &OTP.to_lowercase(), &format!("{OTP} ")] {
        assert!(!one.is_otp(other), "{other}");
        assert!(one != code("id", "a@example.com", other));
        assert_ne!(one.digest(), code("id", "a@example.com", other).digest());
    }
    assert!(one != code("ID", "a@example.com", OTP));
    assert!(one != code("id", "A@example.com", OTP));
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn a_token_says_what_it_was_made_of(
        user in "[^\\x00]{1,36}",
        email in "[^\\x00]{1,60}",
        otp in "[^\\x00]{1,60}",
    ) {
        let json = json!({ "user_id": user, "email": email, "otp": otp }).to_string();
        let made = code(&user, &email, &otp);
        for token in [URL_SAFE.encode(&json), URL_SAFE_NO_PAD.encode(&json)] {
            let found = AdoptedCode::parse(&token);
            prop_assert!(found.as_ref() == Some(&made));
            prop_assert!(found.is_some_and(|found| found.is_otp(&otp)));
            // Nobody can take it for a code of ours.
            prop_assert!(OneTimeCode::parse(&token).is_none());
        }
    }

    #[test]
    fn no_text_makes_reading_a_token_panic(text in any::<String>(), json in any::<Vec<u8>>()) {
        let _ = AdoptedCode::parse(&text);
        let _ = read(json);
    }

    #[test]
    fn no_code_of_ours_is_a_token(bytes in any::<[u8; OneTimeCode::BYTES]>()) {
        let code = OneTimeCode::new(bytes);
        prop_assert!(AdoptedCode::parse(code.expose()).is_none());
    }
}
