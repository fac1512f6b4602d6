//! What the platform is told of each look, member for member: nothing private is among it.

use serde_json::{Value, json};
use users_domain::model::{
    Caller, Metadata, Order, Position, Sort, SortDirection, Status, TagFilter, TokenKind, User,
    UserFilter, UserQuery,
};
use users_domain::services::Search;
use users_testkit::{Fakes, people};

use super::events::{KEY, account, ada, only, with, world};
use crate::{administrator, assert_said, context, fakes_with, holder, waiting};

fn assert_noted(fakes: &Fakes, operation: &str, key: &str, expected: &Value) {
    assert_said(&only(fakes.read_events.take()), operation, key, expected);
    assert!(waiting(fakes).is_empty());
}

#[tokio::test]
async fn a_look_at_an_account_prints_what_was_seen_but_nothing_private() {
    let fakes = world();
    let personal = people::principal(ada(), TokenKind::PersonalAccess);
    for (caller, token_type, super_admin) in [
        (holder(&fakes, "ada"), "access token", false),
        (personal, "pat", false),
        (administrator(), "access token", true),
    ] {
        let directory = fakes.users().directory;
        directory
            .view(&context(), &caller, &ada().id)
            .await
            .unwrap();
        let others = json!({
            "private_metadata": null,
            "updated_at": null,
            "updated_by": null,
            "token_type": token_type,
            "super_admin": super_admin,
        });
        let expected = with(account("", false), &others);
        assert_noted(&fakes, "user.view", KEY, &expected);
    }
}

/// Whatever the account's status is: it is not theirs to know.
#[tokio::test]
async fn a_look_by_others_prints_the_public_part() {
    for status in [Status::Enabled, Status::Disabled, Status::Deleted] {
        let fakes = fakes_with([User { status, ..ada() }, people::grace()]);
        let caller = holder(&fakes, "grace");
        let directory = fakes.users().directory;
        directory
            .view(&context(), &caller, &ada().id)
            .await
            .unwrap();
        let expected = json!({
            "id": "id-of-ada",
            "first_name": "Ada",
            "last_name": "Example",
            "username": "ada",
            "metadata": {"n": 1},
            "status": "enabled",
            "token_type": "access token",
            "super_admin": false,
        });
        assert_noted(&fakes, "user.view", KEY, &expected);
    }
}

#[tokio::test]
async fn a_search_says_what_was_looked_for() {
    let fakes = fakes_with(["ada-1", "ada-2", "ada-3"].map(people::user));
    let caller = people::principal(people::grace(), TokenKind::Access);
    let search = Search {
        id: Some("id-of".to_owned()),
        username: Some("ada".to_owned()),
        first_name: Some("a".to_owned()),
        last_name: Some("e".to_owned()),
        offset: 1,
        limit: 7,
    };
    let directory = fakes.users().directory;
    directory
        .search(&context(), &caller, &search)
        .await
        .unwrap();
    let expected = json!({
        "id": "id-of",
        "username": "ada",
        "first_name": "a",
        "last_name": "e",
        "total": 3,
        "offset": 1,
        "limit": 7,
    });
    assert_noted(&fakes, "user.search", "id-of-grace", &expected);
    let search = Search {
        username: Some("nobody".to_owned()),
        ..Search::default()
    };
    directory
        .search(&context(), &Caller::Operator, &search)
        .await
        .unwrap();
    let expected = json!({"username": "nobody", "total": 0, "offset": 0, "limit": 0});
    assert_noted(&fakes, "user.search", "", &expected);
}

#[tokio::test]
async fn a_look_at_a_list_says_which_metadata_was_looked_for() {
    let fakes = fakes_with([ada()]);
    let query = UserQuery {
        filter: UserFilter {
            id: Some("ada".to_owned()),
            metadata: Some(Metadata::parse("metadata", r#"{"n":1}"#).unwrap()),
            tags: Some(TagFilter::All(vec!["a".to_owned()])),
            created_from: ada().created_at,
            ..UserFilter::default()
        },
        sort: Sort {
            order: Order::Id,
            direction: SortDirection::Ascending,
        },
        position: Position::START,
        limit: 10,
    };
    let directory = fakes.users().directory;
    directory
        .list(&context(), &administrator(), &query)
        .await
        .unwrap();
    let expected = json!({
        "total": 1,
        "offset": 0,
        "limit": 10,
        "order": "id",
        "dir": "asc",
        "status": "all",
        "metadata": {"n": 1},
        "tags": ["a"],
        "token_type": "access token",
        "super_admin": true,
    });
    assert_noted(&fakes, "user.list", "id-of-root", &expected);
}
