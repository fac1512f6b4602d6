//! Totals that nobody counts: right whoever writes, by whatever statement, and undone with it.

use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use users_domain::model::{Role, Status, UserFilter};
use users_domain::ports::UserStore;
use users_sqlite::SqliteOptions;
use users_testkit::people::user;

use crate::fixture::Fixture;

/// Tells a copy of this test program which file to write to.
const WRITE_TO_THIS: &str = "USERS_SQLITE_TEST_WRITE";

#[derive(QueryableByName, Debug, PartialEq)]
struct Group {
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    administrator: i64,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

/// Asserts that what is counted by triggers is what there is.
fn assert_right(connection: &mut SqliteConnection, when: &str) {
    let mut groups = |from: &str| -> Vec<Group> {
        diesel::sql_query(format!(
            "SELECT quote(status) AS status, administrator, users FROM ({from})
             WHERE users <> 0 ORDER BY 1, 2"
        ))
        .load(connection)
        .unwrap()
    };
    let counted = groups("SELECT * FROM user_counts");
    let there = groups(
        "SELECT status, role IS 1 AS administrator, count(*) AS users FROM users GROUP BY 1, 2",
    );
    assert_eq!(counted, there, "{when}");
    let waiting: i64 = groups(
        "SELECT 0 AS status, 0 AS administrator, count(*) AS users FROM users_replaced
         WHERE seq NOT IN (SELECT seq FROM users)",
    )
    .into_iter()
    .map(|group| group.users)
    .sum();
    assert_eq!(waiting, 0, "{when}");
}

fn insert(n: u32) -> String {
    format!(
        "INSERT INTO users (id, email, username, first_name, last_name, status, role)
         VALUES ('id{n}', 'e{n}', 'u{n}', '', '', {}, {});",
        n % 3,
        n % 2
    )
}

#[test]
fn every_statement_that_sqlite_has_is_counted() {
    let fixture = Fixture::new();
    fixture.open().close();
    for pragma in ["OFF", "ON"] {
        let mut connection = fixture.connection();
        connection
            .batch_execute(&format!(
                "PRAGMA recursive_triggers={pragma}; DELETE FROM users;"
            ))
            .unwrap();
        for n in 0..12 {
            connection.batch_execute(&insert(n)).unwrap();
        }
        // Columns and values of a row whose names do not matter.
        let row = |columns: &str, values: &str| {
            format!(
                "INTO users (first_name, last_name, {columns})
                 VALUES ('', '', {values})"
            )
        };
        for statement in [
            "UPDATE users SET status = 1, role = 1 WHERE id = 'id0'",
            "UPDATE users SET role = NULL WHERE id = 'id1'",
            "UPDATE users SET role = 2",
            "UPDATE users SET status = 'odd', role = 1 WHERE id = 'id2'",
            "UPDATE users SET status = 2.5 WHERE id = 'id3'",
            "UPDATE users SET status = x'00' WHERE id = 'id3'",
            "UPDATE users SET seq = seq + 1000 WHERE id IN ('id4', 'id5')",
            "DELETE FROM users WHERE id IN ('id2', 'id3')",
            // A row is replaced by its id, its e-mail address, its username, two at once, its key,
            // and one that was just written.
            &format!(
                "INSERT OR REPLACE {}",
                row("id, email, role", "'id4', 'x', 1")
            ),
            &format!("REPLACE {}", row("id, email, status", "'y', 'e5', 2")),
            &format!(
                "REPLACE {}",
                row("id, email, username, status", "'z', 'z', 'u6', 5")
            ),
            &format!("REPLACE {}", row("id, email, role", "'id7', 'e8', 1")),
            "REPLACE INTO users (seq, id, email, first_name, last_name, status, role)
             SELECT seq, 'v', 'w', '', '', 1, 1 FROM users WHERE id = 'id9'",
            &format!(
                "REPLACE {}, ('', '', 's', 't', 1), ('', '', 'r', 't', 2)",
                row("id, email, status", "'s', 's', 0")
            ),
            "UPDATE OR REPLACE users SET email = 'e10' WHERE id = 'id11'",
            &format!(
                "INSERT OR IGNORE {}",
                row("id, email, role", "'id11', 'q', 1")
            ),
            "UPDATE OR IGNORE users SET id = 'id11', status = 7 WHERE id = 'r'",
            "DELETE FROM users WHERE id = 'id11'",
            &format!(
                "INSERT OR IGNORE {}",
                row("id, email, status, role", "'n', 'n', 1, 1")
            ),
            &format!(
                "INSERT {} ON CONFLICT (id) DO UPDATE SET status = 4, email = 'k'",
                row("id, email", "'n', 'm'")
            ),
            &format!(
                "INSERT {} ON CONFLICT DO NOTHING",
                row("id, email", "'n', 'm'")
            ),
            &format!("REPLACE {}", row("id, email", "'n', 'n'")),
            "DELETE FROM users",
        ] {
            connection.batch_execute(statement).unwrap();
            assert_right(&mut connection, statement);
        }
    }
}

#[test]
fn what_is_refused_or_rolled_back_is_not_counted() {
    let fixture = Fixture::new();
    fixture.open().close();
    let mut connection = fixture.connection();
    connection.batch_execute(&(insert(1) + &insert(2))).unwrap();
    connection
        .batch_execute("INSERT OR ROLLBACK INTO users SELECT * FROM users")
        .unwrap_err();
    connection.batch_execute(&insert(2)).unwrap_err();
    connection
        .batch_execute(
            "INSERT INTO users (id, email, first_name, last_name)
             VALUES ('a', 'a', '', ''), ('id1', 'b', '', '')",
        )
        .unwrap_err();
    assert_right(&mut connection, "refused");
    connection
        .batch_execute(&format!(
            "BEGIN; DELETE FROM users; {} UPDATE users SET role = 1, status = 2; \
             SAVEPOINT one; {} ROLLBACK TO one; ROLLBACK;",
            insert(5),
            insert(6)
        ))
        .unwrap();
    assert_right(&mut connection, "rolled back");
}

#[tokio::test]
async fn totals_are_right_while_threads_and_processes_write() {
    let fixture = Arc::new(Fixture::new());
    let store = fixture.open();
    let mut processes: Vec<_> = ["a", "b"]
        .map(|name| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "counts::writes_to_what_another_process_names"])
                .env(WRITE_TO_THIS, fixture.path())
                .env("USERS_SQLITE_TEST_NAME", name)
                .spawn()
                .unwrap()
        })
        .into();
    let together = Arc::new(Barrier::new(4));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (fixture, together) = (fixture.clone(), together.clone());
            thread::spawn(move || {
                let mut connection = fixture.connection();
                together.wait();
                write(&mut connection, &format!("thread{writer}"));
            })
        })
        .collect();
    for n in 0..20 {
        store
            .insert(user(&format!("store{n}")), Vec::new())
            .await
            .unwrap();
    }
    for writer in writers {
        writer.join().unwrap();
    }
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    assert_right(&mut fixture.connection(), "after all");
    // Of ten that a writer adds, three go and two are disabled, of which one is administrator.
    let count = async |status, role| {
        let filter = UserFilter {
            status,
            role,
            ..UserFilter::default()
        };
        store.count(&filter).await.unwrap()
    };
    assert_eq!(count(None, None).await, 20 + 6 * 7);
    assert_eq!(count(Some(Status::Disabled), None).await, 6 * 2);
    assert_eq!(count(None, Some(Role::Admin)).await, 6);
    assert_eq!(
        count(Some(Status::Enabled), Some(Role::User)).await,
        20 + 6 * 5
    );
}

fn write(connection: &mut SqliteConnection, name: &str) {
    for n in 0..10 {
        let row = format!(
            "INSERT INTO users (id, email, first_name, last_name)
             VALUES ('{name}{n}', '{name}{n}', '', '')"
        );
        connection.batch_execute(&row).unwrap();
    }
    connection
        .batch_execute(&format!(
            "UPDATE users SET status = 1 WHERE id IN ('{name}1', '{name}2');
             UPDATE users SET role = 1 WHERE id = '{name}1';
             DELETE FROM users WHERE id IN ('{name}3', '{name}4', '{name}5');"
        ))
        .unwrap();
}

/// Run alone it has nothing to write; see the test above.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test program has no settings to read"
)]
fn writes_to_what_another_process_names() {
    if let Some(path) = std::env::var_os(WRITE_TO_THIS) {
        let store = Fixture::new()
            .try_open(path.as_ref(), SqliteOptions::default())
            .unwrap();
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection
            .batch_execute("PRAGMA busy_timeout=5000")
            .unwrap();
        let name = std::env::var("USERS_SQLITE_TEST_NAME").unwrap();
        write(&mut connection, &name);
        store.close();
    }
}
