//! Numbers of accounts: exact at every moment, whoever writes, and right again where triggers were
//! switched off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use futures::future::join_all;
use users_domain::model::{Change, Needs, Role, Status, User, UserFilter, UserId, UserQuery};
use users_domain::ports::UserStore as _;
use users_postgres::PostgresStore;
use users_test_postgres::{Binaries, Database, Server, ServerOptions, Session};
use users_testkit::people::user;

use crate::fixture::Fixture;

/// The sums and the rows of one moment, by status and role.
const BOTH: &str = "
    SELECT (SELECT array_agg(t::text ORDER BY t) FROM (
                SELECT status, administrator, sum(users) FROM user_counts
                GROUP BY 1, 2 HAVING sum(users) <> 0) AS t),
           (SELECT array_agg(t::text ORDER BY t) FROM (
                SELECT coalesce(status, -9223372036854775808)::bigint,
                       role IS NOT DISTINCT FROM 1, count(*)::numeric
                FROM users GROUP BY 1, 2) AS t)";

fn assert_right(database: &Database, when: &str) {
    let both = &database.query(BOTH)[0];
    assert_eq!(both[0], both[1], "{when}");
}

/// What the port says, condition by condition, against the rows.
async fn assert_told(store: &PostgresStore, database: &Database) {
    let statuses = [
        (None, "TRUE"),
        (Some(Status::Enabled), "status = 0"),
        (Some(Status::Disabled), "status = 1"),
        (Some(Status::Deleted), "status = 2"),
    ];
    let roles = [
        (None, "TRUE"),
        (Some(Role::Admin), "role = 1"),
        (Some(Role::User), "role IS DISTINCT FROM 1"),
    ];
    for (status, is_status) in statuses {
        for (role, is_role) in roles {
            let filter = UserFilter {
                status,
                role,
                ..UserFilter::default()
            };
            let rows = format!("SELECT count(*) FROM users WHERE {is_status} AND {is_role}");
            let rows: u64 = database.query(&rows)[0][0]
                .as_ref()
                .unwrap()
                .parse()
                .unwrap();
            assert_eq!(store.count(&filter).await.unwrap(), rows, "{filter:?}");
            let query = UserQuery {
                filter,
                limit: 1,
                ..UserQuery::default()
            };
            let page = store.page(&query).await.unwrap();
            assert_eq!(page.total, rows);
            assert_eq!(page.items.len() as u64, rows.min(1));
            assert_eq!(page.more, rows > 1);
            let none = store.page(&UserQuery { limit: 0, ..query }).await.unwrap();
            assert_eq!(
                (none.total, none.items.len(), none.more),
                (rows, 0, rows > 0)
            );
        }
    }
}

async fn change(store: &PostgresStore, id: &UserId, status: Status, role: Role) {
    let decide = move |user: &User, _: &_| {
        Ok(Change {
            user: User {
                status,
                role,
                ..user.clone()
            },
            effects: Vec::new(),
        })
    };
    let needs = Needs::default();
    store.update(id, needs, Arc::new(decide)).await.unwrap();
}

/// As requests do.
async fn work_through_the_port(store: PostgresStore, writer: usize) {
    for number in 0..12 {
        let name = format!("port-{writer}-{number}");
        let id = store.insert(user(&name), Vec::new()).await.unwrap().id;
        change(&store, &id, Status::Disabled, Role::User).await;
        change(&store, &id, Status::Disabled, Role::Admin).await;
        if number % 3 > 0 {
            change(&store, &id, Status::Enabled, Role::Admin).await;
        }
        if number % 3 > 1 {
            change(&store, &id, Status::Deleted, Role::User).await;
        }
    }
}

