//! Finding accounts, and rows that no rule of today would let in.

use std::collections::HashSet;

use users_domain::model::{
    Email, Metadata, Order, PersonName, PictureUrl, Position, Role, Sort, SortDirection, Status,
    Tags, User, UserFilter, UserQuery, Username,
};
use users_domain::ports::MAX_FOUND_AT_ONCE;

use super::{UserStoreUnderTest, id};
use crate::contract::material::decide;
use crate::people::user;

pub async fn an_account_is_found_by_its_id_byte_for_byte(subject: &UserStoreUnderTest) {
    let ids = [
        "Id",
        "id",
        " id",
        "id'; --",
        "ид",
        "i%",
        "00000000-0000-4000-8000-000000000000",
    ];
    for (number, text) in ids.iter().enumerate() {
        let account = User {
            id: id(text),
            ..user(&format!("name{number}"))
        };
        subject.insert(account).await;
    }
    for text in ids {
        assert_eq!(subject.get(&id(text)).await.id, id(text));
    }
    for unknown in ["", "ID", "id ", "i_", "ИД", "%", "id\0"] {
        let found = subject.store.find(&id(unknown)).await.unwrap();
        assert_eq!(found, None, "{unknown:?}");
    }
}

pub async fn accounts_of_any_status_are_found_by_id(subject: &UserStoreUnderTest) {
    for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
        let account = User {
            status,
            ..user(status.as_str())
        };
        subject.insert(account.clone()).await;
        assert_eq!(subject.get(&account.id).await, account);
    }
}

pub async fn accounts_are_found_by_many_ids_at_once(subject: &UserStoreUnderTest) {
    let mut accounts = Vec::new();
    for (text, status) in [
        ("Id", Status::Enabled),
        ("id", Status::Disabled),
        ("id'; --", Status::Deleted),
        ("ид", Status::Enabled),
    ] {
        let account = User {
            id: id(text),
            status,
            ..user(&format!("name{}", accounts.len()))
        };
        subject.insert(account.clone()).await;
        accounts.push(account);
    }
    subject.insert(user("another")).await;
    assert_eq!(subject.store.find_all(&[]).await.unwrap(), []);
    // As many as there may be, some of them again, and most of nobody.
    let mut ids: Vec<_> = accounts.iter().map(|account| account.id.clone()).collect();
    ids.extend(ids.clone());
    ids.extend(["", "ID", "i_", "%", "id\0"].map(id));
    ids.extend((ids.len()..MAX_FOUND_AT_ONCE).map(|number| id(&format!("nobody {number}"))));
    let mut found = subject.store.find_all(&ids).await.unwrap();
    found.sort_by_key(|user| accounts.iter().position(|account| account.id == user.id));
    assert_eq!(found, accounts);
}

impl UserStoreUnderTest {
    /// The ids of those who may be meant, sorted.
    async fn meant(&self, identity: &str) -> Vec<String> {
        let found = self.store.find_by_login(identity).await.unwrap();
        let mut ids: Vec<_> = found
            .into_iter()
            .map(|user| user.id.as_str().to_owned())
            .collect();
        ids.sort();
        ids
    }
}

/// An account whose address and username are these.
fn named(id_text: &str, email: &str, username: &str) -> User {
    User {
        id: id(id_text),
        email: Email::from_stored(email.to_owned()),
        username: Some(Username::from_stored(username.to_owned())),
        ..user("named")
    }
}

pub async fn an_identity_is_an_address_or_a_username_without_ascii_case(
    subject: &UserStoreUnderTest,
) {
    subject.insert(named("1", "Ada@Example.com", "AdaL")).await;
    subject
        .insert(named("2", "grace@example.com", "grace"))
        .await;
    for identity in [
        "Ada@Example.com",
        "ada@example.com",
        "ADA@EXAMPLE.COM",
        "adal",
        "ADAL",
    ] {
        assert_eq!(subject.meant(identity).await, ["1"], "{identity}");
    }
    assert!(subject.meant("nobody").await.is_empty());
}

