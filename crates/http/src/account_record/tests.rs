//! Records written and read back, and what is refused.

use proptest::prelude::*;
use users_domain::model::{
    Email, Metadata, PersonName, PictureUrl, Role, Status, Tags, UserId, Username,
};

use super::*;

fn written(user: &User, enums: EnumFormat) -> String {
    let mut text = Vec::new();
    write(user, enums, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn back(line: &str) -> User {
    let ReadRecord { record, unknown } = read(line.as_bytes()).unwrap();
    assert!(unknown.is_empty(), "{unknown:?}");
    let nobody = || UserId::from_stored("made".to_owned());
    record.into_user(nobody, NEVER).unwrap()
}

fn refused(line: &str) -> String {
    read(line.as_bytes()).unwrap_err().to_string()
}

fn bare() -> User {
    let email = r#"{"id":"1","email":"ada@example.com","created_at":"2026-01-31T12:00:00.5Z"}"#;
    back(email)
}

#[test]
fn a_record_is_the_api_s_object_with_what_only_a_store_knows() {
    let user = User {
        first_name: PersonName::from_stored("Ada".to_owned()),
        username: Some(Username::from_stored("ada".to_owned())),
        secret: Some(PasswordHash::from_stored("$2b$10$hash".to_owned())),
        tags: Tags::from_stored(vec!["a".to_owned()]),
        metadata: Metadata::from_stored(r#"{"n": 1.50}"#.to_owned()),
        private_metadata: Metadata::from_stored("[1]".to_owned()),
        role: Role::Admin,
        status: Status::Deleted,
        auth_provider: Some("google".to_owned()),
        tokens_valid_from: Some(-7),
        sessions_valid_from: Some(i64::MAX),
        ..bare()
    };
    assert_eq!(
        written(&user, EnumFormat::Numbers),
        concat!(
            r#"{"id":"1","first_name":"Ada","tags":["a"],"metadata":{"n": 1.50},"#,
            r#""private_metadata":[1],"status":2,"role":1,"credentials":{"username":"ada"},"#,
            r#""email":"ada@example.com","created_at":"2026-01-31T12:00:00.5Z","#,
            r#""auth_provider":"google","password_hash":"$2b$10$hash","tokens_valid_from":-7,"#,
            r#""sessions_valid_from":9223372036854775807}"#,
            "\n"
        )
    );
    let names = written(&user, EnumFormat::Names);
    assert!(names.contains(r#""status":"deleted","role":"admin""#));
    for line in [written(&user, EnumFormat::Numbers), names] {
        assert_eq!(back(&line), user);
    }
}

#[test]
fn what_nobody_knows_stays_unknown() {
    let user = User {
        created_at: None,
        email: Email::from_stored(String::new()),
        ..bare()
    };
    let line = written(&user, EnumFormat::Numbers);
    assert_eq!(
        line,
        "{\"id\":\"1\",\"status\":0,\"role\":0,\"credentials\":{},\"email\":\"\",\"created_at\":null}\n"
    );
    assert_eq!(back(&line), user);
}

#[test]
fn what_is_left_out_or_stands_for_never_is_absent() {
    for line in [
        r#"{"email":"a@example.com"}"#,
        r#"{"email":"a@example.com","id":null,"created_at":"0001-01-01T00:00:00Z","updated_at":""}"#,
        r#"{"email":"a@example.com","credentials":{"secret":""},"role":"","permissions":["x"]}"#,
        " {\"email\" : \"a@example.com\" , \"credentials\" : null }\r",
    ] {
        let record = read(line.as_bytes()).unwrap();
        assert!(record.unknown.is_empty(), "{line}");
        let expected = UserRecord {
            email: Some("a@example.com".to_owned()),
            ..UserRecord::default()
        };
        assert_eq!(record.record, expected, "{line}");
    }
}

#[test]
fn a_refusal_names_the_member() {
    for (line, told) in [
        ("", "record: is not one JSON object"),
        ("[]", "record: is not one JSON object"),
        ("{} {}", "record: is not one JSON object"),
        (r#"{"email":1}"#, "email: must be a string"),
        (
            r#"{"email":"a","email":"b"}"#,
            "email: is given more than once",
        ),
        (r#"{"tags":["a",1]}"#, "tags: must be an array of strings"),
        (r#"{"role":2}"#, "role: must be user (0) or admin (1)"),
        (r#"{"role":"Admin"}"#, "role: must be user (0) or admin (1)"),
        (
            r#"{"created_at":"yesterday"}"#,
            "created_at: must be a time like 2026-01-31T12:00:00Z, of the years 2 to 9999",
        ),
        (
            r#"{"verified_at":"10000-01-01T00:00:00Z"}"#,
            "verified_at: must be a time like 2026-01-31T12:00:00Z, of the years 2 to 9999",
        ),
        (
            r#"{"tokens_valid_from":1.5}"#,
            "tokens_valid_from: must be a whole number of at most 64 bits",
        ),
        (r#"{"credentials":[]}"#, "credentials: must be an object"),
        (
            r#"{"credentials":{"secret":"hunter2"}}"#,
            "credentials.secret: is a password in clear text, which cannot be imported: give \
             password_hash",
        ),
        (
            r#"{"email":"a\u0000"}"#,
            "email: holds a character that is not allowed: U+0000",
        ),
    ] {
        assert_eq!(refused(line), told, "{line}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    for (line, told) in [
        (&b"{\"email\":\"\xff\"}"[..], "email: is not UTF-8"),
        (b"{\"metadata\":{\"a\":\"\xff\"}}", "metadata: is not UTF-8"),
        (
            b"{\"email\":\"a\",\"other\":\"\xff\"}",
            "record: is not UTF-8",
        ),
        (b"\xff\xfe\0\0", "record: is not one JSON object"),
    ] {
        assert_eq!(read(line).unwrap_err().to_string(), told);
    }
}

#[test]
fn members_that_say_nothing_are_told_of() {
    let line = r#"{"pasword_hash":"x","email":"a","pasword_hash":"y","credentials":{"name":1}}"#;
    let unknown = read(line.as_bytes()).unwrap().unknown;
    assert_eq!(unknown, ["pasword_hash", "credentials.name"]);
}

#[test]
fn free_form_data_is_kept_to_the_digit_and_any_depth() {
    let deep = "[".repeat(900) + &"]".repeat(900);
    for json in [
        r#"{"n":0.10,"m":123456789012345678901234567890}"#,
        "1E400",
        "7",
        &deep,
    ] {
        let user = User {
            metadata: Metadata::from_stored(json.to_owned()),
            ..bare()
        };
        assert_eq!(
            back(&written(&user, EnumFormat::Numbers)),
            user,
            "{json:.40}"
        );
    }
}

fn text() -> impl Strategy<Value = String> {
    // Whatever stores keep: any character but U+0000, and what formats trip over.
    prop_oneof![
        "[^\u{0}]{0,12}",
        Just("\u{2028}\"\\\n\t\u{1}".to_owned()),
        Just("\u{10ffff}\u{fffd}".to_owned()),
    ]
}

fn filled() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("x{text}"))
}

fn moment_of_any_year() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (
        datetime!(0002-01-01 0:00 UTC),
        datetime!(9999-12-31 23:59:59 UTC),
    );
    let seconds = first.unix_timestamp()..=last.unix_timestamp();
    (seconds, 0..1_000_000_i64).prop_map(|(second, micros)| {
        Timestamp::from_unix_timestamp(second).unwrap() + time::Duration::microseconds(micros)
    })
}

fn metadata() -> impl Strategy<Value = Metadata> {
    prop_oneof![
        Just(Metadata::default()),
        filled().prop_map(|text| {
            Metadata::from_stored(format!("{{\"k\": [{}, 1.10e2]}}", serde_json::json!(text)))
        }),
    ]
}

fn account() -> impl Strategy<Value = User> {
    let names = (text(), text(), proptest::option::of(filled()), text());
    let lists = (
        proptest::collection::vec(text(), 0..3),
        metadata(),
        metadata(),
    );
    let origins = [
        proptest::option::of(filled()),
        proptest::option::of(filled()),
        proptest::option::of(filled()),
        proptest::option::of(filled()),
    ];
    let times = [
        proptest::option::of(moment_of_any_year()),
        proptest::option::of(moment_of_any_year()),
        proptest::option::of(moment_of_any_year()),
    ];
    let numbers = (
        any::<Option<i64>>(),
        any::<Option<i64>>(),
        0..2_i16,
        0..3_i16,
    );
    // An empty id is none.
    (filled(), names, lists, origins, times, numbers).prop_map(
        |(
            id,
            names,
            lists,
            [hash, picture, provider, by],
            [created, updated, verified],
            numbers,
        )| {
            User {
                id: UserId::from_stored(id),
                first_name: PersonName::from_stored(names.0),
                last_name: PersonName::from_stored(names.1),
                username: names.2.map(Username::from_stored),
                email: Email::from_stored(names.3),
                secret: hash.map(PasswordHash::from_stored),
                tags: Tags::from_stored(lists.0),
                metadata: lists.1,
                private_metadata: lists.2,
                profile_picture: picture.map(PictureUrl::from_stored),
                role: Role::from_stored(numbers.2),
                status: Status::from_stored(numbers.3),
                auth_provider: provider,
                created_at: created,
                updated_at: updated,
                updated_by: by,
                verified_at: verified,
                tokens_valid_from: numbers.0,
                sessions_valid_from: numbers.1,
                version: 1,
            }
        },
    )
}

proptest! {
    #![proptest_config(crate::extract::fixed_cases())]

    #[test]
    fn what_was_written_is_read_back_as_it_was(user in account(), names in any::<bool>()) {
        let enums = if names { EnumFormat::Names } else { EnumFormat::Numbers };
        let line = written(&user, enums);
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(back(&line), user.clone());
        let nobody = || UserId::from_stored("made".to_owned());
        prop_assert_eq!(UserRecord::from(user.clone()).into_user(nobody, NEVER), Ok(user));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = read(&bytes);
    }
}

#[test]
fn a_password_in_clear_text_is_refused_under_whatever_name() {
    for member in [
        r#""password": "topsecret1""#,
        r#""Password": "topsecret1""#,
        r#""secret": "topsecret1""#,
        r#""credentials": {"password": "topsecret1"}"#,
        r#""credentials": {"secret": "topsecret1"}"#,
    ] {
        let line = format!(r#"{{"email": "ada@example.com", {member}}}"#);
        let refused = read(line.as_bytes()).unwrap_err();
        assert!(
            refused.to_string().contains("give password_hash"),
            "{member}"
        );
        assert!(!refused.to_string().contains("topsecret1"), "{member}");
    }
}
