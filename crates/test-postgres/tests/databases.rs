//! Databases are fresh, copied fast, and gone after the test.

use users_test_postgres::{Database, Server, Template};

fn exists(database: &str) -> bool {
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{database}'");
    !Server::shared().query(&sql).is_empty()
}

#[test]
fn a_database_belongs_to_the_role_and_is_dropped_with_its_sessions() {
    let server = Server::shared();
    let database = server.create_database();
    database.execute("CREATE TABLE t (x int, y text); INSERT INTO t VALUES (1, NULL), (2, 'two')");
    let rows = database.query("SELECT x, y FROM t ORDER BY x");
    let two = Some("two".to_owned());
    let expected = [[Some("1".to_owned()), None], [Some("2".to_owned()), two]];
    assert_eq!(rows, expected);
    let name = database.name().to_owned();
    let lingering = database.connection().open().unwrap();
    assert!(exists(&name));
    drop(database);
    assert!(!exists(&name));
    assert!(lingering.try_query("SELECT 1").is_err());
}

#[test]
fn copies_of_a_template_are_equal_and_independent() {
    let server = Server::shared();
    let mut opened = None;
    let template = Template::new(server, |database: &Database| {
        database.execute("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
        opened = Some(database.connection().open().unwrap());
    });
    assert!(opened.unwrap().try_query("SELECT 1").is_err(), "it was cut");
    let copies = [(); 3].map(|()| server.create_database_from(&template));
    copies[0].execute("INSERT INTO t VALUES (2)");
    let counts = copies
        .each_ref()
        .map(|copy| copy.query("SELECT count(*) FROM t"));
    assert_eq!(
        counts,
        ["2", "1", "1"].map(|count| vec![vec![Some(count.to_owned())]])
    );
}

#[test]
fn a_dump_is_loaded_as_pg_dump_wrote_it() {
    let database = Server::shared().create_database();
    database.load(
        "\\restrict key\n\
         SET standard_conforming_strings = on;\n\
         SELECT pg_catalog.set_config('search_path', '', false);\n\
         CREATE TABLE public.t (x text);\n\
         INSERT INTO public.t VALUES ('a;b\nc');\n\
         \\unrestrict key\n",
    );
    assert_eq!(
        database.query("SELECT x FROM t"),
        [[Some("a;b\nc".to_owned())]]
    );
}

#[test]
fn a_session_keeps_its_transaction_and_tells_refusals_by_code() {
    let database = Server::shared().create_database();
    database.execute("CREATE TABLE t (x int PRIMARY KEY)");
    let session = database.connection().open().unwrap();
    session.execute("BEGIN; INSERT INTO t VALUES (1)");
    assert!(
        database.query("SELECT * FROM t").is_empty(),
        "not committed yet"
    );
    session.execute("COMMIT");
    let refused = session.try_query("INSERT INTO t VALUES (1)").unwrap_err();
    assert_eq!(refused.code.as_deref(), Some("23505"));
}

#[tokio::test]
async fn databases_can_be_made_and_dropped_inside_a_runtime() {
    let database = Server::shared().create_database();
    assert_eq!(database.query("SELECT 1"), [[Some("1".to_owned())]]);
}
