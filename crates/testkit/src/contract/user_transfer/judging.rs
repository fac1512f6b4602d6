//! What becomes of an account that comes in: the answers, and whose names refuse it.

use users_domain::model::{Email, ImportOutcome, PersonName, Status, User};
use users_domain::ports::ImportMode;

use super::{
    EMAIL, ID, IMPORTED, THERE, USERNAME, UserTransferUnderTest, id, numbered, plain, with_email,
    with_username,
};
use crate::people::user;

impl UserTransferUnderTest {
    /// One account must have this outcome, in a dry run as in earnest; changes nothing if refused.
    async fn judge(&self, user: User, expected: ImportOutcome) {
        let before = self.everybody().await;
        let account = [plain(user.clone())];
        let mut dry_run = self.begin(ImportMode::DryRun).await;
        assert_eq!(dry_run.add(&account).await.unwrap(), [expected], "{user:?}");
        assert_eq!(self.import(&account).await, [expected], "{user:?}");
        if expected != IMPORTED {
            assert_eq!(self.everybody().await, before);
        }
    }
}

pub async fn outcomes_are_in_the_order_of_the_accounts(subject: &UserTransferUnderTest) {
    for number in (0..300).step_by(3) {
        subject.insert(numbered("user", number).user).await;
    }
    let mut accounts = Vec::new();
    let mut expected = Vec::new();
    // Backwards, so that no sorting by the store goes unseen.
    for number in (0..300).rev() {
        let account = numbered("user", number);
        let (account, outcome) = match number % 6 {
            0 => (account, THERE),
            3 => (
                plain(User {
                    id: id(&format!("other{number}")),
                    ..account.user
                }),
                EMAIL,
            ),
            _ => (account, IMPORTED),
        };
        accounts.push(account);
        expected.push(outcome);
    }
    assert_eq!(subject.import(&accounts).await, expected);
}

pub async fn the_same_id_and_address_is_there_already_and_stays_as_it_is(
    subject: &UserTransferUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let changed = User {
        first_name: PersonName::from_stored("Another".to_owned()),
        status: Status::Deleted,
        secret: None,
        ..user("ada")
    };
    subject.judge(changed.clone(), THERE).await;
    let in_other_case = User {
        email: Email::from_stored("ADA@Example.com".to_owned()),
        ..changed.clone()
    };
    subject.judge(in_other_case, THERE).await;
    // Its username may have changed since, to one that is taken even.
    subject.insert(user("grace")).await;
    let renamed = User {
        username: user("grace").username,
        ..changed
    };
    subject.judge(renamed, THERE).await;
    assert_eq!(subject.get(&ada.id).await, ada);
}

pub async fn a_taken_id_is_refused(subject: &UserTransferUnderTest) {
    let ada = subject.insert(user("ada")).await;
    let other = User {
        id: ada.id.clone(),
        ..user("other")
    };
    subject.judge(other, ID).await;
    let in_other_case = User {
        id: id("ID-OF-ADA"),
        ..user("other")
    };
    subject.judge(in_other_case, IMPORTED).await;
    assert_eq!(subject.get(&ada.id).await, ada);
}

pub async fn a_taken_address_is_refused_without_case(subject: &UserTransferUnderTest) {
    subject.insert(with_email("ada", "Ada@Example.com")).await;
    for email in ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"] {
        subject.judge(with_email("other", email), EMAIL).await;
    }
}

pub async fn a_taken_username_is_refused_without_case(subject: &UserTransferUnderTest) {
    subject.insert(with_username("ada", "AdaL")).await;
    for username in ["AdaL", "adal", "ADAL"] {
        subject
            .judge(with_username("other", username), USERNAME)
            .await;
    }
}

pub async fn where_several_are_taken_the_first_of_id_address_and_username_is_named(
    subject: &UserTransferUnderTest,
) {
    let ada = subject.insert(user("ada")).await;
    let grace = subject.insert(user("grace")).await;
    let all = User {
        id: ada.id.clone(),
        ..user("grace")
    };
    subject.judge(all, ID).await;
    let names = User {
        email: grace.email.clone(),
        username: ada.username.clone(),
        ..user("other")
    };
    subject.judge(names, EMAIL).await;
    let id_and_username = User {
        id: ada.id,
        username: grace.username,
        ..user("other")
    };
    subject.judge(id_and_username, ID).await;
}

