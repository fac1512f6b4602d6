//! Settings of the Postgres server: those of the deployed service, and which of them fit together.

use super::*;

/// Encrypted, and so that only the files may be wrong.
const ENCRYPTED: (&str, &str) = ("MG_USERS_DB_SSL_MODE", "verify-full");

fn idle(config: &Config) -> Vec<String> {
    let notices = config.notices().iter();
    notices
        .filter(|notice| matches!(notice, Notice::Idle { .. }))
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_database_is_the_documented_one_unless_somebody_says_otherwise() {
    let postgres = load(Profile::Serve, &[]).unwrap().postgres;
    assert_eq!(postgres.host, "localhost");
    assert_eq!(postgres.port, 5432);
    assert_eq!(postgres.user, "magistrala");
    assert_eq!(postgres.password, "magistrala");
    assert_eq!(postgres.database, "users");
    assert_eq!(postgres.ssl_mode, DatabaseSslMode::Disable);
    assert_eq!(postgres.ssl_certificate, None);
    assert_eq!(postgres.ssl_key, None);
    assert_eq!(postgres.ssl_root_certificate, None);
    assert_eq!(postgres.max_connections.get(), 20);
    assert!(postgres.statement_cache);
    assert_eq!(postgres.connect_timeout, Duration::from_secs(5));
    assert_eq!(postgres.statement_timeout, Duration::from_secs(5));
}

#[test]
fn every_setting_of_the_database_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key, root] =
        ["client.pem", "client.key", "root.pem"].map(|name| file(folder.path(), name, "PEM"));
    let config = load(
        Profile::Serve,
        &[
            ("MG_USERS_DB_HOST", "users-db"),
            ("MG_USERS_DB_PORT", "6432"),
            ("MG_USERS_DB_USER", "ada"),
            ("MG_USERS_DB_PASS", " it's a \\ secret "),
            ("MG_USERS_DB_NAME", "people"),
            ("MG_USERS_DB_SSL_MODE", "verify-ca"),
            ("MG_USERS_DB_SSL_CERT", certificate.to_str().unwrap()),
            ("MG_USERS_DB_SSL_KEY", key.to_str().unwrap()),
            ("MG_USERS_DB_SSL_ROOT_CERT", root.to_str().unwrap()),
            ("MG_USERS_DB_MAX_CONNECTIONS", "7"),
            ("MG_USERS_DB_STATEMENT_CACHE", "off"),
            ("MG_USERS_DB_CONNECT_TIMEOUT", "300ms"),
            ("MG_USERS_DB_STATEMENT_TIMEOUT", "1m"),
        ],
    )
    .unwrap();
    assert_eq!(of_names(&config), [""; 0]);
    let postgres = config.postgres;
    assert_eq!(postgres.host, "users-db");
    assert_eq!(postgres.port, 6432);
    assert_eq!(postgres.user, "ada");
    assert_eq!(postgres.password, " it's a \\ secret ");
    assert_eq!(postgres.database, "people");
    assert_eq!(postgres.ssl_mode, DatabaseSslMode::VerifyCa);
    assert_eq!(postgres.ssl_certificate, Some(certificate));
    assert_eq!(postgres.ssl_key, Some(key));
    assert_eq!(postgres.ssl_root_certificate, Some(root));
    assert_eq!(postgres.max_connections.get(), 7);
    assert!(!postgres.statement_cache);
    assert_eq!(postgres.connect_timeout, Duration::from_millis(300));
    assert_eq!(postgres.statement_timeout, Duration::from_mins(1));
}

#[test]
fn the_modes_of_tls_are_the_documented_ones() {
    let folder = tempfile::tempdir().unwrap();
    let root = file(folder.path(), "root.pem", "PEM");
    for (text, mode) in [
        ("disable", DatabaseSslMode::Disable),
        ("require", DatabaseSslMode::Require),
        ("verify-ca", DatabaseSslMode::VerifyCa),
        ("verify-full", DatabaseSslMode::VerifyFull),
    ] {
        let variables = [
            ("MG_USERS_DB_SSL_MODE", text),
            ("MG_USERS_DB_SSL_ROOT_CERT", root.to_str().unwrap()),
        ];
        let config = load(Profile::Serve, &variables).unwrap();
        assert_eq!(config.postgres.ssl_mode, mode, "{text}");
    }
}

#[test]
fn an_authority_alone_proves_a_server_only_if_it_is_a_named_one() {
    let verify_ca = ("MG_USERS_DB_SSL_MODE", "verify-ca");
    let problems = lines(&load(Profile::Serve, &[verify_ca]).unwrap_err());
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with(
            "MG_USERS_DB_SSL_MODE=\"verify-ca\" (environment): expected \
             MG_USERS_DB_SSL_ROOT_CERT beside it"
        ),
        "{}",
        problems[0]
    );
    // It matters only where it is used.
    assert!(load(Profile::Serve, &[verify_ca, ("MG_USERS_STORE", "sqlite")]).is_ok());
}

#[test]
fn modes_that_encrypt_perhaps_are_refused_with_what_to_use() {
    for mode in ["allow", "prefer"] {
        let problems = lines(&load(Profile::Serve, &[("MG_USERS_DB_SSL_MODE", mode)]).unwrap_err());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!(
                "MG_USERS_DB_SSL_MODE={mode:?} (environment): expected disable, require, \
                 verify-ca or verify-full; {mode} "
            )),
            "{}",
            problems[0]
        );
        assert!(problems[0].contains("use require"), "{}", problems[0]);
    }
}

