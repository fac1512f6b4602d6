//! Looking at accounts.

use std::sync::Arc;

use serde_json::json;
use users_domain::error::Unauthenticated;
use users_domain::model::{
    Caller, Metadata, Order, Position, Role, Sort, SortDirection, Status, TagFilter, TokenKind,
    User, UserFilter, UserQuery,
};
use users_domain::ports::{Ports, StoreError};
use users_domain::{Error, Settings, Users};
use users_testkit::fakes::RecordingReadEvents;
use users_testkit::mocks::{MockOutbox, MockUserStore};
use users_testkit::{Fakes, people};

use crate::{
    administrator, assert_forbidden, assert_invalid, assert_unauthenticated, assert_unavailable,
    context, fakes_with, said, waiting,
};

/// Services that never ask the store.
fn without_store(fakes: &Fakes) -> Users {
    let ports = Ports {
        users: Arc::new(MockUserStore::new()),
        outbox: Arc::new(MockOutbox::new()),
        ..fakes.ports()
    };
    Users::new(ports, Settings::default())
}

#[test]
fn a_person_sees_his_own_account_as_it_was_loaded() {
    let fakes = Fakes::new();
    let account = people::an_unverified_user("ada");
    let caller = people::principal(account.clone(), TokenKind::Access);
    let directory = without_store(&fakes).directory;
    assert_eq!(
        directory.view_profile(&context(), &caller).unwrap(),
        account
    );
}

