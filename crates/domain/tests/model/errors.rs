//! What errors say to a caller.

use std::time::Duration;

use users_domain::Error;
use users_domain::error::{Invalid, InvalidReason, Unauthenticated};
use users_domain::model::{
    ConflictField, Email, Metadata, PasswordPolicy, PersonName, PictureUrl, SessionDescription,
    Tags, UserId, Username,
};
use users_domain::ports::StoreError;

/// A value that every type refuses, with a mark that must not come back.
const MARK: &str = "marked-7f3a";

#[test]
fn no_complaint_repeats_the_value() {
    let hidden = format!("{MARK}\n\u{202e}");
    let policy = PasswordPolicy::parse("^$").unwrap();
    let complaints: Vec<Invalid> = [
        Email::parse(MARK).err(),
        Email::parse(&hidden).err(),
        Username::parse(&format!("{MARK}__")).err(),
        PersonName::parse("first_name", &hidden).err(),
        Tags::parse(vec![hidden.clone()]).err(),
        Metadata::parse("metadata", MARK).err(),
        Metadata::parse("metadata", &format!("[\"{MARK}\"]")).err(),
        PictureUrl::parse(MARK).err(),
        policy.accept(MARK).err(),
        UserId::parse(&hidden).err(),
        SessionDescription::parse(&hidden).err(),
    ]
    .into_iter()
    .map(|complaint| complaint.expect("refused"))
    .collect();
    for complaint in complaints {
        let texts = [
            complaint.to_string(),
            format!("{complaint:?}"),
            Error::from(complaint).to_string(),
        ];
        for text in texts {
            assert!(!text.contains(MARK), "{text}");
        }
    }
}

#[test]
fn every_error_has_a_sentence_of_its_own() {
    let errors = [
        (Error::NotFound, "entity not found"),
        (
            Error::Conflict {
                field: ConflictField::Email,
            },
            "email is already taken",
        ),
        (
            Invalid::new("limit", InvalidReason::OutOfRange { min: 1, max: 100 }).into(),
            "limit: must be between 1 and 100",
        ),
        (
            Error::Unauthenticated(Unauthenticated::MissingToken),
            "missing or invalid bearer user token",
        ),
        (
            Error::Unauthenticated(Unauthenticated::InvalidToken),
            "failed to perform authentication over the entity",
        ),
        (
            Error::Unauthenticated(Unauthenticated::InvalidCredentials),
            "invalid credentials",
        ),
        (Error::EmailNotVerified, "email not verified"),
        (Error::Forbidden, "not authorized to perform this action"),
        (
            Error::Busy {
                retry_after: Duration::from_secs(1),
            },
            "too much work is waiting, try again later",
        ),
        (
            Error::Unavailable { port: "user store" },
            "user store is unavailable, try again later",
        ),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn every_reason_says_what_would_be_accepted() {
    let reasons = [
        (InvalidReason::Missing, "is missing"),
        (
            InvalidReason::TooLong {
                limit: 254,
                unit: "bytes",
            },
            "is longer than 254 bytes",
        ),
        (
            InvalidReason::TooMany { limit: 64 },
            "has more than 64 members",
        ),
        (
            InvalidReason::TooDeep { limit: 64 },
            "is nested deeper than 64 levels",
        ),
        (
            InvalidReason::Character("U+0000"),
            "holds a character that is not allowed: U+0000",
        ),
        (InvalidReason::Malformed("is odd"), "is odd"),
        (
            InvalidReason::PasswordPolicy,
            "does not meet the rule for passwords (eight characters or more, unless the operator set another)",
        ),
    ];
    for (reason, text) in reasons {
        let invalid = Invalid::new("tags", reason).in_field("labels");
        assert_eq!(invalid.to_string(), format!("labels: {text}"));
    }
}

#[test]
fn a_store_s_failure_keeps_its_meaning() {
    assert!(matches!(
        Error::from(StoreError::Conflict(ConflictField::Username)),
        Error::Conflict {
            field: ConflictField::Username
        }
    ));
    assert!(matches!(Error::from(StoreError::NotFound), Error::NotFound));
    assert!(matches!(
        Error::from(StoreError::Refused(Error::Forbidden)),
        Error::Forbidden
    ));
    for away in [
        StoreError::Unavailable,
        StoreError::LeaseLost,
        StoreError::Held,
    ] {
        assert!(matches!(Error::from(away), Error::Unavailable { .. }));
    }
}
