//! Proof that lists, totals and searches find their rows through indexes, whatever SQLite knows of
//! the file: nothing, or the statistics of ANALYZE.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::debug_query;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use tempfile::TempDir;
use users_domain::model::{
    Cursor, Metadata, Order, Role, Sort, SortDirection, Status, TagFilter, Timestamp, User,
    UserFilter, UserQuery,
};
use users_testkit::people::user;

use crate::candidates::{Candidates, few_of_status_and_role, sources};
use crate::connect::{Access, Connector};
use crate::cursor::behind;
use crate::filter::{Among, Reading, UsersQuery, filtered, listed};
use crate::plans::plan_on;
use crate::row::UserRow;
use crate::schema::users;

const INDEXES: [(Order, &str); 7] = [
    (Order::CreatedAt, "users_created_at_id_idx"),
    (Order::UpdatedAt, "users_updated_at_created_at_id_idx"),
    (Order::FirstName, "users_first_name_id_idx"),
    (Order::LastName, "users_last_name_id_idx"),
    (Order::Username, "users_username_id_idx"),
    // Of the constraints on the e-mail address and the id.
    (Order::Email, "sqlite_autoindex_users_2"),
    (Order::Id, "sqlite_autoindex_users_1"),
];

const FILL: &str = r#"
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000)
    INSERT INTO users (id, email, username, first_name, last_name, tags, metadata, created_at,
        updated_at, status, role)
    SELECT 'id-' || n, 'e' || n || '@example.com', 'name-' || n, 'First ' || (n % 50),
        'Last ' || (n % 70), '["a","t' || (n % 9) || '"]', '{"n":' || n || '}', n,
        CASE n % 2 WHEN 0 THEN n END, (n % 20 = 0), (n % 100 = 0)
    FROM numbers;
"#;

#[derive(QueryableByName)]
struct Trigger {
    #[diesel(sql_type = Text)]
    sql: String,
}

/// A fresh file, and one with accounts of which SQLite has statistics.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["fresh", "full"] {
            crate::migrate::run(&folder.path().join(name)).unwrap();
        }
        let full = Connector::new(&folder.path().join("full"));
        let mut full = full.connect(Access::Write).unwrap();
        full.batch_execute(FILL).unwrap();
        full.batch_execute("ANALYZE").unwrap();
        Self { folder }
    }

    fn connections(&self) -> [SqliteConnection; 2] {
        let open = |path: &Path| Connector::new(path).connect(Access::Read).unwrap();
        ["fresh", "full"].map(|name| open(&self.folder.path().join(name)))
    }
}

fn plan_of(connection: &mut SqliteConnection, query: UsersQuery) -> String {
    let query = query.select(UserRow::as_select());
    plan_on(connection, &debug_query::<Sqlite, _>(&query).to_string())
}

fn every_sort() -> impl Iterator<Item = (Sort, &'static str)> {
    INDEXES.into_iter().flat_map(|(order, index)| {
        [SortDirection::Ascending, SortDirection::Descending]
            .map(|direction| (Sort { order, direction }, index))
    })
}

/// Whose keys are there, and whose are not.
fn everyones_keys() -> [User; 2] {
    let nothing = User {
        username: None,
        created_at: None,
        updated_at: None,
        ..user("nobody")
    };
    let everything = User {
        updated_at: Some(Timestamp::UNIX_EPOCH),
        ..user("ada")
    };
    [nothing, everything]
}

#[test]
fn every_order_is_walked_along_an_index() {
    let filter = UserFilter {
        status: Some(Status::Enabled),
        role: Some(Role::User),
        tags: Some(TagFilter::Any(vec!["a".to_owned()])),
        created_from: Some(Timestamp::UNIX_EPOCH),
        ..UserFilter::default()
    };
    for mut connection in Files::new().connections() {
        for (sort, index) in every_sort() {
            for filter in [&filter, &UserFilter::default()] {
                let query = listed(filter, sort, &Reading::Along);
                let plan = plan_of(&mut connection, query.limit(10).offset(10));
                assert!(
                    plan.contains(&format!("users USING INDEX {index}"))
                        && !plan.contains("TEMP B-TREE"),
                    "{sort:?}\n{plan}"
                );
            }
        }
    }
}

#[test]
fn every_page_behind_a_cursor_begins_in_the_index() {
    for mut connection in Files::new().connections() {
        for (sort, index) in every_sort() {
            for user in everyones_keys() {
                let query = UserQuery {
                    sort,
                    ..UserQuery::default()
                };
                let cursor = Cursor::after(&user, &query.filter, sort);
                let parts = behind(&mut connection, &query, &cursor, &Reading::Along).unwrap();
                assert!(!parts.is_empty());
                for part in parts {
                    let plan = plan_of(&mut connection, part.limit(10));
                    let search = format!("SEARCH users USING INDEX {index}");
                    // At most one row has a certain username.
                    let only = "SEARCH users USING INDEX sqlite_autoindex_users_3 (username=?)";
                    assert!(
                        (plan.contains(&search) || plan.contains(only))
                            && !plan.contains("TEMP B-TREE"),
                        "{sort:?}\n{plan}"
                    );
                }
            }
        }
    }
}

const TEXT: &str = "SCAN users_text VIRTUAL TABLE INDEX";
const TAGS: &str = "SEARCH user_tags USING PRIMARY KEY (tag=?)";
const METADATA: &str = "SEARCH user_metadata USING PRIMARY KEY (term=?)";
const CREATED: &str = "SEARCH one USING COVERING INDEX users_created_at_id_idx";

