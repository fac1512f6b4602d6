//! What an account from elsewhere must be: by today's rules, and by what stores can hold.

use users_domain::model::{
    Email, Metadata, PasswordHash, PersonName, PictureUrl, Role, Status, Tags, User, UserId,
    Username,
};
use users_testkit::people::user;

/// What becomes of an account by each of the two measures: the field that is to blame, if one is.
fn verdicts(user: &User) -> (Option<&'static str>, Option<&'static str>) {
    let blamed = |outcome: Result<(), users_domain::error::Invalid>| {
        outcome.err().map(|invalid| invalid.field)
    };
    (blamed(user.check_rules()), blamed(user.check_storable()))
}

fn metadata(json: &str) -> Metadata {
    Metadata::from_stored(json.to_owned())
}

#[test]
fn what_registration_would_take_passes_both() {
    let people = [
        user("ada"),
        User {
            first_name: PersonName::from_stored(String::new()),
            last_name: PersonName::from_stored(String::new()),
            username: None,
            secret: None,
            role: Role::Admin,
            status: Status::Deleted,
            auth_provider: Some("google".to_owned()),
            updated_by: Some("id-of-grace".to_owned()),
            tokens_valid_from: Some(0),
            sessions_valid_from: Some(253_402_300_799),
            metadata: metadata(r#"{"n": 123456789012345678901234567890}"#),
            ..user("bare")
        },
    ];
    for person in people {
        assert_eq!(verdicts(&person), (None, None));
    }
}

#[test]
fn what_breaks_a_rule_of_today_may_still_be_stored() {
    let long = "é".repeat(254);
    let name = |text: &str| PersonName::from_stored(text.to_owned());
    for (field, odd) in [
        (
            "id",
            User {
                id: UserId::from_stored("é".repeat(36)),
                ..user("a")
            },
        ),
        (
            "email",
            User {
                email: Email::from_stored("no address".to_owned()),
                ..user("a")
            },
        ),
        (
            "email",
            User {
                email: Email::from_stored(String::new()),
                ..user("a")
            },
        ),
        (
            "credentials.username",
            User {
                username: Some(Username::from_stored("a.b".to_owned())),
                ..user("a")
            },
        ),
        (
            "first_name",
            User {
                first_name: name(" "),
                ..user("a")
            },
        ),
        (
            "last_name",
            User {
                last_name: name(&long),
                ..user("a")
            },
        ),
        (
            "tags",
            User {
                tags: Tags::from_stored(vec!["t".repeat(20_000)]),
                ..user("a")
            },
        ),
        (
            "metadata",
            User {
                metadata: metadata("[1]"),
                ..user("a")
            },
        ),
        (
            "private_metadata",
            User {
                private_metadata: metadata(&("[".repeat(200) + &"]".repeat(200))),
                ..user("a")
            },
        ),
        (
            "profile_picture",
            User {
                profile_picture: Some(PictureUrl::from_stored("javascript:x".to_owned())),
                ..user("a")
            },
        ),
        (
            "auth_provider",
            User {
                auth_provider: Some(long.clone()),
                ..user("a")
            },
        ),
        (
            "updated_by",
            User {
                updated_by: Some("\n".to_owned()),
                ..user("a")
            },
        ),
        (
            "tokens_valid_from",
            User {
                tokens_valid_from: Some(-1),
                ..user("a")
            },
        ),
        (
            "sessions_valid_from",
            User {
                sessions_valid_from: Some(i64::MAX),
                ..user("a")
            },
        ),
    ] {
        assert_eq!(verdicts(&odd), (Some(field), None), "{field}");
    }
}

#[test]
fn what_no_store_holds_passes_neither() {
    let name = |text: &str| PersonName::from_stored(text.to_owned());
    let long = "x".repeat(255);
    for (field, odd) in [
        (
            "id",
            User {
                id: UserId::from_stored("x".repeat(37)),
                ..user("a")
            },
        ),
        (
            "id",
            User {
                id: UserId::from_stored("\0".to_owned()),
                ..user("a")
            },
        ),
        (
            "email",
            User {
                email: Email::from_stored(long.clone()),
                ..user("a")
            },
        ),
        (
            "credentials.username",
            User {
                username: Some(Username::from_stored(long.clone())),
                ..user("a")
            },
        ),
        (
            "first_name",
            User {
                first_name: name("a\0"),
                ..user("a")
            },
        ),
        (
            "last_name",
            User {
                last_name: name(&long),
                ..user("a")
            },
        ),
        (
            "tags",
            User {
                tags: Tags::from_stored(vec!["\0".to_owned()]),
                ..user("a")
            },
        ),
        (
            "metadata",
            User {
                metadata: metadata(r#"{"a":"\u0000"}"#),
                ..user("a")
            },
        ),
        (
            "private_metadata",
            User {
                private_metadata: metadata(r#"{"a":"\ud800"}"#),
                ..user("a")
            },
        ),
        (
            "profile_picture",
            User {
                profile_picture: Some(PictureUrl::from_stored("\0".to_owned())),
                ..user("a")
            },
        ),
        (
            "auth_provider",
            User {
                auth_provider: Some(long.clone()),
                ..user("a")
            },
        ),
        (
            "updated_by",
            User {
                updated_by: Some(long),
                ..user("a")
            },
        ),
    ] {
        assert_eq!(verdicts(&odd), (Some(field), Some(field)), "{field}");
    }
    // The hash is the hasher's to judge, but for what no column takes.
    let secret = Some(PasswordHash::from_stored("\0".to_owned()));
    let odd = User {
        secret,
        ..user("a")
    };
    assert_eq!(odd.check_storable().unwrap_err().field, "password_hash");
}
