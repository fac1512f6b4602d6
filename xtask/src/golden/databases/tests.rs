//! The parts of a take-over that need no service, on real Postgres.

use users_test_postgres::Database;

use crate::process::workspace_root;

use super::rows::Rows;
use super::*;

/// A database of this repository, and what is told of its accounts.
fn written(name: &str) -> (Database, Vec<Account>) {
    let folder = workspace_root().join("xtask/takeover");
    let records = Records::with(&folder, &[FOLDER]).expect("databases");
    let text = |end: &str| {
        records
            .text(&format!("{FOLDER}/{name}.{end}"))
            .expect("a file")
    };
    let database = Server::shared().create_database();
    database.load(&text("sql"));
    (
        database,
        serde_json::from_str(&text("json")).expect("a list"),
    )
}

#[test]
fn what_is_told_of_accounts_is_what_is_stored() {
    let (database, accounts) = written("current");
    let rows = Rows::read(&database).expect("rows");
    assert_eq!(rows.ids().len(), accounts.len());
    for account in &accounts {
        for (fact, holds) in account.stored_facts(&database) {
            assert_eq!(holds, true, "{}: {fact}", account.id);
        }
    }
    database.execute("UPDATE users SET email = 'other@t.example' WHERE email = 'first@t.example'");
    let first = accounts
        .iter()
        .find(|account| account.email == "first@t.example");
    assert_eq!(
        first.expect("listed").stored_facts(&database)["email"],
        false
    );
}

#[test]
fn rows_are_compared_over_a_change_of_names_and_types() {
    let (database, accounts) = written("at_clients_02");
    let left = Rows::read(&database).expect("rows");
    assert_eq!(left.ids().len(), accounts.len());
    database.execute(
        "SET TIME ZONE 'UTC'; ALTER TABLE clients RENAME TO users; \
         ALTER TABLE users RENAME COLUMN identity TO email; \
         ALTER TABLE users ALTER created_at TYPE timestamptz",
    );
    let adopted = Rows::read(&database).expect("rows");
    assert_eq!(left.changed(&adopted), []);
    database.execute("UPDATE users SET created_at = created_at + interval '1 hour', tags = '{}'");
    let columns = left.changed(&Rows::read(&database).expect("rows"));
    // One has no time of creation that could move.
    assert_eq!(columns.len(), 2 * accounts.len() - 1);
}

#[test]
fn the_deployed_service_writes_and_finds_its_rows() {
    let (database, accounts) = written("current");
    deployed::let_links_live(&database);
    assert_eq!(deployed::migrations(&database), MIGRATIONS);
    assert_eq!(deployed::migration_columns(&database), ["id", "applied_at"]);
    for token in accounts
        .iter()
        .filter_map(|account| account.verification_token.as_ref())
    {
        let link = deployed::Link::read(token).expect("a link");
        assert!(!link.is_used(&database));
    }
    let before = deployed::fingerprint(&database);
    assert!(before == deployed::fingerprint(&database));

    let left = Rows::read(&database).expect("rows");
    let written = deployed::Written::by(&database).expect("written");
    assert_eq!(deployed::lists(&database, written.username), [written.id]);
    let rows = Rows::read(&database).expect("rows");
    assert_eq!(left.changed(&rows), []);
    assert_eq!(rows.ids().len(), accounts.len() + 2);
    assert!(rows.has_bcrypt(written.id) && rows.row(written.purged).is_none());
    assert!(
        before != deployed::fingerprint(&database),
        "a code was added"
    );
    let link = deployed::Link::read(&written.token).expect("a link");
    assert!(!link.is_used(&database));
    database.execute("UPDATE users_verifications SET used_at = now()");
    assert!(link.is_used(&database));
}
