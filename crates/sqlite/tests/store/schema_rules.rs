//! What every table obeys, and the whole list of what there is: nothing comes in unseen.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use crate::fixture::Fixture;

/// Names that existing deployments use; the store's error mapping goes by the columns behind them.
const ADOPTED: [&str; 4] = [
    "clients_pkey",
    "clients_email_key",
    "clients_username_key",
    "clients_status_check",
];

const TABLES: [(&str, &str); 9] = [
    (
        "users",
        "seq id domain_id email secret tags metadata created_at updated_at updated_by status role \
         username first_name last_name profile_picture verified_at auth_provider private_metadata \
         version tokens_valid_from sessions_valid_from",
    ),
    (
        "outbox",
        "id kind key format payload created_at attempts due_at parked_at parked_reason once",
    ),
    ("outbox_leases", "kind holder fence expires_at"),
    (
        "refresh_sessions",
        "id user_id description generation created_at expires_at rotated_at",
    ),
    (
        "one_time_codes",
        "digest purpose user_id email created_at expires_at used_at",
    ),
    ("user_counts", "status administrator users"),
    ("users_replaced", "seq status administrator"),
    ("user_tags", "tag seq"),
    ("user_metadata", "term seq"),
];

/// Tables that FTS5 keeps, by what their names begin with.
const SEARCHED: &str = "users_text";

const VIEWS: [&str; 2] = ["user_terms_added", "user_terms_removed"];

const TRIGGERS: &str = "user_terms_added_insert user_terms_removed_insert users_after_delete \
    users_after_insert users_after_update_key users_after_update_status_role \
    users_after_update_terms users_after_update_text users_before_insert users_before_update_key";

const CONSTRAINTS: [(&str, &str); 9] = [
    (
        "users",
        "users_seq_pkey clients_pkey clients_email_key clients_username_key clients_status_check",
    ),
    ("outbox", "outbox_id_pkey"),
    ("outbox_leases", "outbox_leases_kind_pkey"),
    ("refresh_sessions", "refresh_sessions_id_pkey"),
    (
        "one_time_codes",
        "one_time_codes_digest_pkey one_time_codes_user_id_fkey",
    ),
    ("user_counts", "user_counts_status_administrator_pkey"),
    ("users_replaced", "users_replaced_seq_pkey"),
    ("user_tags", "user_tags_tag_seq_pkey"),
    ("user_metadata", "user_metadata_term_seq_pkey"),
];

const INDEXES: [(&str, &str); 5] = [
    (
        "users",
        "users_created_at_id_idx users_email_idx users_first_name_id_idx users_last_name_id_idx \
         users_status_role_idx users_updated_at_created_at_id_idx users_username_id_idx \
         users_username_idx",
    ),
    (
        "outbox",
        "outbox_kind_key_id_idx outbox_kind_once_key outbox_kind_parked_at_id_due_at_idx",
    ),
    ("outbox_leases", ""),
    (
        "refresh_sessions",
        "refresh_sessions_expires_at_idx refresh_sessions_user_id_created_at_id_idx",
    ),
    (
        "one_time_codes",
        "one_time_codes_expires_at_idx one_time_codes_used_at_idx one_time_codes_user_id_idx",
    ),
];

#[derive(QueryableByName)]
struct Object {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Nullable<Text>)]
    sql: Option<String>,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

struct Schema {
    connection: SqliteConnection,
    objects: Vec<Object>,
    _fixture: Fixture,
}

impl Schema {
    fn fresh() -> Self {
        let fixture = Fixture::new();
        fixture.open().close();
        let mut connection = fixture.connection();
        let objects = diesel::sql_query(
            "SELECT type AS kind, name, tbl_name AS \"table\", sql FROM sqlite_master
             WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> '__diesel_schema_migrations'
             ORDER BY name",
        )
        .load(&mut connection)
        .unwrap();
        Self {
            connection,
            objects,
            _fixture: fixture,
        }
    }

    fn columns(&mut self, table: &str) -> Vec<String> {
        let columns: Vec<Column> =
            diesel::sql_query("SELECT name FROM pragma_table_info(?) ORDER BY cid")
                .bind::<Text, _>(table)
                .load(&mut self.connection)
                .unwrap();
        columns.into_iter().map(|column| column.name).collect()
    }

    fn named(&self, kind: &str) -> Vec<&str> {
        self.objects
            .iter()
            .filter(|object| object.kind == kind)
            .map(|object| object.name.as_str())
            .collect()
    }

    fn indexes(&self, table: &str) -> Vec<&str> {
        self.objects
            .iter()
            .filter(|object| object.kind == "index" && object.table == table)
            .map(|object| object.name.as_str())
            .collect()
    }

