//! Which accounts pass, condition by condition.

use std::time::Duration;

use users_domain::model::{
    Email, Metadata, PersonName, Role, Status, TagFilter, Tags, Timestamp, User, UserFilter,
    Username,
};

use super::{UserStoreUnderTest, id};
use crate::contract::material::LONG_AGO;
use crate::people::{a_disabled_user, an_admin, user};

impl UserStoreUnderTest {
    pub(super) async fn count(&self, filter: &UserFilter) -> u64 {
        self.store.count(filter).await.unwrap()
    }
}

/// A condition on each of the fields that hold a text.
fn on_each_text(part: &str) -> [(&'static str, UserFilter); 5] {
    let part = || Some(part.to_owned());
    let any = UserFilter::default;
    [
        (
            "id",
            UserFilter {
                id: part(),
                ..any()
            },
        ),
        (
            "username",
            UserFilter {
                username: part(),
                ..any()
            },
        ),
        (
            "email",
            UserFilter {
                email: part(),
                ..any()
            },
        ),
        (
            "first_name",
            UserFilter {
                first_name: part(),
                ..any()
            },
        ),
        (
            "last_name",
            UserFilter {
                last_name: part(),
                ..any()
            },
        ),
    ]
}

/// An account all of whose texts are this one.
fn all_texts(text: &str) -> User {
    User {
        id: id(text),
        username: Some(Username::from_stored(text.to_owned())),
        email: Email::from_stored(text.to_owned()),
        first_name: PersonName::from_stored(text.to_owned()),
        last_name: PersonName::from_stored(text.to_owned()),
        ..user("texts")
    }
}

pub async fn without_conditions_everybody_passes(subject: &UserStoreUnderTest) {
    for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
        for role in [Role::User, Role::Admin] {
            let name = format!("{}-{}", status.as_str(), role.as_str());
            let account = User {
                status,
                role,
                ..user(&name)
            };
            subject.insert(account).await;
        }
    }
    assert_eq!(subject.count(&UserFilter::default()).await, 6);
}

pub async fn parts_of_texts_are_found_without_ascii_case(subject: &UserStoreUnderTest) {
    for text in ["Lovelace", "hopper", "other"] {
        (subject.put_raw)(all_texts(text));
    }
    for (part, passing) in [
        ("Lovelace", 1),
        ("LOVE", 1),
        ("lace", 1),
        ("eLa", 1),
        ("HOPPER", 1),
        ("o", 3),
        ("OTHER", 1),
        ("", 3),
        ("lovelaces", 0),
        (" hopper", 0),
        ("hopper\0", 0),
    ] {
        for (field, filter) in on_each_text(part) {
            assert_eq!(subject.count(&filter).await, passing, "{field}: {part:?}");
        }
    }
}

pub async fn wildcards_stand_for_themselves(subject: &UserStoreUnderTest) {
    for text in ["a%b", "a_b", "a\\b", "axb", "a*b", "a?b", "a[x]b", "a'b"] {
        (subject.put_raw)(all_texts(text));
    }
    for (part, passing) in [
        ("%", 1),
        ("_", 1),
        ("\\", 1),
        ("*", 1),
        ("?", 1),
        ("[x]", 1),
        ("'", 1),
        ("A%B", 1),
        ("a_b", 1),
        ("\\%", 0),
        ("\\\\", 0),
        ("%%", 0),
        ("a%%b", 0),
        ("a__b", 0),
        ("^a", 0),
        (".", 0),
    ] {
        for (field, filter) in on_each_text(part) {
            assert_eq!(subject.count(&filter).await, passing, "{field}: {part:?}");
        }
    }
}

pub async fn letters_outside_ascii_keep_their_case_in_filters(subject: &UserStoreUnderTest) {
    (subject.put_raw)(all_texts("Émile Ж"));
    for (part, passing) in [
        ("Émile", 1),
        ("ÉMILE", 1),
        ("émile", 0),
        ("Ж", 1),
        ("ж", 0),
        ("E\u{301}mile", 0),
    ] {
        for (field, filter) in on_each_text(part) {
            assert_eq!(subject.count(&filter).await, passing, "{field}: {part:?}");
        }
    }
}

pub async fn an_absent_username_holds_no_text(subject: &UserStoreUnderTest) {
    let nameless = User {
        username: None,
        ..user("nameless")
    };
    subject.insert(nameless).await;
    for part in ["nameless", "null", "NULL", "none"] {
        let filter = UserFilter {
            username: Some(part.to_owned()),
            ..UserFilter::default()
        };
        assert_eq!(subject.count(&filter).await, 0, "{part}");
    }
}

pub async fn a_part_of_any_length_may_be_asked_for(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    for part in ["%".repeat(100_000), "a".repeat(1_000_000)] {
        for (field, filter) in on_each_text(&part) {
            assert_eq!(subject.count(&filter).await, 0, "{field}");
        }
    }
}

pub async fn accounts_pass_by_their_status(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    subject.insert(user("grace")).await;
    subject.insert(a_disabled_user("joan")).await;
    let deleted = User {
        status: Status::Deleted,
        ..user("alan")
    };
    subject.insert(deleted).await;
    for (status, passing) in [
        (Some(Status::Enabled), 2),
        (Some(Status::Disabled), 1),
        (Some(Status::Deleted), 1),
        (None, 4),
    ] {
        let filter = UserFilter {
            status,
            ..UserFilter::default()
        };
        assert_eq!(subject.count(&filter).await, passing, "{status:?}");
    }
}