pub async fn letters_outside_ascii_keep_their_case_in_an_identity(subject: &UserStoreUnderTest) {
    (subject.put_raw)(named("1", "Ä@example.com", "ÉMILE"));
    assert_eq!(subject.meant("Ä@EXAMPLE.com").await, ["1"]);
    assert_eq!(subject.meant("Émile").await, ["1"]);
    for identity in ["ä@example.com", "émile", "emile", "K"] {
        assert!(subject.meant(identity).await.is_empty(), "{identity}");
    }
}

pub async fn an_identity_is_not_trimmed(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    (subject.put_raw)(named("spaced", " spaced@example.com", "spaced "));
    for identity in [
        " ada",
        "ada ",
        "ada\n",
        "ada@example.com ",
        "\tada@example.com",
        "ada\0",
    ] {
        assert!(subject.meant(identity).await.is_empty(), "{identity:?}");
    }
    for identity in [" spaced@example.com", "spaced "] {
        assert_eq!(subject.meant(identity).await, ["spaced"]);
    }
    for identity in ["spaced@example.com", "spaced"] {
        assert!(subject.meant(identity).await.is_empty(), "{identity:?}");
    }
}

pub async fn an_identity_means_whole_texts_only(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    let nameless = User {
        username: None,
        ..user("nameless")
    };
    subject.insert(nameless).await;
    for identity in [
        "",
        "a",
        "ad",
        "adas",
        "a_a",
        "%",
        "ada@",
        "@example.com",
        "id-of-ada",
        "Ada",
    ] {
        let expected: &[&str] = if identity == "Ada" {
            &["id-of-ada"]
        } else {
            &[]
        };
        assert_eq!(subject.meant(identity).await, expected, "{identity:?}");
    }
}

pub async fn only_enabled_accounts_are_meant_by_an_identity(subject: &UserStoreUnderTest) {
    for status in [Status::Disabled, Status::Deleted] {
        let account = User {
            status,
            ..user(status.as_str())
        };
        subject.insert(account).await;
        assert!(subject.meant(status.as_str()).await.is_empty());
        let address = format!("{}@example.com", status.as_str());
        assert!(subject.meant(&address).await.is_empty());
    }
}

pub async fn everybody_who_may_be_meant_is_given(subject: &UserStoreUnderTest) {
    // Twins by case, and a username that is somebody else's address.
    (subject.put_raw)(named("1", "ada@example.com", "one"));
    (subject.put_raw)(named("2", "ADA@example.com", "ONE"));
    (subject.put_raw)(named("3", "three@example.com", "Ada@Example.com"));
    assert_eq!(subject.meant("ada@example.com").await, ["1", "2", "3"]);
    assert_eq!(subject.meant("One").await, ["1", "2"]);
}

pub async fn at_most_a_hundred_are_meant_exact_matches_among_them(subject: &UserStoreUnderTest) {
    // Spellings of one name that differ by case: bit for bit of the number.
    let spelling = |number: usize| -> String {
        let letters = "abcdefgh".char_indices();
        letters
            .map(|(bit, letter)| match number >> bit & 1 {
                1 => letter.to_ascii_uppercase(),
                _ => letter,
            })
            .collect()
    };
    for number in 0..130 {
        let email = format!("{}@x.org", spelling(number));
        (subject.put_raw)(named(&format!("{number:03}"), &email, &spelling(number)));
    }
    for number in [0, 64, 129] {
        for exact in [spelling(number), format!("{}@x.org", spelling(number))] {
            let meant = subject.meant(&exact).await;
            assert_eq!(meant.len(), 100);
            assert!(meant.contains(&format!("{number:03}")), "{exact}");
        }
    }
}

