//! The deployed service on a database that was taken over: before, after and beside this program.

use users_domain::model::{Change, Effect, Facts, Needs, PersonName, User, UserId};
use users_domain::ports::UserStore as _;
use users_test_postgres::Database;

use crate::scene::{CURRENT, everything, filled, ids, recorded, store, value};

/// As it registers, and changes what it registered.
const STATEMENTS: [&str; 14] = [
    "INSERT INTO users (id, tags, email, secret, metadata, private_metadata, created_at, status,
                        role, first_name, last_name, username, profile_picture, auth_provider)
     VALUES ('new', '{}', 'New@example.com', '$2a$10$new', '{}', '{}', now(), 0, 0, 'N', 'Ew', 'new',
             NULL, NULL)
     RETURNING id, email, metadata, private_metadata, status, role, verified_at",
    "SELECT id, secret, role FROM users WHERE email = 'New@example.com' AND status = 0",
    "SELECT id, secret, role FROM users WHERE username = 'new' AND status = 0",
    "UPDATE users SET first_name = 'X', updated_at = now(), updated_by = 'new'
     WHERE id = 'new' AND status = 0 RETURNING id, first_name",
    "UPDATE users SET tags = '{a}', updated_at = now() WHERE id = 'new' AND status = 0 RETURNING id",
    "UPDATE users SET email = 'New2@example.com', verified_at = NULL WHERE id = 'new' AND status = 0
     RETURNING id",
    "UPDATE users SET secret = '$2a$10$changed' WHERE id = 'new' AND status = 0 RETURNING id",
    "UPDATE users SET role = 1 WHERE id = 'new' AND status = 0 RETURNING id",
    "INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at)
     VALUES ('new', 'New2@example.com', 'otp', now(), now() + interval '24 hours') RETURNING user_id",
    "UPDATE users_verifications SET used_at = now(), otp = 'otp'
     WHERE user_id = 'new' AND email = 'New2@example.com' RETURNING user_id",
    "UPDATE users SET verified_at = now() WHERE id = 'new' AND email = 'New2@example.com'
     RETURNING id",
    "SELECT id, count(*) OVER () FROM users
     WHERE email ILIKE '%NEW2%' AND tags @> '{a}' AND role = 1 AND status = 0
     ORDER BY coalesce(updated_at, created_at) DESC, id DESC LIMIT 10 OFFSET 0",
    "UPDATE users SET status = 2, updated_at = now() WHERE id = 'new' RETURNING id, status",
    "DELETE FROM users WHERE id = 'new' RETURNING id",
];

#[tokio::test]
async fn every_statement_of_the_deployed_service_does_on_it_what_it_did_before() {
    let database = filled(&CURRENT);
    let ours = store(&database);
    ours.migrate().await.unwrap();
    ours.build_indexes().await.unwrap();
    for statement in STATEMENTS {
        assert_eq!(database.query(statement).len(), 1, "{statement}");
    }
    let codes = "SELECT count(*) FROM users_verifications WHERE user_id = 'new'";
    assert_eq!(value(&database, codes), "0", "they go with the account");
}

#[tokio::test]
async fn its_conflicts_carry_the_names_that_it_tells_them_apart_by() {
    let database = filled(&CURRENT);
    store(&database).migrate().await.unwrap();
    for (email, username, constraint) in [
        ("later@example.com", "x", "clients_email_key"),
        ("x@example.com", "later", "clients_username_key"),
    ] {
        let refused = database.connection().try_query(&format!(
            "INSERT INTO users (id, email, username, first_name, last_name)
             VALUES ('x', '{email}', '{username}', '', '')"
        ));
        let refused = refused.unwrap_err();
        assert_eq!(refused.code.as_deref(), Some("23505"));
        assert!(refused.message.contains(constraint), "{refused}");
    }
}

/// It stops at an id that it does not know, at another column and at a missing time.
#[tokio::test]
async fn its_list_of_migrations_holds_what_it_knows_and_nothing_else() {
    let database = filled(&CURRENT);
    let list = "SELECT * FROM gorp_migrations ORDER BY id";
    let before = database.query(list);
    let ours = store(&database);
    ours.migrate().await.unwrap();
    ours.build_indexes().await.unwrap();
    assert_eq!(database.query(list), before);
    assert_eq!(recorded(&database), ids(12));
}

fn version(database: &Database, id: &str) -> i64 {
    let version = format!("SELECT version FROM users WHERE id = '{id}'");
    value(database, &version).parse().unwrap()
}

#[tokio::test]
async fn its_changes_raise_the_version_once_and_changes_of_nothing_do_not() {
    let database = filled(&CURRENT);
    let ours = store(&database);
    ours.migrate().await.unwrap();
    let id = UserId::from_stored("ui later".to_owned());
    assert_eq!(version(&database, id.as_str()), 1);
    database.execute("UPDATE users SET first_name = 'X' WHERE id = 'ui later'");
    assert_eq!(version(&database, id.as_str()), 2);
    database.execute("UPDATE users SET first_name = 'X' WHERE id = 'ui later'");
    assert_eq!(version(&database, id.as_str()), 2, "nothing was changed");
    database.execute("UPDATE users SET tags = '{a}', status = 1 WHERE id = 'ui later'");
    assert_eq!(version(&database, id.as_str()), 3);
    database.execute("UPDATE users SET metadata = '[1]' WHERE id = 'odd metadata'");
    assert_eq!(version(&database, "odd metadata"), 2);
    let read = ours.find(&id).await.unwrap().unwrap();
    assert_eq!(read.version, 3);
    // Ours are counted once, not twice.
    let decide = |user: &User, _: &Facts| {
        let mut user = user.clone();
        user.first_name = PersonName::from_stored("Y".to_owned());
        let effects: Vec<Effect> = Vec::new();
        Ok(Change { user, effects })
    };
    let changed = ours
        .update(&id, Needs::ROW, std::sync::Arc::new(decide))
        .await
        .unwrap();
    assert_eq!(changed.version, version(&database, id.as_str()));
    assert_eq!(changed.version, 4);
}

#[tokio::test]
async fn what_it_wrote_meanwhile_is_there_at_the_next_start_of_ours() {
    let database = filled(&CURRENT);
    store(&database).migrate().await.unwrap();
    database.execute(STATEMENTS[0]);
    let before = everything(&database);
    let ours = store(&database);
    assert_eq!(ours.migrate().await.unwrap(), Vec::<String>::new());
    assert_eq!(everything(&database), before);
    let found = ours
        .find(&UserId::from_stored("new".to_owned()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.email.as_str(), "New@example.com");
    assert_eq!(found.version, 1);
}
