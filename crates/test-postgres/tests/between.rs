//! What stands between a client and a server: a proxy that cuts and freezes, a pooler, TLS.

use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use users_test_postgres::{
    Binaries, Certificates, Database, Demand, Identity, PgBouncer, Proxy, ROLE, Server,
    ServerOptions, Tls,
};

fn one(value: &str) -> Vec<Vec<Option<String>>> {
    vec![vec![Some(value.to_owned())]]
}

/// A database with an empty table, and a proxy in front of it.
fn behind_a_proxy() -> (Database, Proxy) {
    let server = Server::shared();
    let database = server.create_database();
    database.execute("CREATE TABLE t (x int)");
    (database, Proxy::start((server.host(), server.port())))
}

fn rows(database: &Database) -> Vec<Vec<Option<String>>> {
    database.query("SELECT count(*) FROM t")
}

#[test]
fn a_commit_is_carried_out_and_its_answer_lost() {
    let (database, proxy) = behind_a_proxy();
    let client = database.connection().through(proxy.port());
    proxy.cut_after_commit();
    let session = client.open().unwrap();
    session.execute("BEGIN");
    session.execute("INSERT INTO t VALUES (1)");
    let lost = session.try_query("COMMIT").unwrap_err();
    assert_eq!(lost.code, None, "the connection broke: {lost}");
    assert_eq!(rows(&database), one("1"));
    assert_eq!(proxy.cuts(), 1);
    client.execute("BEGIN; INSERT INTO t VALUES (2); COMMIT");
    assert_eq!((rows(&database), proxy.cuts()), (one("2"), 1), "only once");
}

#[test]
fn a_commit_that_never_reaches_the_server_undoes_all() {
    let (database, proxy) = behind_a_proxy();
    proxy.cut_before_commit();
    let session = database.connection().through(proxy.port()).open().unwrap();
    session.execute("BEGIN; INSERT INTO t VALUES (1)");
    let lost = session.try_query("COMMIT").unwrap_err();
    assert_eq!(lost.code, None, "the connection broke: {lost}");
    assert_eq!((rows(&database), proxy.cuts()), (one("0"), 1));
}

#[tokio::test]
async fn prepared_commits_are_seen_too_and_earlier_answers_arrive() {
    let (database, proxy) = behind_a_proxy();
    let config: tokio_postgres::Config = database
        .connection()
        .through(proxy.port())
        .url()
        .parse()
        .unwrap();
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let insert = client.prepare("INSERT INTO t VALUES ($1)").await.unwrap();
    let commit = client.prepare("COMMIT").await.unwrap();
    proxy.cut_after_commit();
    client.batch_execute("BEGIN").await.unwrap();
    // While it copies, the server passes over a request to end its answer.
    let copied = client
        .copy_in::<_, &[u8]>("COPY t FROM STDIN")
        .await
        .unwrap();
    assert_eq!(std::pin::pin!(copied).finish().await.unwrap(), 0);
    // All at once on the wire, answered in order.
    let (first, second, last) = tokio::join!(
        client.execute(&insert, &[&1_i32]),
        client.execute(&insert, &[&2_i32]),
        client.execute(&commit, &[]),
    );
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    assert!(last.unwrap_err().is_closed());
    // However the connection ended, it did.
    let _ = connection.await.unwrap();
    assert_eq!((rows(&database), proxy.cuts()), (one("2"), 1));
}

#[test]
fn any_statement_can_be_cut_by_its_text() {
    let (database, proxy) = behind_a_proxy();
    let client = database.connection().through(proxy.port());
    proxy.cut_after("insert into T");
    assert!(client.try_query("INSERT INTO t VALUES (1)").is_err());
    assert_eq!(rows(&database), one("1"));
    proxy.cut_before("insert into t");
    assert!(client.try_query("INSERT INTO t VALUES (2)").is_err());
    assert_eq!(rows(&database), one("1"));
    proxy.cut_after("insert into t");
    proxy.disarm();
    client.execute("INSERT INTO t VALUES (2)");
    assert_eq!((rows(&database), proxy.cuts()), (one("2"), 2));
}

#[test]
fn a_proxy_refuses_takes_again_and_cuts_what_is_open() {
    let (database, proxy) = behind_a_proxy();
    let client = database.connection().through(proxy.port());
    let session = client.open().unwrap();
    proxy.refuse();
    let refused = client.try_query("SELECT 1").unwrap_err();
    assert!(refused.message.contains("refused"), "{refused}");
    assert_eq!(session.query("SELECT 1"), one("1"), "what is open goes on");
    proxy.accept();
    assert_eq!(client.query("SELECT 2"), one("2"));
    proxy.cut_all();
    assert!(session.try_query("SELECT 1").is_err());
    assert_eq!(client.query("SELECT 3"), one("3"));
    assert_eq!((proxy.accepted(), proxy.cuts()), (3, 0));
}

