//! Whom it gives.

use users_domain::model::{Metadata, PictureUrl, Status, User};
use users_proto::users::v1::RetrieveUsersRes;
use users_testkit::people;

use crate::fixture::Server;

fn names(answer: &RetrieveUsersRes) -> Vec<&str> {
    answer
        .users
        .iter()
        .map(|user| user.username.as_str())
        .collect()
}

#[tokio::test]
async fn enabled_accounts_are_given_administrators_too() {
    let deleted = User {
        status: Status::Deleted,
        ..people::user("eve")
    };
    let server = Server::of([
        people::user("ada"),
        people::an_admin("root"),
        people::a_disabled_user("bob"),
        deleted,
    ])
    .await;
    let ids = ["id-of-ada", "id-of-root", "id-of-bob", "id-of-eve", "nope"];
    let answer = server.retrieve(&ids, 0, 0).await.unwrap();
    assert_eq!(names(&answer), ["root", "ada"]);
    assert_eq!((answer.total, answer.limit, answer.offset), (2, 5, 0));
    let roles: Vec<u32> = answer.users.iter().map(|user| user.role).collect();
    assert_eq!(roles, [1, 0]);
}

#[tokio::test]
async fn pages_are_cut_as_asked() {
    let server = Server::of(["a", "b", "c"].map(people::user)).await;
    let ids = ["id-of-a", "id-of-b", "id-of-c", "id-of-a"];
    for (offset, limit, expected) in [
        (0, 2, &["c", "b"][..]),
        (1, 1, &["b"]),
        (2, 0, &["a"]),
        (3, 2, &[]),
        (0, i64::MAX.cast_unsigned(), &["c", "b", "a"]),
    ] {
        let answer = server.retrieve(&ids, offset, limit).await.unwrap();
        assert_eq!(names(&answer), expected);
        let effective = if limit == 0 { 4 } else { limit };
        assert_eq!(
            (answer.total, answer.limit, answer.offset),
            (3, effective, offset)
        );
    }
}

#[tokio::test]
async fn what_is_not_others_business_is_never_told() {
    let ada = User {
        private_metadata: Metadata::from_stored(r#"{"shoe size":37}"#.to_owned()),
        profile_picture: Some(PictureUrl::from_stored("https://example.com/p".to_owned())),
        auth_provider: Some("google".to_owned()),
        ..people::user("ada")
    };
    let server = Server::of([ada]).await;
    let answer = server.retrieve(&["id-of-ada"], 0, 0).await.unwrap();
    let [user] = answer.users.as_slice() else {
        panic!("{answer:?}");
    };
    assert_eq!(user.private_metadata, None);
    assert_eq!(user.verified_at, None);
    assert!(user.profile_picture.is_empty());
    assert!(user.auth_provider.is_empty());
    assert!(user.permissions.is_empty());
}

#[tokio::test]
async fn odd_rows_spoil_nothing() {
    let nested = |open: &str, close: &str, depth| {
        format!(r#"{{"a":{}1{}}}"#, open.repeat(depth), close.repeat(depth))
    };
    let odd = [
        "[1]",
        "null",
        r#"{"n":123456789012345678901234567890}"#,
        // Deeper than readers of messages take: this client refuses an answer that is.
        &nested(r#"{"a":"#, "}", 60),
        &nested("[", "]", 60),
        &nested(r#"{"a":"#, "}", 200),
        &nested("[", "]", 2000),
    ];
    let accounts = odd
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g"])
        .map(|(json, name)| User {
            metadata: Metadata::from_stored((*json).to_owned()),
            ..people::user(name)
        });
    let server = Server::of(accounts).await;
    let ids = ["a", "b", "c", "d", "e", "f", "g"].map(|name| format!("id-of-{name}"));
    let ids = ids.each_ref().map(String::as_str);
    let answer = server.retrieve(&ids, 0, 0).await.unwrap();
    assert_eq!(names(&answer), ["g", "f", "e", "d", "c", "b", "a"]);
    let sizes: Vec<usize> = answer
        .users
        .iter()
        .map(|user| user.metadata.as_ref().unwrap().fields.len())
        .collect();
    assert_eq!(sizes, [1, 1, 1, 1, 1, 0, 0]);
}
