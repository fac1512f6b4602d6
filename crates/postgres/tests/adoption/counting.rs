//! Accounts that were there before they were counted.

use std::fs;
use std::path::PathBuf;

use users_domain::model::{Role, Status, UserFilter};
use users_domain::ports::UserStore as _;
use users_test_postgres::Database;

use crate::scene::{CURRENT, INDEXES, OWN, filled, names, store, value};

/// Statuses and roles that no program of today writes.
const ODD: &str = "
    ALTER TABLE users ALTER status TYPE integer, ALTER status DROP NOT NULL, ALTER role TYPE bigint;
    INSERT INTO users (id, email, first_name, last_name, status, role)
    SELECT 'odd ' || n, n || '@odd.example.com', '', '',
           (ARRAY[0, 1, 2, 7, 70000, NULL])[n % 6 + 1], (ARRAY[0, 1, 2, NULL, 5000000000])[n % 5 + 1]
    FROM generate_series(1, 300) AS n";

const SUMS: &str = "SELECT (status, administrator, sum(users))::text FROM user_counts
                    GROUP BY status, administrator HAVING sum(users) <> 0 ORDER BY 1";
const ROWS: &str = "SELECT (coalesce(status, -9223372036854775808), role IS NOT DISTINCT FROM 1,
                            count(*))::text
                    FROM users GROUP BY coalesce(status, -9223372036854775808), role IS NOT DISTINCT FROM 1
                    ORDER BY 1";

fn assert_counted(database: &Database) {
    assert_eq!(names(database, SUMS), names(database, ROWS));
}

#[tokio::test]
async fn what_is_taken_over_is_counted_odd_or_not() {
    let database = filled(&[&CURRENT[..], &[ODD]].concat());
    let ours = store(&database);
    ours.migrate().await.unwrap();
    assert_counted(&database);
    let rows: u64 = value(&database, "SELECT count(*) FROM users")
        .parse()
        .unwrap();
    let all = UserFilter::default();
    assert_eq!(ours.count(&all).await.unwrap(), rows);
    let admins = UserFilter {
        role: Some(Role::Admin),
        status: Some(Status::Disabled),
        ..all
    };
    let stored = "SELECT count(*) FROM users WHERE role = 1 AND status = 1";
    let stored: u64 = value(&database, stored).parse().unwrap();
    assert_eq!(ours.count(&admins).await.unwrap(), stored);
    database.execute("UPDATE users SET status = 0 WHERE status IS NULL OR status > 2");
    assert_counted(&database);
}

#[tokio::test]
async fn a_database_of_the_version_before_goes_on_from_there() {
    let database = filled(&CURRENT);
    let ours = store(&database);
    ours.migrate().await.unwrap();
    let down = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let down = down.join("migrations/0006_user_counts/down.sql");
    database.execute(&fs::read_to_string(down).unwrap());
    let retired = "users_by_status_role_idx";
    database.execute(&format!(
        "DELETE FROM __diesel_schema_migrations WHERE version = '0006';
         CREATE INDEX {retired} ON users (status, role)"
    ));
    let dropped = format!("{retired} (dropped)");
    let to_do: Vec<&str> = OWN[5..].iter().copied().chain(INDEXES).collect();
    let announced = ours.dry_run().await.unwrap();
    assert_eq!(announced, [&to_do[..], &[&dropped]].concat());
    assert_eq!(ours.migrate().await.unwrap(), OWN[5..]);
    assert_counted(&database);
    let built = ours.build_indexes().await.unwrap();
    assert_eq!(built, [&INDEXES[..], &[&dropped]].concat());
    let left = format!("SELECT relname FROM pg_class WHERE relname = '{retired}'");
    assert_eq!(names(&database, &left), Vec::<String>::new());
    assert_eq!(ours.dry_run().await.unwrap(), Vec::<String>::new());
}

/// Readers are not held up while a large table is counted.
#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_does_not_hold_the_counting_up() {
    let database = filled(&CURRENT);
    let ours = store(&database);
    ours.migrate().await.unwrap();
    let down = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let down = down.join("migrations/0006_user_counts/down.sql");
    database.execute(&fs::read_to_string(down).unwrap());
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version = '0006'");
    let reader = database.connection().open().unwrap();
    reader
        .try_query("BEGIN; SELECT count(*) FROM users")
        .unwrap();
    assert_eq!(ours.migrate().await.unwrap(), OWN[5..]);
    reader
        .try_query("SELECT count(*) FROM users; COMMIT")
        .unwrap();
    assert_counted(&database);
}