/// Rows that no rule of today would let in, each named after what is odd about it.
pub(in crate::contract) fn odd_rows() -> Vec<User> {
    let deep = "[".repeat(200) + &"]".repeat(200);
    let many: Vec<String> = (0..500).map(|number| format!("tag {number}")).collect();
    let metadata = |json: &str| Metadata::from_stored(json.to_owned());
    let name = |text: &str| PersonName::from_stored(text.to_owned());
    let plain = user;
    vec![
        User {
            email: Email::from_stored("no address".to_owned()),
            ..plain("email")
        },
        User {
            email: Email::from_stored(String::new()),
            ..plain("no-email")
        },
        User {
            username: Some(Username::from_stored(
                "two words, 'ünquoted' \"\\".to_owned(),
            )),
            ..plain("username")
        },
        User {
            username: None,
            secret: None,
            created_at: None,
            verified_at: None,
            ..plain("nothing")
        },
        User {
            first_name: name(""),
            last_name: name(" \u{202e}"),
            ..plain("names")
        },
        User {
            tags: Tags::from_stored(many),
            ..plain("many-tags")
        },
        User {
            tags: Tags::from_stored(vec!["x".repeat(20_000), String::new(), "x,y".to_owned()]),
            ..plain("long-tags")
        },
        User {
            metadata: metadata("[1, null, \"text\"]"),
            private_metadata: metadata(&deep),
            ..plain("deep-metadata")
        },
        User {
            metadata: metadata("123456789012345678901234567890"),
            private_metadata: metadata(&format!("{{\"long\": \"{}\"}}", "x".repeat(120_000))),
            ..plain("long-metadata")
        },
        User {
            profile_picture: Some(PictureUrl::from_stored("javascript:alert(1)".to_owned())),
            auth_provider: Some("unheard of".to_owned()),
            updated_by: Some("nobody we know".to_owned()),
            ..plain("others")
        },
        User {
            id: id("an id with spaces"),
            role: Role::Admin,
            status: Status::Deleted,
            tokens_valid_from: Some(-1),
            sessions_valid_from: Some(i64::MAX),
            version: 0,
            ..plain("numbers")
        },
    ]
}

pub async fn odd_rows_are_read_as_they_were_left(subject: &UserStoreUnderTest) {
    for row in odd_rows() {
        (subject.put_raw)(row.clone());
        assert_eq!(subject.get(&row.id).await, row);
    }
}

pub async fn odd_rows_never_spoil_a_page(subject: &UserStoreUnderTest) {
    let rows = odd_rows();
    for row in &rows {
        (subject.put_raw)(row.clone());
    }
    for name in ["ada", "grace"] {
        subject.insert(user(name)).await;
    }
    let all = rows.len() + 2;
    for (name, order) in Order::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let query = UserQuery {
                filter: UserFilter::default(),
                sort: Sort { order, direction },
                position: Position::START,
                limit: 100,
            };
            let page = subject.store.page(&query).await.unwrap();
            let ids: HashSet<_> = page.items.iter().map(|user| &user.id).collect();
            assert_eq!((ids.len(), page.items.len()), (all, all), "{name}");
            assert_eq!(page.total, all as u64, "{name}");
        }
    }
}

pub async fn odd_rows_never_spoil_a_walk(subject: &UserStoreUnderTest) {
    let rows = odd_rows();
    for row in &rows {
        (subject.put_raw)(row.clone());
    }
    for (_, order) in Order::ALL {
        for direction in [SortDirection::Ascending, SortDirection::Descending] {
            let sort = Sort { order, direction };
            let walked = subject.walk(&UserFilter::default(), sort, 1).await;
            let ids: HashSet<_> = walked.iter().map(|user| &user.id).collect();
            assert_eq!(ids.len(), rows.len(), "{sort:?}");
        }
    }
}

pub async fn odd_rows_may_be_changed_in_other_fields(subject: &UserStoreUnderTest) {
    for row in odd_rows() {
        (subject.put_raw)(row.clone());
        let change = decide(|user| user.first_name = PersonName::from_stored("New".to_owned()));
        subject.update(&row, change).await.unwrap();
        let expected = User {
            first_name: PersonName::from_stored("New".to_owned()),
            version: row.version + 1,
            ..row
        };
        assert_eq!(subject.get(&expected.id).await, expected);
    }
}
