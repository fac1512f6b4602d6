//! Passwords and what the operator asks of them.

use proptest::prelude::*;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{Password, PasswordAttempt, PasswordHash, PasswordPolicy};

fn refusal(policy: &PasswordPolicy, text: &str) -> InvalidReason {
    let Invalid { field, reason } = policy.accept(text).expect_err("refused");
    assert_eq!(field, "credentials.secret");
    reason
}

#[test]
fn eight_characters_are_enough_by_default() {
    let policy = PasswordPolicy::default();
    assert_eq!(policy.accept("12345678").unwrap().expose(), "12345678");
    assert!(policy.accept("pässwörd").is_ok());
    assert!(policy.accept("        ").is_ok());
    assert_eq!(refusal(&policy, "1234567"), InvalidReason::PasswordPolicy);
    // Characters count, not bytes.
    assert_eq!(refusal(&policy, "éééé"), InvalidReason::PasswordPolicy);
}

#[test]
fn the_dot_of_a_pattern_is_no_newline() {
    let policy = PasswordPolicy::default();
    assert_eq!(
        refusal(&policy, "12345678\n"),
        InvalidReason::PasswordPolicy
    );
    assert_eq!(
        refusal(&policy, "1234\n5678"),
        InvalidReason::PasswordPolicy
    );
}

#[test]
fn a_pattern_is_searched_for_anywhere_unless_it_is_anchored() {
    let policy = PasswordPolicy::parse("[0-9]{3}").unwrap();
    assert!(policy.accept("abc123def").is_ok());
    assert_eq!(refusal(&policy, "ab12cd34"), InvalidReason::PasswordPolicy);
    let anchored = PasswordPolicy::parse("^[0-9]{3}$").unwrap();
    assert!(anchored.accept("123").is_ok());
    assert_eq!(refusal(&anchored, "x123"), InvalidReason::PasswordPolicy);
}

#[test]
fn a_pattern_that_does_not_compile_is_refused() {
    for pattern in ["(", "[a", "(?=look)", r"(a)\1"] {
        assert!(PasswordPolicy::parse(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn a_password_has_72_bytes_at_most() {
    let policy = PasswordPolicy::default();
    assert!(policy.accept(&"a".repeat(72)).is_ok());
    assert!(policy.accept(&"é".repeat(36)).is_ok());
    for too_long in ["a".repeat(73), "é".repeat(37)] {
        assert_eq!(
            refusal(&policy, &too_long),
            InvalidReason::TooLong {
                limit: 72,
                unit: "bytes"
            }
        );
    }
}

#[test]
fn our_own_limits_hold_under_the_policy_that_asks_for_nothing() {
    let policy = PasswordPolicy::anything();
    assert!(policy.accept("x").is_ok());
    assert!(policy.accept("\n").is_ok());
    assert_eq!(refusal(&policy, ""), InvalidReason::Missing);
    assert_eq!(
        refusal(&policy, "secret\0tail"),
        InvalidReason::Character("U+0000")
    );
    assert!(matches!(
        refusal(&policy, &"a".repeat(73)),
        InvalidReason::TooLong { .. }
    ));
}

#[test]
fn an_attempt_may_be_any_text() {
    for text in ["", "secret\0tail", &"a".repeat(5_000)] {
        assert_eq!(PasswordAttempt::new(text.to_owned()).expose(), text);
    }
}

#[test]
fn a_chosen_password_is_the_one_that_is_typed_at_the_login() {
    let password = PasswordPolicy::default().accept("secret-12345").unwrap();
    assert_eq!(password.as_attempt().expose(), "secret-12345");
}

#[test]
fn a_hash_stays_as_it_is_stored() {
    for text in ["", "$2a$10$abc", "{BCRYPT}$2a$ \n"] {
        assert_eq!(PasswordHash::from_stored(text.to_owned()).as_str(), text);
    }
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn whatever_is_accepted_is_kept_as_typed_and_fit_for_every_hasher(text in any::<String>()) {
        if let Ok(password) = PasswordPolicy::anything().accept(&text) {
            prop_assert_eq!(password.expose(), &text);
            prop_assert!((1..=Password::MAX_BYTES).contains(&text.len()));
            prop_assert!(!text.contains('\0'));
        } else {
            prop_assert!(text.is_empty() || text.len() > 72 || text.contains('\0'));
        }
    }
}