/// Filters, and the step by which the rows of each are found.
fn searches() -> Vec<(UserFilter, &'static str)> {
    let text = || Some("abcd".to_owned());
    let none = UserFilter::default;
    vec![
        (
            UserFilter {
                id: text(),
                ..none()
            },
            TEXT,
        ),
        (
            UserFilter {
                username: text(),
                ..none()
            },
            TEXT,
        ),
        (
            UserFilter {
                email: text(),
                ..none()
            },
            TEXT,
        ),
        (
            UserFilter {
                first_name: text(),
                ..none()
            },
            TEXT,
        ),
        (
            UserFilter {
                last_name: text(),
                ..none()
            },
            TEXT,
        ),
        (
            UserFilter {
                tags: Some(TagFilter::All(vec!["a".to_owned()])),
                ..none()
            },
            TAGS,
        ),
        (
            UserFilter {
                tags: Some(TagFilter::Any(vec!["a".to_owned()])),
                ..none()
            },
            TAGS,
        ),
        (
            UserFilter {
                metadata: Some(Metadata::from_stored("{\"a\":1}".to_owned())),
                ..none()
            },
            METADATA,
        ),
        (
            UserFilter {
                created_from: Some(Timestamp::UNIX_EPOCH),
                ..none()
            },
            CREATED,
        ),
        (
            UserFilter {
                created_to: Some(Timestamp::UNIX_EPOCH),
                ..none()
            },
            CREATED,
        ),
    ]
}

/// Counted, sorted, and behind a cursor, it is the candidates whose rows are looked at.
fn assert_found_by(
    connection: &mut SqliteConnection,
    filter: &UserFilter,
    candidates: &Candidates,
    step: &str,
) {
    let readings = [Among::Some, Among::Passing].map(|of| Reading::Among(of(candidates.clone())));
    let mut queries = vec![candidates.narrow(filtered(filter))];
    for ((sort, _), reading) in every_sort().flat_map(|sort| readings.each_ref().map(|r| (sort, r)))
    {
        let query = UserQuery {
            filter: filter.clone(),
            sort,
            ..UserQuery::default()
        };
        queries.push(listed(filter, sort, reading).limit(10));
        for user in everyones_keys() {
            let cursor = Cursor::after(&user, filter, sort);
            queries.extend(behind(connection, &query, &cursor, reading).unwrap());
        }
    }
    for query in queries {
        let plan = plan_of(connection, query);
        assert!(
            plan.contains("SEARCH users USING INTEGER PRIMARY KEY (rowid=?)")
                && plan.contains(step)
                && !plan.contains("SCAN users\n"),
            "{filter:?}\n{plan}"
        );
    }
}

#[test]
fn every_search_finds_its_candidates_through_an_index() {
    for mut connection in Files::new().connections() {
        for (filter, step) in searches() {
            let filter = UserFilter {
                status: Some(Status::Enabled),
                role: Some(Role::User),
                ..filter
            };
            let found = sources(&filter);
            assert!(!found.is_empty(), "{filter:?}");
            for candidates in found {
                assert_found_by(&mut connection, &filter, &candidates, step);
            }
        }
    }
}

#[test]
fn few_of_a_status_or_role_are_found_through_an_index() {
    let step = "SEARCH one USING COVERING INDEX users_status_role_idx";
    for mut connection in Files::new().connections() {
        for (status, role) in [
            (Some(Status::Disabled), None),
            (Some(Status::Disabled), Some(Role::User)),
            (Some(Status::Enabled), Some(Role::Admin)),
            (None, Some(Role::Admin)),
        ] {
            let filter = UserFilter {
                status,
                role,
                ..UserFilter::default()
            };
            let candidates = few_of_status_and_role(&filter, 5, 1_000_000).unwrap();
            assert_found_by(&mut connection, &filter, &candidates, step);
        }
    }
}

/// SQLite does not show the plans of triggers: their statements are asked for one by one, the values
/// of the row being any.
#[test]
fn no_trigger_reads_a_table_from_end_to_end() {
    for mut connection in Files::new().connections() {
        let triggers: Vec<Trigger> =
            diesel::sql_query("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
                .load(&mut connection)
                .unwrap();
        assert!(!triggers.is_empty());
        for Trigger { sql } in triggers {
            let (_, body) = sql.split_once("BEGIN").unwrap();
            let (body, _) = body.rsplit_once("END").unwrap();
            for statement in body.split(';').filter(|text| !text.trim().is_empty()) {
                let statement = with_any_values(statement);
                let plan = plan_on(&mut connection, &statement);
                let scans = ["SCAN users", "SCAN user_tags", "SCAN user_metadata"];
                let whole = |step: &str| {
                    scans
                        .iter()
                        .any(|scan| step.split(" USING").next() == Some(*scan))
                };
                assert!(!plan.lines().any(whole), "{statement}\n{plan}");
            }
        }
    }
}

/// A statement of a trigger with `?` for the values of its row.
fn with_any_values(statement: &str) -> String {
    let mut text = String::new();
    for (number, piece) in statement.replace("old.", "new.").split("new.").enumerate() {
        if number == 0 {
            text.push_str(piece);
        } else {
            let rest = piece.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '_');
            text.push('?');
            text.push_str(rest);
        }
    }
    text
}

#[test]
fn whoever_is_named_by_id_is_found_through_an_index() {
    for mut connection in Files::new().connections() {
        let plan = plan_of(&mut connection, users::table.find("ada").into_boxed());
        let search = "SEARCH users USING INDEX sqlite_autoindex_users_1 (id=?)";
        assert!(plan.contains(search), "{plan}");
    }
}