#[test]
fn who_looked_at_his_account_is_noted_without_what_is_private() {
    let fakes = Fakes::new();
    let account = User {
        private_metadata: Metadata::parse("private_metadata", r#"{"secret":1}"#).unwrap(),
        ..people::ada()
    };
    let directory = without_store(&fakes).directory;
    for (kind, name) in [
        (TokenKind::Access, "access token"),
        (TokenKind::PersonalAccess, "pat"),
    ] {
        let caller = people::principal(account.clone(), kind);
        directory.view_profile(&context(), &caller).unwrap();
        let notes = fakes.read_events.take();
        assert_eq!((notes.len(), notes[0].key()), (1, "id-of-ada"));
        let occurred_at = 1_767_225_600_000_000_000_i64;
        let expected = json!({
            "operation": "user.view_profile",
            "event_id": notes[0].id().to_string(),
            "occurred_at": occurred_at,
            "request_id": "request-1",
            "id": "id-of-ada",
            "first_name": "Ada",
            "username": "ada",
            "email": "ada@example.com",
            "metadata": {},
            "status": "enabled",
            "created_at": "2026-01-01T00:00:00Z",
            "token_type": name,
            "super_admin": false,
        });
        assert_eq!(said(&notes[0]), expected);
    }
}

#[test]
fn who_has_no_account_has_no_profile() {
    let fakes = Fakes::new();
    let directory = without_store(&fakes).directory;
    for caller in [Caller::Anonymous, Caller::Operator] {
        let answer = directory.view_profile(&context(), &caller);
        assert_unauthenticated(&answer, Unauthenticated::MissingToken);
    }
    assert!(fakes.read_events.notes().is_empty());
}

#[test]
fn a_full_journal_keeps_nobody_from_looking() {
    let fakes = Fakes {
        read_events: RecordingReadEvents::bounded(0),
        ..Fakes::new()
    };
    let caller = people::principal(people::ada(), TokenKind::Access);
    let directory = fakes.users().directory;
    directory.view_profile(&context(), &caller).unwrap();
}

#[tokio::test]
async fn administrators_and_the_operator_see_lists() {
    let accounts = ["ada", "grace", "root"].map(people::an_admin);
    let fakes = fakes_with(accounts.clone());
    let query = UserQuery {
        sort: Sort {
            order: Order::Username,
            direction: SortDirection::Ascending,
        },
        limit: 2,
        ..UserQuery::default()
    };
    for caller in [administrator(), Caller::Operator] {
        let directory = fakes.users().directory;
        let page = directory.list(&context(), &caller, &query).await.unwrap();
        assert_eq!((page.items.as_slice(), page.total), (&accounts[..2], 3));
    }
}

#[tokio::test]
async fn nobody_else_sees_lists_and_the_store_is_not_asked() {
    let fakes = Fakes::new();
    let directory = without_store(&fakes).directory;
    let query = UserQuery::default();
    let anonymous = directory.list(&context(), &Caller::Anonymous, &query).await;
    assert_unauthenticated(&anonymous, Unauthenticated::MissingToken);
    let ada = people::principal(people::ada(), TokenKind::Access);
    assert_forbidden(&directory.list(&context(), &ada, &query).await);
    let unverified = people::principal(people::an_unverified_user("ada"), TokenKind::Access);
    let answer = directory.list(&context(), &unverified, &query).await;
    assert!(matches!(answer, Err(Error::EmailNotVerified)), "{answer:?}");
    assert!(fakes.read_events.notes().is_empty());
}

#[tokio::test]
async fn a_page_has_a_limit_and_beyond_it_the_store_is_not_asked() {
    let fakes = Fakes::new();
    let query = |limit| UserQuery {
        limit,
        ..UserQuery::default()
    };
    let answer = without_store(&fakes)
        .directory
        .list(&context(), &administrator(), &query(101))
        .await;
    assert_invalid(&answer, "limit");
    for limit in [0, 1, 100] {
        let directory = fakes.users().directory;
        directory
            .list(&context(), &administrator(), &query(limit))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn who_looked_for_what_is_noted() {
    let fakes = fakes_with([people::ada()]);
    let query = UserQuery {
        filter: UserFilter {
            status: None,
            role: Some(Role::User),
            username: Some("ad".to_owned()),
            email: Some("@example".to_owned()),
            first_name: Some("A".to_owned()),
            last_name: Some("E".to_owned()),
            tags: Some(TagFilter::Any(vec!["a".to_owned(), "b".to_owned()])),
            ..UserFilter::default()
        },
        sort: Sort {
            order: Order::Email,
            direction: SortDirection::Ascending,
        },
        position: Position::Offset(3),
        limit: 7,
    };
    let directory = fakes.users().directory;
    directory
        .list(&context(), &administrator(), &query)
        .await
        .unwrap();
    let notes = fakes.read_events.take();
    assert_eq!((notes.len(), notes[0].key()), (1, "id-of-root"));
    let occurred_at = 1_767_225_600_000_000_000_i64;
    let expected = json!({
        "operation": "user.list",
        "event_id": notes[0].id().to_string(),
        "occurred_at": occurred_at,
        "request_id": "request-1",
        "total": 0,
        "offset": 3,
        "limit": 7,
        "order": "email",
        "dir": "asc",
        "status": "all",
        "first_name": "A",
        "last_name": "E",
        "username": "ad",
        "email": "@example",
        "tags": ["a", "b"],
        "token_type": "access token",
        "super_admin": true,
    });
    assert_eq!(said(&notes[0]), expected);
    assert!(waiting(&fakes).is_empty());
}

#[tokio::test]
async fn a_list_without_conditions_notes_none() {
    let fakes = fakes_with([people::ada(), people::a_disabled_user("grace")]);
    let directory = fakes.users().directory;
    directory
        .list(&context(), &Caller::Operator, &UserQuery::default())
        .await
        .unwrap();
    let note = said(&fakes.read_events.take()[0]);
    assert_eq!(
        (&note["status"], &note["total"]),
        (&json!("enabled"), &json!(1))
    );
    for absent in ["username", "email", "first_name", "last_name", "tags"] {
        assert!(note.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_named_and_nothing_is_noted() {
    let mut store = MockUserStore::new();
    store
        .expect_page()
        .return_once(|_| Err(StoreError::Unavailable));
    let fakes = Fakes::new();
    let ports = Ports {
        users: Arc::new(store),
        ..fakes.ports()
    };
    let directory = Users::new(ports, Settings::default()).directory;
    let query = UserQuery {
        filter: UserFilter {
            status: Some(Status::Deleted),
            ..UserFilter::default()
        },
        ..UserQuery::default()
    };
    let answer = directory.list(&context(), &administrator(), &query).await;
    assert_unavailable(&answer, "user store");
    assert!(fakes.read_events.notes().is_empty());
}
