//! Accounts that come in: what is kept of them, and with them.

use users_domain::model::{
    Arrival, ConflictField, Effect, EffectKind, Metadata, Needs, PersonName, TagFilter, Tags, User,
    UserFilter, UserQuery, Username,
};
use users_domain::ports::{ImportMode, StoreError};

use super::{
    IMPORTED, THERE, USERNAME, UserTransferUnderTest, id, numbered, people, plain, with_username,
};
use crate::contract::material::{
    FAR_AHEAD, assert_taken, decide, effect, effect_of, held_effect, hold_name, pending,
};
use crate::contract::user_store::{full, odd_rows};
use crate::people::user;

pub async fn an_account_is_taken_in_whole(subject: &UserTransferUnderTest) {
    let bare = User {
        username: None,
        secret: None,
        created_at: None,
        verified_at: None,
        ..user("bare")
    };
    let accounts = [full("full"), bare];
    let arrivals: Vec<_> = accounts.iter().cloned().map(plain).collect();
    assert_eq!(subject.import(&arrivals).await, [IMPORTED; 2]);
    for account in accounts {
        assert_eq!(subject.get(&account.id).await, account);
    }
}

pub async fn odd_accounts_are_taken_in_whole(subject: &UserTransferUnderTest) {
    let accounts: Vec<_> = odd_rows()
        .into_iter()
        .map(|row| User { version: 1, ..row })
        .collect();
    let arrivals: Vec<_> = accounts.iter().cloned().map(plain).collect();
    let outcomes = subject.import(&arrivals).await;
    assert_eq!(outcomes, vec![IMPORTED; accounts.len()]);
    for account in accounts {
        assert_eq!(subject.get(&account.id).await, account);
    }
}

pub async fn texts_of_every_kind_are_taken_in_byte_for_byte(subject: &UserTransferUnderTest) {
    // What formats for bulk loading take for something else.
    let texts = [
        "\\N",
        "\\.",
        "NULL",
        "null",
        "\t",
        "a\tb",
        "\n",
        "a\r\nb",
        "\r",
        "\\",
        "\\\\n",
        "\\t",
        "\"",
        "\"\"",
        "a\"b",
        "'",
        "''",
        ",",
        "{}",
        "{a,b}",
        "{\"a\"}",
        "(",
        "\u{1}",
        "\u{7f}",
        "\u{feff}",
        "\u{2028}",
        "日本語",
        "🦀",
        " ",
        "  x  ",
        "%",
        "_",
    ];
    let mut accounts = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        accounts.push(User {
            first_name: PersonName::from_stored((*text).to_owned()),
            last_name: PersonName::from_stored(format!("{text}{text}")),
            username: Some(Username::from_stored(format!("{text}{number}"))),
            tags: Tags::from_stored(vec![(*text).to_owned(), format!("{text}x"), String::new()]),
            metadata: Metadata::from_stored(format!(
                "{{\"text\": {}}}",
                serde_json::Value::from(*text)
            )),
            auth_provider: Some((*text).to_owned()),
            updated_by: Some((*text).to_owned()),
            ..user(&format!("text{number}"))
        });
    }
    let arrivals: Vec<_> = accounts.iter().cloned().map(plain).collect();
    assert_eq!(subject.import(&arrivals).await, vec![IMPORTED; texts.len()]);
    for account in accounts {
        let stored = subject.get(&account.id).await;
        // A store may write an escape as the character that it stands for.
        let text = |user: &User| -> serde_json::Value {
            serde_json::from_str(user.metadata.as_str()).unwrap()
        };
        assert_eq!(text(&stored), text(&account));
        let metadata = stored.metadata.clone();
        assert_eq!(
            stored,
            User {
                metadata,
                ..account
            }
        );
    }
}

pub async fn no_accounts_have_no_outcomes(subject: &UserTransferUnderTest) {
    for mode in [ImportMode::Write, ImportMode::DryRun] {
        let mut import = subject.begin(mode).await;
        assert!(import.add(&[]).await.unwrap().is_empty());
        import.finish().await.unwrap();
    }
    assert_eq!(subject.count().await, 0);
}

pub async fn a_large_call_is_taken_in_and_then_there(subject: &UserTransferUnderTest) {
    const MANY: usize = 2000;
    let accounts: Vec<_> = (0..MANY).map(|number| numbered("user", number)).collect();
    assert_eq!(subject.import(&accounts).await, vec![IMPORTED; MANY]);
    let stored = subject.everybody().await;
    let expected: Vec<_> = accounts.iter().map(|one| one.user.clone()).collect();
    assert_eq!(stored, expected);
    assert_eq!(subject.import(&accounts).await, vec![THERE; MANY]);
    assert_eq!(subject.everybody().await, expected);
}