/// As another program does, which knows nothing of numbers.
fn work_in_sql(session: &Session, writer: usize) {
    for number in 0..12 {
        let ids = format!("id LIKE 'sql-{writer}-{number}-%'");
        let insert = format!(
            "INSERT INTO users (id, email, first_name, last_name, status, role)
             SELECT 'sql-{writer}-{number}-' || n, 'sql-{writer}-{number}-' || n || '@x.org', '', '',
                    n % 3, n % 2
             FROM generate_series(1, 7) AS n"
        );
        for statement in [
            insert.as_str(),
            &format!("UPDATE users SET status = (status + 1) % 3 WHERE {ids}"),
            &format!("BEGIN; DELETE FROM users WHERE {ids}; ROLLBACK"),
            &format!("BEGIN; UPDATE users SET role = 1 - role, status = 1 WHERE {ids}; COMMIT"),
            &format!(
                "DELETE FROM users WHERE {ids} AND id LIKE '%-{}'",
                number % 7 + 1
            ),
        ] {
            session.execute(statement);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_exact_at_every_moment_under_32_writers_of_two_programs() {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    let server = Server::start(&binaries, &ServerOptions::default());
    let fixture = Fixture::on(&server);
    // It has rights on the accounts, and on nothing of ours.
    fixture
        .database
        .superuser()
        .execute("CREATE ROLE peer LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON users TO peer");
    let peer = fixture.database.connection().as_user("peer").plain();
    let denied = peer.try_query("SELECT * FROM user_counts");
    assert!(denied.is_err());
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let session = peer.open().unwrap();
            thread::spawn(move || work_in_sql(&session, writer))
        })
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let looks = {
        let (database, done) = (fixture.database.clone(), done.clone());
        thread::spawn(move || {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                assert_right(&database, "while others write");
                looks += 1;
            }
            looks
        })
    };
    let store = fixture.open();
    let tasks = (0..16).map(|writer| tokio::spawn(work_through_the_port(store.clone(), writer)));
    for task in join_all(tasks).await {
        task.unwrap();
    }
    for writer in writers {
        writer.join().unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(looks.join().unwrap() > 1);
    assert_right(&fixture.database, "in the end");
    let rows = fixture.database.query("SELECT count(*) FROM users");
    assert_eq!(
        rows[0][0].as_deref(),
        Some("1344"),
        "16 × 12 × 6, and 16 × 12"
    );
    assert_told(&store, &fixture.database).await;
}

#[tokio::test]
async fn every_kind_of_statement_is_counted() {
    let fixture = Fixture::new();
    let insert = "INSERT INTO users (id, email, first_name, last_name, status, role)";
    let many = "SELECT n, n || '@x.org', '', '', n % 4, n % 3 FROM generate_series(1, 50) AS n";
    fixture
        .database
        .execute("CREATE TABLE wanted (id text, status smallint)");
    for statement in [
        &format!("{insert} {many}"),
        "INSERT INTO wanted SELECT n, 2 FROM generate_series(40, 60) AS n",
        "UPDATE users SET status = 5 WHERE id::int % 2 = 0",
        "UPDATE users SET first_name = 'x'",
        "UPDATE users SET role = NULL WHERE id::int % 5 = 0",
        "UPDATE users SET role = 1 FROM wanted WHERE users.id = wanted.id",
        &format!(
            "{insert} SELECT id, id || '@x.org', '', '', 0, 0 FROM wanted
             ON CONFLICT (id) DO UPDATE SET status = 2, role = 0"
        ),
        &format!("{insert} {many} ON CONFLICT DO NOTHING"),
        &format!(
            "BEGIN; SAVEPOINT a; UPDATE users SET status = 7; ROLLBACK TO a;
             {insert} VALUES ('one', 'one', '', '', 1, 1); COMMIT"
        ),
        "WITH gone AS (DELETE FROM users WHERE id = '1' RETURNING *)
         INSERT INTO users (id, email, first_name, last_name, status)
         SELECT 'again', email || 'x', '', '', 9 FROM gone",
        "DELETE FROM users WHERE status = 0",
        "BEGIN; TRUNCATE users CASCADE; ROLLBACK",
        "TRUNCATE users CASCADE",
        &format!("{insert} {many}"),
        "DELETE FROM users",
    ] {
        fixture.database.execute(statement);
        assert_right(&fixture.database, statement);
    }
}

#[tokio::test]
async fn a_status_that_may_be_absent_or_great_is_counted_too() {
    let fixture = Fixture::new();
    fixture.database.execute(
        "ALTER TABLE users ALTER status TYPE bigint, ALTER status DROP NOT NULL,
                           ALTER role TYPE bigint;
         INSERT INTO users (id, email, first_name, last_name, status, role)
         VALUES ('a', 'a', '', '', NULL, NULL), ('b', 'b', '', '', 9223372036854775807, 1),
                ('c', 'c', '', '', 0, 9223372036854775807)",
    );
    assert_right(&fixture.database, "odd");
    assert_told(&fixture.open(), &fixture.database).await;
}

#[tokio::test]
async fn what_was_written_without_triggers_is_mended_once_while_others_write() {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    let server = Server::start(&binaries, &ServerOptions::default());
    let fixture = Fixture::on(&server);
    let store = fixture.open();
    store.insert(user("ada"), Vec::new()).await.unwrap();
    assert!(!store.mend_counts().await.unwrap(), "nothing is wrong");
    fixture.database.superuser().execute(
        "SET session_replication_role = replica;
         INSERT INTO users (id, email, first_name, last_name, status, role)
         SELECT n, n || '@x.org', '', '', n % 3, n % 2 FROM generate_series(1, 500) AS n;
         DELETE FROM users WHERE id LIKE '%ada%'",
    );
    let all = UserFilter::default();
    assert_eq!(store.count(&all).await.unwrap(), 1);
    // Who counted too little still shows what there is.
    let page = store.page(&UserQuery::default()).await.unwrap();
    assert!(!page.items.is_empty());
    let busy = fixture.database.connection().open().unwrap();
    busy.execute(
        "BEGIN; INSERT INTO users (id, email, first_name, last_name) VALUES ('x', 'x', '', '');
         UPDATE users SET status = 1 - status WHERE id IN ('x', '3', '4')",
    );
    let (one, other) = (fixture.open(), fixture.open());
    let (one, other) = tokio::join!(one.mend_counts(), other.mend_counts());
    assert!(one.unwrap() ^ other.unwrap(), "one of two mends it");
    assert_eq!(store.count(&all).await.unwrap(), 500);
    busy.execute("COMMIT");
    assert_right(&fixture.database, "after the other's commit");
    assert!(!store.mend_counts().await.unwrap());
    assert_told(&store, &fixture.database).await;
}

#[tokio::test]
async fn nobody_else_may_count_with_our_function() {
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    let server = Server::start(&binaries, &ServerOptions::default());
    let fixture = Fixture::on(&server);
    fixture
        .database
        .superuser()
        .execute("CREATE ROLE guest LOGIN; CREATE SCHEMA theirs AUTHORIZATION guest");
    let guest = fixture.database.connection().as_user("guest").plain();
    let refused = guest.try_query(
        "CREATE TABLE theirs.users (status int, role int);
         CREATE TRIGGER t AFTER INSERT ON theirs.users REFERENCING NEW TABLE AS new_users
         FOR EACH STATEMENT EXECUTE FUNCTION users_counts_add()",
    );
    assert!(refused.is_err());
}
