//! An empty database becomes exactly what the deployed service makes, and what is ours beside it.

use crate::scene::{INDEXES, OWN, everything, filled, ids, names, recorded, store, value};

/// The columns of `users` in their physical order; the number has a gap where `name` was dropped.
const USERS: [&str; 18] = [
    "1 id character varying(36) NOT NULL",
    "3 domain_id character varying(36)",
    "4 email character varying(254) NOT NULL",
    "5 secret text",
    "6 tags text[]",
    "7 metadata jsonb",
    "8 created_at timestamp with time zone",
    "9 updated_at timestamp with time zone",
    "10 updated_by character varying(254)",
    "11 status smallint NOT NULL DEFAULT 0",
    "12 role smallint DEFAULT 0",
    "13 username character varying(254)",
    "14 first_name character varying(254) NOT NULL",
    "15 last_name character varying(254) NOT NULL",
    "16 profile_picture text",
    "17 verified_at timestamp with time zone",
    "18 auth_provider character varying(254)",
    "19 private_metadata jsonb",
];

const VERIFICATIONS: [&str; 6] = [
    "1 user_id character varying(36) NOT NULL",
    "2 email character varying(254) NOT NULL",
    "3 otp character varying(255)",
    "4 created_at timestamp with time zone",
    "5 expires_at timestamp with time zone",
    "6 used_at timestamp with time zone",
];

const CONSTRAINTS: [&str; 6] = [
    "clients_email_key UNIQUE (email)",
    "clients_pkey PRIMARY KEY (id)",
    "clients_status_check CHECK ((status >= 0))",
    "clients_status_check1 CHECK ((status >= 0))",
    "clients_username_key UNIQUE (username)",
    "users_verifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
];

fn columns(database: &users_test_postgres::Database, table: &str) -> Vec<String> {
    names(
        database,
        &format!(
            "SELECT attnum || ' ' || attname || ' ' || format_type(atttypid, atttypmod)
                    || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
                    || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
             FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
             ORDER BY attnum"
        ),
    )
}

#[tokio::test]
async fn an_empty_database_gets_the_deployed_services_schema_to_the_letter_and_ours_behind_it() {
    let database = filled(&[]);
    let done = store(&database).migrate().await.unwrap();
    let expected: Vec<String> = ids(12)
        .into_iter()
        .chain(OWN.map(str::to_owned))
        .chain(INDEXES.map(str::to_owned))
        .collect();
    assert_eq!(done, expected);
    let users = columns(&database, "users");
    assert_eq!(users[..USERS.len()], USERS);
    let ours = [
        "20 version bigint NOT NULL DEFAULT 1",
        "21 tokens_valid_from bigint",
        "22 sessions_valid_from bigint",
    ];
    assert_eq!(users[USERS.len()..], ours);
    assert_eq!(columns(&database, "users_verifications"), VERIFICATIONS);
    let constraints = names(
        &database,
        "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid IN ('users'::regclass, 'users_verifications'::regclass)
           AND contype <> 'n' ORDER BY 1",
    );
    assert_eq!(constraints, CONSTRAINTS);
    let lookup = value(
        &database,
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_users_verifications_lookup'",
    );
    assert!(
        lookup.ends_with("USING btree (user_id, email, created_at DESC)"),
        "{lookup}"
    );
    let list = [
        "1 id text NOT NULL",
        "2 applied_at timestamp with time zone",
    ];
    assert_eq!(columns(&database, "gorp_migrations"), list);
    assert_eq!(recorded(&database), ids(12));
    let untimed = "SELECT count(*) FROM gorp_migrations WHERE applied_at IS NULL";
    assert_eq!(value(&database, untimed), "0");
    assert_eq!(value(&database, "SELECT found FROM adoption"), "empty");
}

#[tokio::test]
async fn a_second_run_writes_nothing_and_wants_no_right_to_write() {
    let database = filled(&[]);
    store(&database).migrate().await.unwrap();
    let before = everything(&database);
    database.execute(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        database.name()
    ));
    let again = store(&database);
    assert_eq!(again.migrate().await.unwrap(), Vec::<String>::new());
    assert_eq!(again.build_indexes().await.unwrap(), Vec::<String>::new());
    assert_eq!(again.dry_run().await.unwrap(), Vec::<String>::new());
    assert_eq!(everything(&database), before);
}

#[tokio::test]
async fn a_read_only_default_is_not_overridden() {
    let database = filled(&[]);
    database.execute(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        database.name()
    ));
    let refused = store(&database).migrate().await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    assert_eq!(
        value(
            &database,
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ),
        "0"
    );
}
