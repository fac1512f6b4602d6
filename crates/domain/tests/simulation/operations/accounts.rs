//! Making accounts and seeing which there are.

use users_domain::model::{
    Caller, ConflictField, PersonName, RequestContext, User, UserFilter, UserId, UserQuery,
    Username,
};
use users_domain::services::{AdministratorOutcome, FirstAdministrator};
use users_domain::{Error, Users};
use users_testkit::people;

use super::super::world::{Attempt, World};
use super::{Operation, Start, failed, lesson};

pub(super) fn register(world: &World, users: Users) -> Attempt {
    let name = world.somebody();
    let start = Start::now(world);
    Box::pin(async move {
        let new = people::new_user(&name);
        let context = RequestContext::default();
        let answer = users
            .registration
            .create(&context, &Caller::Anonymous, new)
            .await;
        lesson(move |world| match answer {
            Ok(user) => {
                world.ledger.confirm(&user);
                world.acknowledged(Operation::Register);
                assert!(world.registered.insert(user.id), "an id is given once");
            }
            Err(Error::Conflict { field }) => {
                assert!(is_taken(world, start, field, &name), "{name} is free");
            }
            Err(error) => failed(&error),
        })
    })
}

fn is_taken(world: &World, start: Start, field: ConflictField, name: &str) -> bool {
    let email = people::email_of(name);
    let has = |user: &User| match field {
        ConflictField::Email => user.email.as_str().eq_ignore_ascii_case(&email),
        ConflictField::Username => {
            let username = user.username.as_ref().unwrap();
            username.as_str().eq_ignore_ascii_case(name)
        }
        ConflictField::Id => false,
    };
    let accounts = world.ledger.accounts();
    accounts
        .iter()
        .any(|id| world.ledger.was(id, start.moment, has))
}

pub(super) fn list(world: &World, users: Users) -> Attempt {
    let at_least = world.registered.len() as u64;
    Box::pin(async move {
        let query = UserQuery {
            filter: UserFilter::default(),
            limit: 100,
            ..UserQuery::default()
        };
        let context = RequestContext::default();
        let answer = users
            .directory
            .list(&context, &Caller::Operator, &query)
            .await;
        lesson(move |_| match answer {
            Ok(page) => {
                assert!(page.total >= at_least, "accounts are missing");
                let mut ids: Vec<UserId> = page.items.into_iter().map(|user| user.id).collect();
                let listed = ids.len();
                ids.sort();
                ids.dedup();
                assert_eq!(ids.len(), listed, "an account is listed twice");
            }
            Err(error) => failed(&error),
        })
    })
}

pub(super) fn ensure_administrator(users: Users) -> Attempt {
    Box::pin(async move {
        let wanted = first_administrator();
        let context = RequestContext::default();
        let answer = users
            .registration
            .ensure_administrator(&context, &wanted)
            .await;
        lesson(move |world| match answer {
            Ok(AdministratorOutcome::Created(_)) => {
                world.acknowledged(Operation::EnsureAdministrator);
            }
            // He may have been demoted since, or have another address.
            Ok(
                AdministratorOutcome::Exists { .. } | AdministratorOutcome::OtherAdministrators(_),
            ) => {
                assert!(!world.ledger.administrators().is_empty());
            }
            Ok(outcome) => panic!("{outcome:?}"),
            Err(error) => failed(&error),
        })
    })
}

fn first_administrator() -> FirstAdministrator {
    FirstAdministrator {
        email: people::email_of("admin"),
        username: Username::parse("admin").unwrap(),
        first_name: PersonName::parse("first_name", "Super").unwrap(),
        last_name: PersonName::parse("last_name", "User").unwrap(),
        password: people::accepted_password_of("admin"),
    }
}