#[test]
fn each_wrong_value_is_a_line_of_its_own_whatever_the_store() {
    let wrong = [
        ("MG_USERS_DB_PORT", "0"),
        ("MG_USERS_DB_SSL_MODE", "REQUIRE"),
        ("MG_USERS_DB_MAX_CONNECTIONS", "0"),
        ("MG_USERS_DB_STATEMENT_CACHE", "true"),
        ("MG_USERS_DB_CONNECT_TIMEOUT", "0"),
        ("MG_USERS_DB_STATEMENT_TIMEOUT", "5"),
    ];
    for profile in [Profile::Serve, Profile::Dev] {
        let problems = lines(&load(profile, &wrong).unwrap_err());
        assert_eq!(problems.len(), wrong.len(), "{problems:#?}");
        for ((name, value), line) in wrong.iter().zip(&problems) {
            let beginning = format!("{name}={value:?} (environment): expected ");
            assert!(line.starts_with(&beginning), "{line}");
        }
    }
    for (name, values) in [
        ("MG_USERS_DB_PORT", ["65536", "-1", "postgres"]),
        ("MG_USERS_DB_MAX_CONNECTIONS", ["262144", "-1", "many"]),
    ] {
        for value in values {
            assert!(load(Profile::Serve, &[(name, value)]).is_err(), "{value}");
        }
    }
}

#[test]
fn a_certificate_and_its_key_come_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "client.pem", "PEM");
    let path = path.to_str().unwrap();
    let (cert, key) = ("MG_USERS_DB_SSL_CERT", "MG_USERS_DB_SSL_KEY");
    for (given, missing) in [(cert, key), (key, cert)] {
        let variables = [ENCRYPTED, (given, path)];
        let problems = lines(&load(Profile::Serve, &variables).unwrap_err());
        assert_eq!(problems.len(), 1, "{problems:?}");
        let beginning = format!("{given}={path:?} (environment): expected {missing} beside it");
        assert!(problems[0].starts_with(&beginning), "{}", problems[0]);
    }
    assert!(load(Profile::Serve, &[ENCRYPTED, (cert, path), (key, path)]).is_ok());
    assert!(load(Profile::Serve, &[ENCRYPTED]).is_ok());
}

#[test]
fn files_that_are_not_there_are_named_each_on_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.pem");
    let absent = absent.to_str().unwrap();
    let variables = [
        ENCRYPTED,
        ("MG_USERS_DB_SSL_CERT", absent),
        ("MG_USERS_DB_SSL_KEY", absent),
        ("MG_USERS_DB_SSL_ROOT_CERT", folder.path().to_str().unwrap()),
    ];
    let problems = lines(&load(Profile::Serve, &variables).unwrap_err());
    assert_eq!(problems.len(), 3, "{problems:#?}");
    for ((name, _), line) in variables[1..].iter().zip(&problems) {
        assert!(line.starts_with(&format!("{name}=")), "{line}");
    }
    for line in &problems[..2] {
        assert!(line.contains("cannot read the file"), "{line}");
    }
    assert!(problems[2].ends_with("this is a folder"), "{}", problems[2]);
}

#[test]
fn what_another_store_or_no_tls_leaves_without_effect_is_named_and_not_looked_at() {
    let variables = [
        ("MG_USERS_DB_HOST", "users-db"),
        ("MG_USERS_DB_SSL_KEY", "/absent/client.key"),
        ("MG_USERS_DB_SSL_ROOT_CERT", "/absent/root.pem"),
    ];
    let config = load(Profile::Serve, &variables).unwrap();
    assert_eq!(
        idle(&config),
        [
            "without effect with MG_USERS_DB_SSL_MODE=disable: MG_USERS_DB_SSL_KEY, \
          MG_USERS_DB_SSL_ROOT_CERT"
        ]
    );
    let sqlite = [&variables[..], &[("MG_USERS_STORE", "sqlite"), ENCRYPTED]].concat();
    let config = load(Profile::Serve, &sqlite).unwrap();
    assert_eq!(
        idle(&config),
        [
            "without effect with MG_USERS_STORE=sqlite: MG_USERS_DB_HOST, MG_USERS_DB_SSL_MODE, \
          MG_USERS_DB_SSL_KEY, MG_USERS_DB_SSL_ROOT_CERT"
        ]
    );
    for profile in [Profile::Serve, Profile::Dev] {
        let config = load(profile, &[]).unwrap();
        assert_eq!(of_names(&config), [""; 0]);
    }
}

#[test]
fn the_password_of_the_database_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "password", "tell-nobody\n");
    let path = path.to_str().unwrap();
    for variable in [
        ("MG_USERS_DB_PASS", "tell-nobody"),
        ("MG_USERS_DB_PASS_FILE", path),
    ] {
        let config = load(Profile::Serve, &[variable]).unwrap();
        assert_eq!(config.postgres.password, "tell-nobody");
        assert_eq!(setting(&config, "MG_USERS_DB_PASS").value, "***");
        assert!(!format!("{config:?}").contains("tell-nobody"));
    }
}

#[test]
fn a_url_is_no_host_and_is_not_repeated() {
    for url in ["postgres://u:secret@db/users", "u:secret@db", "db/users"] {
        let written = [("MG_USERS_STORE", "postgres"), ("MG_USERS_DB_HOST", url)];
        let problems = lines(&load(Profile::Serve, &written).unwrap_err());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("MG_USERS_DB_HOST"), "{problems:?}");
        assert!(!problems[0].contains("secret"), "{problems:?}");
    }
    for host in ["db.example", "127.0.0.1", "::1", "/var/run/postgresql"] {
        let written = [("MG_USERS_STORE", "postgres"), ("MG_USERS_DB_HOST", host)];
        assert_eq!(load(Profile::Serve, &written).unwrap().postgres.host, host);
    }
}
