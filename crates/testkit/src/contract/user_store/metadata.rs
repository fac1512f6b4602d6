//! Accounts by what their metadata contains.

use users_domain::model::{Metadata, User, UserFilter, UserQuery};

use super::UserStoreUnderTest;
use super::reading::odd_rows;
use crate::people::user;

fn json(text: &str) -> Metadata {
    Metadata::from_stored(text.to_owned())
}

fn containing(part: &str) -> UserFilter {
    UserFilter {
        metadata: Some(json(part)),
        ..UserFilter::default()
    }
}

impl UserStoreUnderTest {
    /// Stores an account with each metadata, named by its position.
    async fn put_metadata(&self, texts: &[&str]) {
        for (position, text) in texts.iter().enumerate() {
            self.insert(User {
                metadata: json(text),
                ..user(&format!("user{position}"))
            })
            .await;
        }
    }

    /// The accounts at these positions, and no others, must contain a part.
    async fn assert_contain(&self, part: &str, positions: &[usize]) {
        let query = UserQuery {
            filter: containing(part),
            limit: 100,
            ..UserQuery::default()
        };
        let page = self.store.page(&query).await.unwrap();
        let mut found: Vec<_> = page.items.into_iter().map(|user| user.id).collect();
        found.sort();
        let mut expected: Vec<_> = positions
            .iter()
            .map(|position| user(&format!("user{position}")).id)
            .collect();
        expected.sort();
        assert_eq!(found, expected, "{part}");
        assert_eq!(self.count(&query.filter).await, expected.len() as u64);
    }
}

