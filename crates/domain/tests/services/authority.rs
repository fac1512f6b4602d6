//! Who administers, where a platform has a say in it.

use std::sync::Arc;

use users_domain::authorization::Operation;
use users_domain::model::{Caller, Role, TokenKind, User, UserId};
use users_domain::ports::{Platform, PlatformError, Ports};
use users_domain::{Error, Settings, Users};
use users_testkit::mocks::MockPlatformAuthority;
use users_testkit::{Fakes, people};

use crate::{assert_forbidden, assert_unavailable, context, fakes_with, signed_in};

/// Where it makes a difference that somebody administers.
const ASKED: [Operation; 11] = [
    Operation::Create,
    Operation::View,
    Operation::List,
    Operation::Update,
    Operation::UpdateUsername,
    Operation::UpdateProfilePicture,
    Operation::UpdateTags,
    Operation::UpdateEmail,
    Operation::UpdateRole,
    Operation::Disable,
    Operation::Delete,
];

fn services(fakes: &Fakes, authority: MockPlatformAuthority) -> Users {
    let ports = Ports {
        platform: Platform {
            authority: Some(Arc::new(authority)),
            ..Platform::default()
        },
        ..fakes.ports()
    };
    Users::new(ports, Settings::default())
}

fn authority(answer: Result<bool, PlatformError>) -> MockPlatformAuthority {
    let mut authority = MockPlatformAuthority::new();
    authority
        .expect_is_administrator()
        .withf(|user: &UserId| *user == people::id_of("root"))
        .returning(move |_| answer);
    authority
}

fn root_and_ada() -> Fakes {
    fakes_with([people::an_admin("root"), people::user("ada")])
}

async fn identify(
    fakes: &Fakes,
    users: &Users,
    name: &str,
    operation: Operation,
) -> Result<Caller, Error> {
    let pair = signed_in(fakes, name).await;
    users.access.identify(operation, Some(&pair.access)).await
}

#[tokio::test]
async fn who_is_administrator_by_account_and_platform_is_one() {
    let fakes = root_and_ada();
    let users = services(&fakes, authority(Ok(true)));
    for operation in ASKED {
        let caller = identify(&fakes, &users, "root", operation).await.unwrap();
        assert!(caller.is_administrator(), "{operation:?}");
    }
}

#[tokio::test]
async fn whom_the_platform_does_not_know_as_one_is_none() {
    let fakes = root_and_ada();
    let users = services(&fakes, authority(Ok(false)));
    for operation in [Operation::List, Operation::UpdateRole, Operation::Enable] {
        let refused = identify(&fakes, &users, "root", operation).await;
        assert_forbidden(&refused);
    }
    // What he may do as anybody else he may.
    for operation in [Operation::View, Operation::Update] {
        let caller = identify(&fakes, &users, "root", operation).await.unwrap();
        assert!(!caller.is_administrator(), "{operation:?}");
    }
    let caller = identify(&fakes, &users, "root", Operation::Delete).await;
    let (caller, somebody) = (caller.unwrap(), people::id_of("ada"));
    let administration = users.administration;
    let refused = administration
        .delete(&context(), &caller, &somebody, None)
        .await;
    assert_forbidden(&refused);
}

#[tokio::test]
async fn nobody_gives_a_role_away_who_the_platform_does_not_know_as_administrator() {
    let fakes = root_and_ada();
    let users = services(&fakes, authority(Ok(false)));
    let caller = identify(&fakes, &users, "root", Operation::Create).await;
    let mut new = people::new_user("grace");
    new.role = Role::Admin;
    let (registration, caller) = (users.registration, caller.unwrap());
    let made = registration.create(&context(), &caller, new).await;
    assert_forbidden(&made);
}

#[tokio::test]
async fn an_authority_that_is_away_is_told_apart_from_a_refusal() {
    let fakes = root_and_ada();
    for error in [PlatformError::Unavailable, PlatformError::Refused] {
        let users = services(&fakes, authority(Err(error)));
        for operation in ASKED {
            let refused = identify(&fakes, &users, "root", operation).await;
            assert_unavailable(&refused, "platform authority");
        }
    }
}

