//! The command line.

use std::path::Path;

use super::program::{ADMIN_PASSWORD, Finished, Home, Program, folder, run, run_unheard};

#[test]
fn wrong_values_stop_the_start_with_one_line_for_each() {
    for command in ["serve", "config", "doctor", "migrate"] {
        let output = run(
            &[command],
            &[
                ("MG_USERS_HTTP_PORT", "seventy"),
                ("MG_USERS_PASS_REGEX", "("),
                ("MG_USERS_ALLOW_SELF_REGISTER", "perhaps"),
                ("MG_USERS_ACCESS_TOKEN_TTL", "1 day"),
            ],
        );
        assert_eq!(output.code, 2, "{command}: {}", output.stderr);
        for name in [
            "MG_USERS_HTTP_PORT",
            "MG_USERS_PASS_REGEX",
            "MG_USERS_ALLOW_SELF_REGISTER",
            "MG_USERS_ACCESS_TOKEN_TTL",
        ] {
            let lines = output
                .stderr
                .lines()
                .filter(|line| line.contains(name))
                .count();
            assert_eq!(lines, 1, "{command}, {name}:\n{}", output.stderr);
        }
    }
}

#[test]
fn config_shows_values_and_origins_and_hides_secrets() {
    let output = run(
        &["config"],
        &[
            ("MG_USERS_HTTP_PORT", "9999"),
            ("MG_USERS_ADMIN_PASSWORD", "tell-nobody"),
        ],
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    let port = output
        .stdout
        .lines()
        .find(|line| line.contains("MG_USERS_HTTP_PORT"))
        .unwrap();
    assert!(
        port.contains("9999") && port.contains("environment"),
        "{port}"
    );
    assert!(
        output.stdout.contains("MG_USERS_PASS_REGEX"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("tell-nobody"));
    assert!(!output.stderr.contains("tell-nobody"));
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest_one() {
    let output = run(&["config"], &[("MG_USERS_HTTP_PROT", "9999")]);
    assert_eq!(output.code, 0);
    let said = output
        .stderr
        .lines()
        .find(|line| line.contains("MG_USERS_HTTP_PROT"));
    assert!(
        said.is_some_and(|line| line.contains("MG_USERS_HTTP_PORT")),
        "{}",
        output.stderr
    );
}

#[test]
fn a_secret_may_lie_in_a_file() {
    let (guard, data) = folder();
    let file = guard.path().join("password");
    std::fs::write(&file, "from a file\n").unwrap();
    let settings = [("MG_USERS_ADMIN_PASSWORD_FILE", file.to_str().unwrap())];
    let program = Program::dev_with(&data, &settings);
    program.log_in("admin@example.com", "from a file");
}

#[test]
fn serve_says_what_this_version_cannot_do_and_what_to_set() {
    let output = run(&["serve"], &[("MG_USERS_HTTP_SERVER_CERT", "cert.pem")]);
    assert_eq!(output.code, 2);
    for hint in ["MG_USERS_MAIL=file", "MG_USERS_HTTP_SERVER_CERT: "] {
        let lines = output.stderr.lines().filter(|line| line.contains(hint));
        assert_eq!(lines.count(), 1, "{hint}:\n{}", output.stderr);
    }
}

#[test]
fn serve_runs_on_sqlite_and_its_log_is_json() {
    serves_with_a_log_of_json(&Home::with_served_sqlite());
}

#[test]
fn serve_runs_on_postgres_and_its_log_is_json() {
    serves_with_a_log_of_json(&Home::with_postgres());
}

fn serves_with_a_log_of_json(home: &Home) {
    // Nobody sets the password.
    let settings = [("MG_USERS_ADMIN_PASSWORD", "")];
    let log = home.start_with(&settings).terminate();
    let (complaints, log): (Vec<_>, Vec<_>) =
        log.lines().partition(|line| line.starts_with("warning: "));
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    for line in &log {
        serde_json::from_str::<serde_json::Value>(line).expect("a log line is JSON");
    }
    let warning = log
        .iter()
        .find(|line| line.contains("MG_USERS_ADMIN_PASSWORD"));
    assert!(warning.is_some_and(|line| line.contains("WARN")), "{log:?}");
    assert!(!log.concat().contains("12345678"), "{log:?}");
}

#[test]
fn the_documented_password_is_warned_of_however_little_is_logged() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let settings = [
        ("MG_USERS_STORE", "sqlite"),
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_MAIL", "log"),
        ("MG_USERS_HTTP_PORT", port.as_str()),
        ("MG_USERS_LOG_LEVEL", "error"),
    ];
    let output = run(&["serve"], &settings);
    let said = |output: &Finished| {
        let mut lines = output.stderr.lines();
        lines.any(|line| line.starts_with("warning: MG_USERS_ADMIN_PASSWORD"))
    };
    assert!(said(&output), "{}", output.stderr);
    let own = [
        &settings[..],
        &[("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD)],
    ]
    .concat();
    assert!(!said(&run(&["serve"], &own)));
}

#[test]
fn migrate_brings_the_schema_up_to_date_and_lists_without_writing() {
    let (_guard, data) = folder();
    std::fs::create_dir(&data).unwrap();
    let path = data.join("users.sqlite");
    let settings = [
        ("MG_USERS_STORE", "sqlite"),
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_MAIL", "file"),
        ("MG_USERS_SQLITE_PATH", path.to_str().unwrap()),
    ];
    let before = run(&["migrate", "--list"], &settings);
    assert_eq!(before.code, 0, "{}", before.stderr);
    assert!(before.stdout.contains("pending"), "{}", before.stdout);
    assert!(!path.exists(), "listing writes nothing");
    let migrated = run(&["migrate"], &settings);
    assert_eq!(migrated.code, 0, "{}", migrated.stderr);
    let after = run(&["migrate", "--list"], &settings);
    assert!(!after.stdout.contains("pending"), "{}", after.stdout);
    assert_eq!(
        run(&["migrate"], &settings).code,
        0,
        "a second time changes nothing"
    );
}

#[test]
fn doctor_says_what_is_wrong_and_how_to_mend_it_and_writes_nothing() {
    let (_guard, data) = folder();
    let settings = [
        ("MG_USERS_STORE", "sqlite"),
        ("MG_USERS_AUTH", "embedded"),
        ("MG_USERS_MAIL", "file"),
    ];
    let path = data.join("users.sqlite");
    let fresh = [
        &settings[..],
        &[("MG_USERS_SQLITE_PATH", path.to_str().unwrap())],
    ]
    .concat();
    let fresh = run(&["doctor"], &fresh);
    assert_eq!(fresh.code, 1, "{}", fresh.stdout);
    assert!(fresh.stdout.contains("not there yet"), "{}", fresh.stdout);
    assert!(fresh.stdout.contains("migrate"), "{}", fresh.stdout);
    let tls = [&settings[..], &[("MG_USERS_HTTP_SERVER_KEY", "key.pem")]].concat();
    let tls = run(&["doctor"], &tls);
    assert_eq!(tls.code, 1);
    assert!(
        tls.stdout.contains("MG_USERS_HTTP_SERVER_KEY"),
        "{}",
        tls.stdout
    );
    assert!(!data.exists(), "doctor writes nothing");
}

/// The line of `doctor --data` on a subject.
fn doctor(data: &Path, subject: &str) -> String {
    let output = run(&["doctor", "--data", data.to_str().unwrap()], &[]);
    let line = output.stdout.lines().find(|line| line.contains(subject));
    line.expect(subject).to_owned()
}

#[test]
fn what_dev_made_can_be_looked_at_and_migrated() {
    let (_guard, data) = folder();
    let folder = data.to_str().unwrap();
    assert!(doctor(&data, "administrator").contains("the first start makes"));
    let program = Program::dev(&data);
    let look = || {
        for arguments in [&["doctor"][..], &["migrate", "--list"], &["config"]] {
            let output = run(&[arguments, &["--data", folder]].concat(), &[]);
            assert_eq!(output.code, 0, "{arguments:?}:\n{}", output.stdout);
            assert!(!output.stdout.contains("pending"), "{}", output.stdout);
        }
        assert!(doctor(&data, "administrator").ends_with("there is one"));
    };
    look();
    program.terminate();
    let names = || {
        let entries = std::fs::read_dir(&data).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (std::fs::read(data.join("users.sqlite")).unwrap(), names());
    look();
    let after = (std::fs::read(data.join("users.sqlite")).unwrap(), names());
    assert!(before == after, "looking writes nothing");
    let migrated = run(&["migrate", "--data", folder], &[]);
    assert_eq!(migrated.stdout, "the schema is up to date\n");
}

#[test]
fn doctor_tells_a_store_without_tables_or_administrators_from_none() {
    let (_guard, data) = folder();
    std::fs::create_dir(&data).unwrap();
    let path = data.join("users.sqlite");
    std::fs::write(&path, "").unwrap();
    let store = doctor(&data, "store");
    assert!(store.starts_with("WRONG"), "{store}");
    assert!(store.contains("is there and has no table"), "{store}");

    run(&["migrate", "--data", data.to_str().unwrap()], &[]);
    assert!(doctor(&data, "store").starts_with("ok"));
    let administrator = doctor(&data, "administrator");
    assert!(administrator.starts_with("warn"), "{administrator}");
    assert!(administrator.contains("create-admin"), "{administrator}");

    std::fs::write(&path, "This is no database. ".repeat(100)).unwrap();
    let store = doctor(&data, "store");
    assert!(store.contains("cannot open the database"), "{store}");
}

#[test]
fn commands_end_as_they_should_when_nobody_reads_what_they_say() {
    let (_guard, data) = folder();
    Program::dev(&data).terminate();
    let data = data.to_str().unwrap();
    for (arguments, code) in [
        (&["config", "--data", data][..], 0),
        (&["doctor", "--data", data], 0),
        (&["doctor"], 1),
        (&["migrate", "--list", "--data", data], 0),
        (&["users", "--data", data, "list"], 0),
        (&["serve"], 2),
        (&["users", "--data", data, "set-password", "nobody"], 1),
    ] {
        assert_eq!(run_unheard(arguments, &[]), code, "{arguments:?}");
    }
}

#[test]
fn health_asks_a_running_service() {
    let (_guard, data) = folder();
    let program = Program::dev(&data);
    assert_eq!(
        run(&["health", "--url", &program.url("/health")], &[]).code,
        0
    );
    let url = program.url("/health");
    program.terminate();
    let gone = run(&["health", "--url", &url], &[]);
    assert_eq!(gone.code, 1);
    assert!(gone.stderr.contains(&url), "{}", gone.stderr);
}