/// Accounts of which each depends on those before it, and what becomes of them.
pub(super) fn entangled() -> Vec<(User, ImportOutcome)> {
    vec![
        (user("ada"), IMPORTED),
        (user("ada"), THERE),
        (with_email("ada", "ADA@example.com"), THERE),
        (with_email("ada", "elsewhere@example.com"), ID),
        (with_email("grace", "Ada@Example.com"), EMAIL),
        (with_username("grace", "ADA"), USERNAME),
        (user("grace"), IMPORTED),
        (with_username("mary", "grace"), USERNAME),
        (with_email("mary", "grace@EXAMPLE.com"), EMAIL),
        (user("mary"), IMPORTED),
        (user("grace"), THERE),
    ]
}

pub async fn those_before_in_the_same_call_count_as_there(subject: &UserTransferUnderTest) {
    let (users, expected): (Vec<_>, Vec<_>) = entangled().into_iter().unzip();
    let accounts: Vec<_> = users.into_iter().map(plain).collect();
    assert_eq!(subject.import(&accounts).await, expected);
    let names: Vec<_> = ["ada", "grace", "mary"].map(user).to_vec();
    assert_eq!(subject.everybody().await, names);
}

pub async fn those_of_earlier_calls_count_as_there(subject: &UserTransferUnderTest) {
    let mut import = subject.begin(ImportMode::Write).await;
    for (user, expected) in entangled() {
        assert_eq!(import.add(&[plain(user)]).await.unwrap(), [expected]);
    }
    import.finish().await.unwrap();
    let names: Vec<_> = ["ada", "grace", "mary"].map(user).to_vec();
    assert_eq!(subject.everybody().await, names);
}

pub async fn what_is_refused_takes_no_names(subject: &UserTransferUnderTest) {
    subject.insert(user("ada")).await;
    let refused = User {
        email: user("grace").email,
        id: id("id-of-grace"),
        username: user("ada").username,
        ..user("grace")
    };
    let taken_id = User {
        id: user("ada").id,
        ..user("mary")
    };
    let accounts = [refused, user("grace"), taken_id, user("mary")].map(plain);
    let outcomes = subject.import(&accounts).await;
    assert_eq!(outcomes, [USERNAME, IMPORTED, ID, IMPORTED]);
}

pub async fn names_of_accounts_of_any_status_refuse(subject: &UserTransferUnderTest) {
    for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
        let name = status.as_str();
        let there = User {
            status,
            ..user(name)
        };
        subject.insert(there.clone()).await;
        let email = there.email.as_str();
        subject.judge(with_email("other", email), EMAIL).await;
        subject.judge(with_username("other", name), USERNAME).await;
    }
}

pub async fn what_differs_in_more_than_ascii_case_may_come_in(subject: &UserTransferUnderTest) {
    for (number, name) in ["ä", "Ä", "ß", "ss", "ﬁ", "fi", "İ", "i", "\u{212a}", "k"]
        .iter()
        .enumerate()
    {
        let account = User {
            id: id(&format!("{number}")),
            email: Email::from_stored(format!("{name}@example.com")),
            ..with_username("other", name)
        };
        subject.judge(account, IMPORTED).await;
    }
    subject.assert_no_twins().await;
}

pub async fn an_address_may_come_in_that_is_the_username_of_another(
    subject: &UserTransferUnderTest,
) {
    subject
        .insert(with_username("ada", "grace@example.com"))
        .await;
    subject.judge(user("grace"), IMPORTED).await;
    subject
        .judge(with_username("mary", "ada@example.com"), IMPORTED)
        .await;
}

pub async fn accounts_without_username_may_come_in(subject: &UserTransferUnderTest) {
    let nameless = |name: &str| User {
        username: None,
        ..user(name)
    };
    subject.insert(nameless("ada")).await;
    let accounts = ["grace", "mary"].map(nameless).map(plain);
    assert_eq!(subject.import(&accounts).await, [IMPORTED; 2]);
    subject.judge(nameless("joan"), IMPORTED).await;
}

pub async fn twins_that_are_there_refuse_a_third_and_are_there_themselves(
    subject: &UserTransferUnderTest,
) {
    let twins = [
        User {
            email: Email::from_stored("ada@example.com".to_owned()),
            ..with_username("one", "ada")
        },
        User {
            email: Email::from_stored("ADA@example.com".to_owned()),
            ..with_username("two", "ADA")
        },
    ];
    for twin in &twins {
        (subject.put_raw)(twin.clone());
    }
    let third = with_email("three", "Ada@example.com");
    let fourth = with_username("four", "Ada");
    let accounts = [twins[1].clone(), third, fourth, twins[0].clone()].map(plain);
    let outcomes = subject.import(&accounts).await;
    assert_eq!(outcomes, [THERE, EMAIL, USERNAME, THERE]);
    let ids = subject.everybody().await;
    assert_eq!(ids, twins);
}