pub async fn accounts_pass_by_their_role(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    subject.insert(a_disabled_user("joan")).await;
    subject.insert(an_admin("grace")).await;
    for (role, passing) in [(Some(Role::User), 2), (Some(Role::Admin), 1), (None, 3)] {
        let filter = UserFilter {
            role,
            ..UserFilter::default()
        };
        assert_eq!(subject.count(&filter).await, passing, "{role:?}");
    }
}

fn tags(list: &[&str]) -> Vec<String> {
    list.iter().map(|tag| (*tag).to_owned()).collect()
}

pub async fn all_tags_or_any_of_them_byte_for_byte(subject: &UserStoreUnderTest) {
    let rows: [(&str, &[&str]); 6] = [
        ("one", &["a", "\"q\"", "a"]),
        ("two", &["a", "b"]),
        ("odd", &["A", "a,b", "a%", " a", "ä"]),
        ("empty", &[""]),
        ("numbers", &["1", "null", "[\"z\"]"]),
        ("none", &[]),
    ];
    for (name, list) in rows {
        (subject.put_raw)(User {
            tags: Tags::from_stored(tags(list)),
            ..user(name)
        });
    }
    let (all, any) = (TagFilter::All, TagFilter::Any);
    let cases = [
        (all(tags(&["a"])), 2),
        (all(tags(&["a", "b"])), 1),
        (all(tags(&["b", "a", "b"])), 1),
        (all(tags(&["a", "c"])), 0),
        (all(tags(&["A"])), 1),
        (all(tags(&["a,b"])), 1),
        (all(tags(&["a%"])), 1),
        (all(tags(&["%"])), 0),
        (all(tags(&[" a"])), 1),
        (all(tags(&["Ä"])), 0),
        (all(tags(&[""])), 1),
        (all(tags(&["1"])), 1),
        (all(tags(&["z"])), 0),
        (all(tags(&[])), 6),
        (any(tags(&["b", "\"q\"", "c"])), 2),
        (any(tags(&["a", "A"])), 3),
        (any(tags(&["q"])), 0),
        (any(tags(&[])), 0),
    ];
    for (case, (filter, passing)) in cases.into_iter().enumerate() {
        let filter = UserFilter {
            tags: Some(filter),
            ..UserFilter::default()
        };
        assert_eq!(subject.count(&filter).await, passing, "case {case}");
    }
}

pub async fn the_bounds_of_creation_are_inclusive(subject: &UserStoreUnderTest) {
    let step = Duration::from_micros(1);
    for (name, created_at) in [
        ("before", Some(LONG_AGO - step)),
        ("at", Some(LONG_AGO)),
        ("after", Some(LONG_AGO + step)),
        ("never", None),
    ] {
        (subject.put_raw)(User {
            created_at,
            ..user(name)
        });
    }
    let between = async |from: Option<Timestamp>, to: Option<Timestamp>| {
        let filter = UserFilter {
            created_from: from,
            created_to: to,
            ..UserFilter::default()
        };
        subject.count(&filter).await
    };
    assert_eq!(between(Some(LONG_AGO), None).await, 2);
    assert_eq!(between(None, Some(LONG_AGO)).await, 2);
    assert_eq!(between(Some(LONG_AGO), Some(LONG_AGO)).await, 1);
    assert_eq!(
        between(Some(LONG_AGO - step), Some(LONG_AGO + step)).await,
        3
    );
    assert_eq!(
        between(Some(LONG_AGO + step), Some(LONG_AGO - step)).await,
        0
    );
    assert_eq!(between(Some(LONG_AGO + step + step), None).await, 0);
    assert_eq!(between(None, None).await, 4);
}

pub async fn conditions_are_combined_with_and(subject: &UserStoreUnderTest) {
    let metadata = |text: &str| Metadata::from_stored(text.to_owned());
    let account = User {
        tags: Tags::from_stored(tags(&["a"])),
        metadata: metadata(r#"{"a":1}"#),
        created_at: Some(LONG_AGO),
        ..an_admin("grace")
    };
    subject.insert(account).await;
    subject.insert(an_admin("ada")).await;
    let part = |text: &str| Some(text.to_owned());
    let fits = UserFilter {
        status: Some(Status::Enabled),
        role: Some(Role::Admin),
        id: part("of-gra"),
        username: part("grace"),
        email: part("@example"),
        first_name: part("GRA"),
        last_name: part("exam"),
        tags: Some(TagFilter::All(tags(&["a"]))),
        metadata: Some(metadata(r#"{"a":1}"#)),
        created_from: Some(LONG_AGO),
        created_to: Some(LONG_AGO),
    };
    assert_eq!(subject.count(&fits).await, 1);
    let all = || fits.clone();
    let later = Some(LONG_AGO + Duration::from_micros(1));
    let no_longer = [
        UserFilter {
            status: Some(Status::Disabled),
            ..all()
        },
        UserFilter {
            role: Some(Role::User),
            ..all()
        },
        UserFilter {
            id: part("of-ada"),
            ..all()
        },
        UserFilter {
            username: part("ada"),
            ..all()
        },
        UserFilter {
            email: part("ada"),
            ..all()
        },
        UserFilter {
            first_name: part("ada"),
            ..all()
        },
        UserFilter {
            last_name: part("hopper"),
            ..all()
        },
        UserFilter {
            tags: Some(TagFilter::Any(tags(&["b"]))),
            ..all()
        },
        UserFilter {
            metadata: Some(metadata(r#"{"a":2}"#)),
            ..all()
        },
        UserFilter {
            created_from: later,
            ..all()
        },
        UserFilter {
            created_to: Some(LONG_AGO - Duration::from_micros(1)),
            ..all()
        },
    ];
    for (case, filter) in no_longer.iter().enumerate() {
        assert_eq!(subject.count(filter).await, 0, "case {case}");
    }
}