    /// What made it, word by word.
    fn made_by(&self, name: &str) -> Vec<&str> {
        let object = self
            .objects
            .iter()
            .find(|object| object.name == name)
            .unwrap();
        words(object.sql.as_ref().unwrap())
    }

    fn constraints(&self, table: &str) -> Vec<&str> {
        self.made_by(table)
            .windows(2)
            .filter(|pair| pair[0] == "CONSTRAINT")
            .map(|pair| pair[1])
            .collect()
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn the_schema_holds_what_is_listed_and_nothing_else() {
    let mut schema = Schema::fresh();
    let mut tables: Vec<_> = schema
        .objects
        .iter()
        .filter(|object| object.kind == "table" && !object.name.starts_with(SEARCHED))
        .map(|object| object.name.as_str())
        .collect();
    tables.sort_unstable();
    let mut listed: Vec<_> = TABLES.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(tables, listed);
    assert_eq!(schema.named("view"), VIEWS);
    assert_eq!(schema.named("trigger"), words(TRIGGERS));
    assert_eq!(
        schema.columns(SEARCHED),
        ["id", "username", "email", "first_name", "last_name"]
    );
    for (table, columns) in TABLES {
        assert_eq!(schema.columns(table), words(columns), "{table}");
    }
    for (table, constraints) in CONSTRAINTS {
        assert_eq!(schema.constraints(table), words(constraints), "{table}");
    }
    for (table, indexes) in INDEXES {
        assert_eq!(schema.indexes(table), words(indexes), "{table}");
    }
}

/// A query that stands in a text, from `SELECT` to what follows it.
fn query<'a>(text: &'a str, before: &str, behind: &str) -> &'a str {
    let (_, query) = text.split_once(before).unwrap();
    query.split_once(behind).unwrap().0
}

#[test]
fn the_terms_that_are_added_of_a_row_are_those_that_are_removed() {
    let schema = Schema::fresh();
    let added = schema.made_by("user_terms_added_insert").join(" ");
    let removed = schema.made_by("user_terms_removed_insert").join(" ");
    for (table, term, behind) in [
        ("user_tags", "tag", " ON CONFLICT DO NOTHING;"),
        (
            "user_metadata",
            "term",
            " WHERE TRUE ON CONFLICT DO NOTHING;",
        ),
    ] {
        let into = format!("INSERT INTO {table} ({term}, seq) ");
        let from = format!("DELETE FROM {table} WHERE seq = new.seq AND {term} IN ( ");
        let added = query(&added, &into, behind).replacen(", new.seq FROM", " FROM", 1);
        assert!(added.starts_with("SELECT ") && added.len() > 100, "{added}");
        assert_eq!(added, query(&removed, &from, " );"));
    }
}

#[test]
fn every_name_of_ours_is_table_columns_kind() {
    let mut schema = Schema::fresh();
    for (table, _) in TABLES {
        let columns = schema.columns(table);
        let names = [schema.indexes(table), schema.constraints(table)].concat();
        for name in names.into_iter().filter(|name| !ADOPTED.contains(name)) {
            let middle = name
                .strip_prefix(table)
                .and_then(|rest| rest.strip_prefix('_'))
                .and_then(|rest| rest.rsplit_once('_'))
                .filter(|(_, kind)| ["pkey", "key", "fkey", "check", "idx"].contains(kind))
                .map(|(middle, _)| middle);
            assert!(
                middle.is_some_and(|middle| is_made_of(middle, &columns)),
                "{name} is not {table}_<columns>_<kind>"
            );
        }
    }
}

#[test]
fn no_constraint_is_without_a_name() {
    let schema = Schema::fresh();
    for object in schema
        .objects
        .iter()
        .filter(|object| object.kind == "table" && !object.name.starts_with(SEARCHED))
    {
        let sql = object.sql.as_ref().unwrap();
        let nameable: usize = ["PRIMARY KEY", "UNIQUE", "CHECK", "REFERENCES"]
            .iter()
            .map(|word| sql.matches(word).count())
            .sum();
        assert_eq!(
            nameable,
            sql.matches("CONSTRAINT").count(),
            "{}",
            object.name
        );
    }
}

/// Whether a text is columns joined by underscores.
fn is_made_of(text: &str, columns: &[String]) -> bool {
    columns.iter().any(|column| {
        text.strip_prefix(column.as_str()).is_some_and(|rest| {
            rest.is_empty()
                || rest
                    .strip_prefix('_')
                    .is_some_and(|rest| is_made_of(rest, columns))
        })
    })
}
