//! Addresses and usernames: unique without ASCII case among what is written.

use users_domain::model::{ConflictField, Email, PersonName, Status, User, Username};

use super::UserStoreUnderTest;
use crate::contract::material::{assert_taken, decide};
use crate::people::user;

fn email(text: &str) -> Email {
    Email::from_stored(text.to_owned())
}

fn username(text: &str) -> Username {
    Username::from_stored(text.to_owned())
}

fn with_email(name: &str, text: &str) -> User {
    User {
        email: email(text),
        ..user(name)
    }
}

fn with_username(name: &str, text: &str) -> User {
    User {
        username: Some(username(text)),
        ..user(name)
    }
}

pub async fn a_taken_email_is_refused(subject: &UserStoreUnderTest) {
    subject.insert(with_email("ada", "Ada@Example.com")).await;
    for taken in ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"] {
        let account = with_email("grace", taken);
        subject
            .assert_insert_refused(account, ConflictField::Email)
            .await;
    }
}

pub async fn a_taken_username_is_refused(subject: &UserStoreUnderTest) {
    subject.insert(with_username("ada", "AdaL")).await;
    for taken in ["AdaL", "adal", "ADAL"] {
        let account = with_username("grace", taken);
        subject
            .assert_insert_refused(account, ConflictField::Username)
            .await;
    }
}

pub async fn where_both_are_taken_the_email_is_named(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    let joan = subject.insert(user("joan")).await;
    for (address, name) in [("ada@example.com", "ada"), ("ada@example.com", "Joan")] {
        let account = User {
            email: email(address),
            username: Some(username(name)),
            ..user("grace")
        };
        subject
            .assert_insert_refused(account, ConflictField::Email)
            .await;
    }
    let change = decide(|user| {
        user.username = Some(username("ada"));
        user.email = email("ADA@example.com");
    });
    assert_taken(&subject.update(&joan, change).await, ConflictField::Email);
}

pub async fn names_of_accounts_of_any_status_are_taken(subject: &UserStoreUnderTest) {
    for status in [Status::Disabled, Status::Deleted] {
        let name = status.as_str();
        let account = User {
            status,
            ..user(name)
        };
        subject.insert(account.clone()).await;
        let same_email = with_email("grace", account.email.as_str());
        subject
            .assert_insert_refused(same_email, ConflictField::Email)
            .await;
        let same_name = with_username("grace", name);
        subject
            .assert_insert_refused(same_name, ConflictField::Username)
            .await;
    }
}

pub async fn names_that_differ_in_more_than_ascii_case_are_free(subject: &UserStoreUnderTest) {
    let names = [
        "ada",
        "äda",
        "Äda",
        "a_a",
        "a%a",
        "ada ",
        " ada",
        "adа",
        "ad\u{131}",
        "a",
    ];
    for (number, name) in names.iter().enumerate() {
        let account = User {
            email: email(&format!("{name}@example.com")),
            username: Some(username(name)),
            ..user(&format!("user{number}"))
        };
        subject.insert(account).await;
    }
}

pub async fn an_address_may_be_the_username_of_another(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    subject
        .insert(with_username("grace", "ada@example.com"))
        .await;
}

pub async fn accounts_without_username_take_none(subject: &UserStoreUnderTest) {
    for name in ["ada", "grace", "joan"] {
        let account = User {
            username: None,
            ..user(name)
        };
        subject.insert(account).await;
    }
}

pub async fn a_change_to_a_taken_name_is_refused(subject: &UserStoreUnderTest) {
    subject.insert(user("ada")).await;
    let grace = subject.insert(user("grace")).await;
    for taken in ["ada@example.com", "ADA@example.com"] {
        let change = decide(|user| user.email = email(taken));
        assert_taken(&subject.update(&grace, change).await, ConflictField::Email);
    }
    for taken in ["ada", "Ada"] {
        let change = decide(|user| user.username = Some(username(taken)));
        assert_taken(
            &subject.update(&grace, change).await,
            ConflictField::Username,
        );
    }
    assert_eq!(subject.get(&grace.id).await, grace);
}

pub async fn a_change_to_ones_own_name_in_another_case_is_free(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let change = decide(|user| {
        user.email = email("ADA@example.com");
        user.username = Some(username("Ada"));
    });
    let changed = subject.update(&ada, change).await.unwrap();
    assert_eq!(changed.email, email("ADA@example.com"));
    assert_eq!(subject.get(&ada.id).await, changed);
}

pub async fn a_name_given_up_is_free(subject: &UserStoreUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let change = decide(|user| {
        user.email = email("lovelace@example.com");
        user.username = None;
    });
    subject.update(&ada, change).await.unwrap();
    let heir = User {
        email: ada.email,
        username: ada.username,
        ..user("grace")
    };
    subject.insert(heir).await;
}

/// Two rows of an older program whose names differ by case only.
fn put_twins(subject: &UserStoreUnderTest) -> [User; 2] {
    [("1", "ADA"), ("2", "ada")].map(|(name, spelling)| {
        let twin = User {
            email: email(&format!("{spelling}@example.com")),
            username: Some(username(spelling)),
            ..user(name)
        };
        (subject.put_raw)(twin.clone());
        twin
    })
}

pub async fn twins_may_change_their_other_fields(subject: &UserStoreUnderTest) {
    for twin in put_twins(subject) {
        let change = decide(|user| user.last_name = PersonName::from_stored("King".to_owned()));
        let changed = subject.update(&twin, change).await.unwrap();
        assert_eq!(
            (&changed.email, &changed.username),
            (&twin.email, &twin.username)
        );
        assert_eq!(subject.get(&twin.id).await, changed);
    }
    // One of the two names may be mended, though the other is still shared.
    let [one, _] = put_twins(subject);
    let change = decide(|user| user.username = Some(username("free")));
    subject.update(&one, change).await.unwrap();
}

pub async fn twins_take_their_name_from_everybody_and_from_each_other(
    subject: &UserStoreUnderTest,
) {
    let [one, _] = put_twins(subject);
    for taken in ["ada", "ADA", "Ada"] {
        let address = format!("{taken}@example.com");
        let account = with_email("grace", &address);
        subject
            .assert_insert_refused(account, ConflictField::Email)
            .await;
        let account = with_username("grace", taken);
        subject
            .assert_insert_refused(account, ConflictField::Username)
            .await;
    }
    let change = decide(|user| user.email = email("Ada@Example.com"));
    assert_taken(&subject.update(&one, change).await, ConflictField::Email);
    let change = decide(|user| user.username = Some(username("Ada")));
    assert_taken(&subject.update(&one, change).await, ConflictField::Username);
}