#[tokio::test]
async fn while_the_authority_is_away_an_administrator_has_his_own_account_as_everybody_has() {
    let fakes = root_and_ada();
    let (root, ada) = (people::id_of("root"), people::id_of("ada"));
    let token = signed_in(&fakes, "root").await.access;
    for (answer, is_administrator) in [
        (Err(PlatformError::Unavailable), false),
        (Ok(false), false),
        (Ok(true), true),
    ] {
        let users = services(&fakes, authority(answer));
        for operation in [
            Operation::View,
            Operation::Update,
            Operation::UpdateEmail,
            Operation::Disable,
            Operation::Delete,
        ] {
            let access = &users.access;
            let own = access.identify_on(operation, Some(&token), Some(&root));
            let own = own.await.unwrap();
            assert_eq!(own.is_administrator(), is_administrator, "{operation:?}");
            let others = access.identify_on(operation, Some(&token), Some(&ada));
            match answer {
                Err(_) => assert_unavailable(&others.await, "platform authority"),
                Ok(_) => drop(others.await.unwrap()),
            }
        }
        // Owning an account gives no right to these.
        for operation in [Operation::UpdateRole, Operation::Enable] {
            let access = &users.access;
            let own = access
                .identify_on(operation, Some(&token), Some(&root))
                .await;
            match answer {
                Err(_) => assert_unavailable(&own, "platform authority"),
                Ok(false) => assert_forbidden(&own),
                Ok(true) => drop(own.unwrap()),
            }
        }
    }
}

#[tokio::test]
async fn who_is_administrator_but_not_verified_waits_for_the_authority() {
    let unverified = User {
        verified_at: None,
        ..people::an_admin("root")
    };
    let fakes = fakes_with([unverified]);
    let token = signed_in(&fakes, "root").await.access;
    let users = services(&fakes, authority(Err(PlatformError::Unavailable)));
    let root = people::id_of("root");
    let own = users
        .access
        .identify_on(Operation::Update, Some(&token), Some(&root));
    assert_unavailable(&own.await, "platform authority");
}

#[tokio::test]
async fn nobody_is_asked_about_others_or_where_it_makes_no_difference() {
    let fakes = root_and_ada();
    // Every question would be one too many.
    let users = services(&fakes, MockPlatformAuthority::new());
    for operation in [
        Operation::ViewProfile,
        Operation::Search,
        Operation::ListRefreshTokens,
        Operation::UpdateSecret,
        Operation::SendVerification,
    ] {
        let caller = identify(&fakes, &users, "root", operation).await.unwrap();
        assert!(caller.is_administrator(), "{operation:?}");
    }
    for operation in [Operation::View, Operation::Update, Operation::Delete] {
        let caller = identify(&fakes, &users, "ada", operation).await.unwrap();
        assert!(!caller.is_administrator(), "{operation:?}");
    }
    assert_forbidden(&identify(&fakes, &users, "ada", Operation::List).await);
}

#[tokio::test]
async fn who_may_not_in_any_case_costs_no_question() {
    let fakes = root_and_ada();
    let users = services(&fakes, MockPlatformAuthority::new());
    let root = people::id_of("root");
    let token = fakes.tokens.token(&root, TokenKind::PersonalAccess);
    let refused = users.access.identify(Operation::UpdateRole, Some(&token));
    assert_forbidden(&refused.await);
}

#[tokio::test]
async fn an_unproven_address_is_passed_over_for_whom_the_platform_knows_as_administrator() {
    let mut root = people::an_admin("root");
    root.verified_at = None;
    let fakes = fakes_with([root]);
    let users = services(&fakes, authority(Ok(true)));
    identify(&fakes, &users, "root", Operation::Search)
        .await
        .unwrap();
    let users = services(&fakes, authority(Ok(false)));
    let refused = identify(&fakes, &users, "root", Operation::Search).await;
    assert!(
        matches!(refused, Err(Error::EmailNotVerified)),
        "{refused:?}"
    );
}