#[test]
fn a_frozen_proxy_forwards_nothing_and_loses_nothing() {
    let (database, proxy) = behind_a_proxy();
    let session = database.connection().through(proxy.port()).open().unwrap();
    proxy.freeze();
    thread::scope(|scope| {
        let asked = scope.spawn(move || session.query("INSERT INTO t VALUES (1) RETURNING x"));
        thread::sleep(Duration::from_millis(200));
        assert!(!asked.is_finished(), "a frozen proxy has forwarded");
        assert_eq!(rows(&database), one("0"));
        proxy.thaw();
        assert_eq!(asked.join().unwrap(), one("1"));
    });
}

#[test]
fn pgbouncer_lends_one_session_to_many_transactions() {
    let database = Server::shared().create_database();
    let pooler = PgBouncer::start(database.connection()).unwrap_or_else(|e| panic!("{e}"));
    let client = pooler.connection(database.connection());
    let process = "SELECT pg_backend_pid()";
    let sessions = [(); 3].map(|()| client.open().unwrap());
    let first = sessions[0].query(process);
    assert_eq!(
        sessions[1].query(process),
        first,
        "after a transaction it is free"
    );
    sessions[1].execute("BEGIN");
    sessions[1].execute(process);
    assert_ne!(
        sessions[2].query(process),
        first,
        "in a transaction it is not"
    );
    let pools = pooler.console().query("SHOW POOLS");
    let ours = pools
        .iter()
        .find(|pool| pool[0].as_deref() == Some(database.name()));
    assert!(
        ours.unwrap().contains(&Some("transaction".to_owned())),
        "{pools:?}"
    );
}

/// `psql` with these words in its connection string.
fn psql(server: &Server, words: &str) -> Output {
    let target = format!("port={} user={ROLE} dbname=postgres {words}", server.port());
    Command::new("psql")
        .args([
            "-X",
            "-A",
            "-t",
            "-c",
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        ])
        .arg(target)
        .output()
        .unwrap_or_else(|error| {
            panic!("psql is needed (`apt-get install postgresql-client`): {error}")
        })
}

fn accepts(server: &Server, words: &str) -> bool {
    let output = psql(server, words);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() || ["t", "f"].contains(&printed.trim()),
        "{printed}"
    );
    output.status.success()
}

fn with_tls(identity: &Identity, certificates: &Certificates, demand: Demand) -> Server {
    let tls = Tls {
        identity: identity.clone(),
        client_ca: certificates.ca.clone(),
        demand,
    };
    let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
    Server::start(&binaries, &ServerOptions::default().with_tls(tls))
}

#[test]
fn a_server_shows_the_certificate_that_it_was_given() {
    let certificates = Certificates::new();
    let server = with_tls(&certificates.localhost, &certificates, Demand::Nothing);
    assert_eq!(server.query("SHOW ssl"), one("on"));
    let right = format!("sslrootcert={}", certificates.ca.display());
    let wrong = format!("sslrootcert={}", certificates.other_ca.display());
    assert!(accepts(&server, "host=127.0.0.1 sslmode=disable"));
    assert!(accepts(&server, "host=127.0.0.1 sslmode=require"));
    assert!(accepts(
        &server,
        &format!("host=127.0.0.1 sslmode=verify-ca {right}")
    ));
    assert!(!accepts(
        &server,
        &format!("host=127.0.0.1 sslmode=verify-ca {wrong}")
    ));
    assert!(accepts(
        &server,
        &format!("host=localhost sslmode=verify-full {right}")
    ));
    let elsewhere = with_tls(&certificates.elsewhere, &certificates, Demand::Tls);
    assert!(!accepts(&elsewhere, "host=127.0.0.1 sslmode=disable"));
    assert!(accepts(
        &elsewhere,
        &format!("host=localhost sslmode=verify-ca {right}")
    ));
    assert!(!accepts(
        &elsewhere,
        &format!("host=localhost sslmode=verify-full {right}")
    ));
}

#[test]
fn a_server_demands_the_certificate_of_its_clients() {
    let certificates = Certificates::new();
    let with = |identity: &Identity| {
        let (certificate, key) = (identity.certificate.display(), identity.key.display());
        format!("host=127.0.0.1 sslmode=require sslcert={certificate} sslkey={key}")
    };
    let none = "host=127.0.0.1 sslmode=require sslcert=/nowhere sslkey=/nowhere";
    let server = |demand| with_tls(&certificates.address, &certificates, demand);
    for (server, stranger) in [
        (server(Demand::CertificateOfCa), true),
        (server(Demand::CertificateOfRole), false),
    ] {
        assert!(accepts(&server, &with(&certificates.client)));
        assert_eq!(accepts(&server, &with(&certificates.stranger)), stranger);
        assert!(!accepts(&server, &with(&certificates.client_of_other_ca)));
        assert!(!accepts(&server, none));
        assert_eq!(
            server.query("SELECT 1"),
            one("1"),
            "tests' own SQL is let in"
        );
    }
}