pub async fn imported_accounts_are_found_listed_and_counted(subject: &UserTransferUnderTest) {
    subject.insert(user("ada")).await;
    let grace = User {
        tags: Tags::from_stored(vec!["navy".to_owned()]),
        metadata: Metadata::from_stored("{\"rank\": \"admiral\"}".to_owned()),
        ..user("grace")
    };
    subject.import(&[plain(grace.clone())]).await;
    subject.import(&people(["joan", "mary"])).await;
    let page = subject.users.page(&UserQuery::default()).await.unwrap();
    assert_eq!((page.items.len(), page.total), (4, 4));
    for filter in [
        UserFilter {
            username: Some("grac".to_owned()),
            ..UserFilter::default()
        },
        UserFilter {
            email: Some("grace@exam".to_owned()),
            ..UserFilter::default()
        },
        UserFilter {
            tags: Some(TagFilter::All(vec!["navy".to_owned()])),
            ..UserFilter::default()
        },
        UserFilter {
            metadata: Some(Metadata::from_stored("{\"rank\": \"admiral\"}".to_owned())),
            ..UserFilter::default()
        },
    ] {
        assert_eq!(subject.users.count(&filter).await.unwrap(), 1);
        let query = UserQuery {
            filter,
            ..UserQuery::default()
        };
        let page = subject.users.page(&query).await.unwrap();
        assert_eq!(page.items, std::slice::from_ref(&grace));
    }
    for identity in ["grace", "GRACE@example.com"] {
        let found = subject.users.find_by_login(identity).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&grace));
    }
}

pub async fn imported_accounts_change_like_any_other(subject: &UserTransferUnderTest) {
    subject.import(&people(["ada"])).await;
    let ada = user("ada");
    let change = decide(|user| user.updated_by = Some("me".to_owned()));
    let changed = subject.users.update(&ada.id, Needs::ROW, change).await;
    let expected = User {
        updated_by: Some("me".to_owned()),
        version: 2,
        ..ada
    };
    assert_eq!(changed.unwrap(), expected);
    let again: Result<User, StoreError> = subject.users.insert(user("ada"), Vec::new()).await;
    assert_taken(&again, ConflictField::Id);
    let other = User {
        id: id("another"),
        ..user("ada")
    };
    let other = subject.users.insert(other, Vec::new()).await;
    assert_taken(&other, ConflictField::Email);
}

pub async fn an_import_that_is_dropped_keeps_what_was_committed(subject: &UserTransferUnderTest) {
    let mut import = subject.begin(ImportMode::Write).await;
    for name in ["ada", "grace"] {
        assert_eq!(import.add(&people([name])).await.unwrap(), [IMPORTED]);
        // Committed before the answer, whatever becomes of the import.
        subject.get(&user(name).id).await;
    }
    drop(import);
    assert_eq!(subject.count().await, 2);
    let outcomes = subject.import(&people(["ada", "grace", "mary"])).await;
    assert_eq!(outcomes, [THERE, THERE, IMPORTED]);
}

pub async fn an_import_that_takes_nothing_in_changes_nothing(subject: &UserTransferUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let begun = subject.begin(ImportMode::Write).await;
    drop(begun);
    let begun = subject.begin(ImportMode::Write).await;
    begun.finish().await.unwrap();
    assert_eq!(subject.everybody().await, [ada]);
    assert!(subject.effects().await.is_empty());
}

pub async fn effects_of_every_kind_are_committed_in_order(subject: &UserTransferUnderTest) {
    let mut accounts = people(["ada", "grace", "mary"]);
    let mut expected: Vec<(EffectKind, Vec<Effect>)> = Vec::new();
    for kind in EffectKind::ALL {
        let mut of_kind = Vec::new();
        for account in &mut accounts {
            for number in 0..2 {
                let effect = effect_of(kind, account.user.id.as_str(), number);
                account.effects.push(effect.clone());
                of_kind.push(effect);
            }
        }
        expected.push((kind, of_kind));
    }
    assert_eq!(subject.import(&accounts[..2]).await, [IMPORTED; 2]);
    assert_eq!(subject.import(&accounts[2..]).await, [IMPORTED]);
    for (kind, expected) in expected {
        assert_eq!(pending(&subject.outbox, kind).await, expected);
    }
}

pub async fn a_held_effect_is_held_from_its_import_on(subject: &UserTransferUnderTest) {
    let relation = EffectKind::Relation;
    let mut accounts = people(["ada", "grace"]);
    accounts[0].effects = vec![held_effect("ada", 1, FAR_AHEAD)];
    accounts[1].effects = vec![effect_of(relation, "grace", 0)];
    assert_eq!(subject.import(&accounts).await, [IMPORTED; 2]);
    let due = || pending(&subject.outbox, relation);
    assert_eq!(due().await, [effect_of(relation, "grace", 0)]);
    let let_go = subject.outbox.let_go(relation, hold_name(1));
    let_go.await.unwrap();
    let both = ["ada", "grace"].map(|key| effect_of(relation, key, 0));
    assert_eq!(due().await, both);
}

pub async fn only_the_imported_have_effects(subject: &UserTransferUnderTest) {
    subject.insert(user("ada")).await;
    let taken = with_username("grace", "ADA");
    let accounts: Vec<_> = [user("ada"), taken, user("mary"), user("mary")]
        .into_iter()
        .enumerate()
        .map(|(number, user)| {
            let effects = vec![effect(user.id.as_str(), number as u64)];
            Arrival {
                user,
                has_id: true,
                effects,
            }
        })
        .collect();
    let outcomes = subject.import(&accounts).await;
    assert_eq!(outcomes, [THERE, USERNAME, IMPORTED, THERE]);
    assert_eq!(subject.effects().await, accounts[2].effects);
    assert_eq!(subject.import(&accounts).await[2], THERE);
    assert_eq!(subject.effects().await, accounts[2].effects);
}
