//! The contract of the port.

use std::sync::Arc;

use users_domain::model::UserId;
use users_test_platform::SpiceDb;
use users_testkit::contract::{Elsewhere, Known, PlatformRelationsUnderTest};

use crate::fixture::{KEY, adapter, id, server};

users_testkit::platform_relations_contract!(subject());

fn subject() -> PlatformRelationsUnderTest {
    let server = server();
    let (going, coming) = (server.clone(), server.clone());
    let seen = server.clone();
    PlatformRelationsUnderTest {
        relations: Arc::new(adapter(&server)),
        known: Box::new(move |user| {
            let has = |relation: &str| {
                let relationship = format!("platform:magistrala#{relation}@user:{user}");
                seen.relationships().contains(&relationship)
            };
            match (has("member"), has("administrator")) {
                (false, false) => Known::Not,
                (true, false) => Known::Member,
                (true, true) => Known::Administrator,
                (false, true) => Known::AdministratorOnly,
            }
        }),
        elsewhere: Some(elsewhere(&server)),
        // The last one would be everybody.
        beyond: ["a b", "a:b", "ä", "", "*"].map(id).into(),
        outage: Some((
            Box::new(move || going.go_away()),
            Box::new(move || coming.come_back()),
        )),
        secrets: vec![KEY.to_owned()],
        keep: Box::new(server),
    }
}

fn elsewhere(server: &SpiceDb) -> Elsewhere {
    let (giving, making, seen) = (server.clone(), server.clone(), server.clone());
    Elsewhere {
        relate: Box::new(move |user: &UserId| {
            giving.give_role("domain-admin", user.as_str());
            giving.give_role("group-viewer", user.as_str());
        }),
        is_related: Box::new(move |user: &UserId| {
            let subject = format!("#member@user:{user}");
            let is_role = |relationship: &String| {
                relationship.starts_with("role:") && relationship.ends_with(&subject)
            };
            seen.relationships().iter().any(is_role)
        }),
        make_administrator_only: Box::new(move |user: &UserId| {
            making.relate("administrator", user.as_str());
        }),
    }
}
