//! New accounts.

use std::time::Duration;

use users_domain::model::{
    ConflictField, Email, Metadata, PasswordHash, PersonName, PictureUrl, Role, Status, Tags, User,
    Username,
};

use super::UserStoreUnderTest;
use super::json_meaning::meaning;
use crate::contract::material::{LONG_AGO, assert_taken, effect};
use crate::people::user;

/// JSON whose numbers no binary form holds, written as stores write it that keep its meaning alone.
const DIGITS: &str = r#"{"f": 0.10, "n": 123456789012345678901234567890, "aa": [1.0, 100]}"#;

/// An account with something in every field.
pub(in crate::contract) fn full(name: &str) -> User {
    let later = |micros| Some(LONG_AGO + Duration::from_micros(micros));
    User {
        first_name: PersonName::from_stored("Ада 'Augusta'".to_owned()),
        last_name: PersonName::from_stored("King \"Lovelace\" \\".to_owned()),
        secret: Some(PasswordHash::from_stored("$2b$10$hash".to_owned())),
        tags: Tags::from_stored(vec![
            "ü \"x\" \\".to_owned(),
            "a".to_owned(),
            "a".to_owned(),
        ]),
        metadata: Metadata::from_stored(DIGITS.to_owned()),
        private_metadata: Metadata::from_stored(r#"{"kept": "as it is"}"#.to_owned()),
        profile_picture: Some(PictureUrl::from_stored(
            "https://example.com/ä?a=1&b".to_owned(),
        )),
        role: Role::Admin,
        status: Status::Disabled,
        auth_provider: Some("google".to_owned()),
        created_at: later(1),
        updated_at: later(2),
        updated_by: Some("id-of-grace".to_owned()),
        verified_at: later(3),
        tokens_valid_from: Some(1_700_000_000),
        sessions_valid_from: Some(1_700_000_001),
        ..user(name)
    }
}

pub async fn an_account_is_kept_whole(subject: &UserStoreUnderTest) {
    let bare = User {
        username: None,
        secret: None,
        created_at: None,
        verified_at: None,
        ..user("bare")
    };
    for account in [full("full"), bare] {
        subject.insert(account.clone()).await;
        assert_eq!(subject.get(&account.id).await, account);
    }
}

pub async fn an_insert_returns_the_account_as_written(subject: &UserStoreUnderTest) {
    for account in [full("full"), user("ada")] {
        let written = subject.insert(account.clone()).await;
        assert_eq!(written, account);
    }
}

pub async fn metadata_is_kept_digit_for_digit(subject: &UserStoreUnderTest) {
    let texts = [
        DIGITS,
        r#"{"n":123456789012345678901234567890,"f":0.10,"e":1E400,"z":-0,"a":[1.0,1e2]}"#,
        "{}",
        " { \"a\" : 1 } ",
        r#"{"b":1,"a":2,"b":3}"#,
        r#"{"\u0061":"\ud83d\ude00"}"#,
        "null",
        "123456789012345678901234567890",
    ];
    for (number, text) in texts.iter().enumerate() {
        let account = User {
            metadata: Metadata::from_stored((*text).to_owned()),
            private_metadata: Metadata::from_stored((*text).to_owned()),
            ..user(&format!("user{number}"))
        };
        let written = subject.insert(account.clone()).await;
        let stored = subject.get(&account.id).await;
        assert_eq!(stored, written);
        for stored in [&stored.metadata, &stored.private_metadata] {
            if subject.keeps_json_text {
                assert_eq!(stored.as_str(), account.metadata.as_str());
            } else {
                assert_eq!(meaning(stored.as_str()), meaning(text));
            }
        }
    }
}

pub async fn an_insert_commits_its_effects_in_order(subject: &UserStoreUnderTest) {
    let effects: Vec<_> = (0..5).map(|number| effect("ada", number)).collect();
    subject
        .store
        .insert(user("ada"), effects.clone())
        .await
        .unwrap();
    assert_eq!(subject.effects().await, effects);
}

pub async fn a_refused_insert_leaves_nothing(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let taken = [
        User {
            id: ada.id.clone(),
            ..user("other")
        },
        User {
            email: ada.email.clone(),
            ..user("other")
        },
        User {
            username: ada.username.clone(),
            ..user("other")
        },
    ];
    for account in taken {
        let effects = vec![effect("other", 0), effect("other", 1)];
        let refused = subject.store.insert(account, effects).await;
        assert!(refused.is_err());
    }
    assert_eq!(subject.store.find(&user("other").id).await.unwrap(), None);
    assert_eq!(subject.get(&ada.id).await, ada);
    assert!(subject.effects().await.is_empty());
}

pub async fn an_id_that_exists_is_refused(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let again = User {
        id: ada.id.clone(),
        email: Email::from_stored("other@example.com".to_owned()),
        username: Some(Username::from_stored("other".to_owned())),
        ..user("ada")
    };
    assert_taken(
        &subject.store.insert(again, Vec::new()).await,
        ConflictField::Id,
    );
    assert_eq!(subject.get(&ada.id).await, ada);
}