pub async fn accounts_pass_whose_metadata_contains_the_object(subject: &UserStoreUnderTest) {
    subject
        .put_metadata(&[
            "{}",
            r#"{"a":1}"#,
            r#"{"a":1,"b":{"c":"x","d":[1,2,{"e":null}]}}"#,
            r#"{"a":"1","b":{"c":"X"}}"#,
            r#"{"a":[1,[2,3],{"b":1,"c":2}]}"#,
            r#"{"a":null,"b":false}"#,
            "[1,2]",
            "1",
            "null",
        ])
        .await;
    for (part, positions) in [
        ("{}", [0, 1, 2, 3, 4, 5].as_slice()),
        (r#"{"a":1}"#, &[1, 2]),
        (r#"{"a":"1"}"#, &[3]),
        (r#"{"a":null}"#, &[5]),
        (r#"{"b":false}"#, &[5]),
        (r#"{"b":true}"#, &[]),
        (r#"{"c":"x"}"#, &[]),
        (r#"{"b":{}}"#, &[2, 3]),
        (r#"{"b":{"c":"x"}}"#, &[2]),
        (r#"{"B":{"c":"x"}}"#, &[]),
        (r#"{"b":{"d":[]}}"#, &[2]),
        (r#"{"b":{"d":[2,1]}}"#, &[2]),
        (r#"{"b":{"d":[1,1,1]}}"#, &[2]),
        (r#"{"b":{"d":[{}]}}"#, &[2]),
        (r#"{"b":{"d":[{"e":null}]}}"#, &[2]),
        (r#"{"b":{"d":[1,3]}}"#, &[]),
        (r#"{"b":{"d":1}}"#, &[]),
        (r#"{"a":1,"b":{"d":[2]}}"#, &[2]),
        (r#"{"a":[1]}"#, &[4]),
        (r#"{"a":[2]}"#, &[]),
        (r#"{"a":[[3]]}"#, &[4]),
        (r#"{"a":[[1]]}"#, &[]),
        (r#"{"a":[{"c":2},1]}"#, &[4]),
        (r#"{"a":[{"c":1}]}"#, &[]),
        (r#"{"a":{}}"#, &[]),
        // What is no object is compared in the same way; an array contains plain values too.
        ("[]", &[6]),
        ("[2]", &[6]),
        ("2", &[6]),
        ("1", &[6, 7]),
        ("null", &[8]),
        ("3", &[]),
    ] {
        subject.assert_contain(part, positions).await;
    }
}

pub async fn metadata_is_compared_by_meaning_not_by_text(subject: &UserStoreUnderTest) {
    subject
        .put_metadata(&[
            r#" { "b" : 2 , "a" : 1.0 } "#,
            r#"{"\u0061":100,"b":"\u00e9\ud83d\ude00"}"#,
            r#"{"a":1,"a":"last"}"#,
            r#"{"a'b\"c\\d":"'; --","":0,"%":"_"}"#,
            r#"{"a":-0.0,"b":0.1}"#,
            "[7.0]",
        ])
        .await;
    for (part, positions) in [
        (r#"{"a":1,"b":2}"#, [0].as_slice()),
        (r#"{"a":1e0,"b":20e-1}"#, &[0]),
        (r#"{"a":1e2}"#, &[1]),
        (r#"{"b":"é😀"}"#, &[1]),
        (r#"{"b":"É😀"}"#, &[]),
        (r#"{"b":"e\u0301😀"}"#, &[]),
        (r#"{"a":"last"}"#, &[2]),
        (r#"{"a'b\"c\\d":"'; --"}"#, &[3]),
        (r#"{"":0}"#, &[3]),
        (r#"{"%":"%"}"#, &[]),
        (r#"{"a":0}"#, &[4]),
        (r#"{"b":0.10}"#, &[4]),
        ("[7]", &[5]),
        ("7", &[5]),
    ] {
        subject.assert_contain(part, positions).await;
    }
}

pub async fn long_numbers_in_metadata_are_found(subject: &UserStoreUnderTest) {
    subject
        .put_metadata(&[
            r#"{"n":123456789012345678901234567890}"#,
            r#"{"n":923456789012345678901234567890}"#,
            r#"{"n":0.123456789012345678901234567890,"m":18446744073709551616}"#,
            r#"{"n":[123456789012345678901234567890,-1]}"#,
        ])
        .await;
    for (part, positions) in [
        (r#"{"n":123456789012345678901234567890}"#, [0].as_slice()),
        (r#"{"n":923456789012345678901234567890}"#, &[1]),
        (r#"{"n":-123456789012345678901234567890}"#, &[]),
        (r#"{"n":0.123456789012345678901234567890}"#, &[2]),
        (r#"{"m":18446744073709551616}"#, &[2]),
        (r#"{"n":[123456789012345678901234567890]}"#, &[3]),
    ] {
        subject.assert_contain(part, positions).await;
    }
}

pub async fn private_metadata_is_not_looked_at(subject: &UserStoreUnderTest) {
    let account = User {
        private_metadata: json(r#"{"a":1}"#),
        ..user("user0")
    };
    subject.insert(account).await;
    subject.assert_contain(r#"{"a":1}"#, &[]).await;
    subject.assert_contain("{}", &[0]).await;
}

pub async fn odd_metadata_never_spoils_a_page(subject: &UserStoreUnderTest) {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let odd = [
        deep(200),
        deep(2_000),
        format!("{{\"a\":{}}}", deep(126)),
        format!("{{\"a\":{}}}", "1".repeat(1_000)),
        format!("{{\"a\":\"{}\"}}", "x".repeat(120_000)),
        r#"{"a":1E400}"#.to_owned(),
        r#"{"a":"\u0000\ud800"}"#.to_owned(),
        "\"\"".to_owned(),
    ];
    for (position, text) in odd.iter().enumerate() {
        (subject.put_raw)(User {
            metadata: json(text),
            ..user(&format!("odd{position}"))
        });
    }
    for row in odd_rows() {
        (subject.put_raw)(row);
    }
    subject.put_metadata(&[r#"{"found":[1]}"#]).await;
    for part in [r#"{"found":[1]}"#, r#"{"found":[]}"#] {
        subject.assert_contain(part, &[0]).await;
    }
    // A filter may be as odd as what is stored: it finds what it finds.
    for part in odd.iter().map(String::as_str).chain(["{}", "[]", "null"]) {
        let filter = containing(part);
        let query = UserQuery {
            filter: filter.clone(),
            limit: 100,
            ..UserQuery::default()
        };
        subject.store.page(&query).await.unwrap();
        subject.count(&filter).await;
    }
}
