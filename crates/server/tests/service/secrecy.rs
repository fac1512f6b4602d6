//! What the service writes down, whatever it goes through: no secret but in the mail that brings it,
//! and in no line of the log an address. Every value of the story has a mark of its own, and the
//! search knows the spellings in which one could slip through.

mod marks;
mod story;
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use magistrala_users::config::{CommandLine, Config, Profile};
use serde_json::Value;

use super::program::{Home, Program, folder, run};
use marks::{Marks, Searched};
use story::Story;

/// Everything that can be heard, of the libraries too.
const TALKATIVE: &str = "trace,actix_http=trace,actix_http::h1::decoder=trace,actix_server=trace";

/// Settings that hold secrets or addresses, those included that this version does not obey.
const SECRET_SETTINGS: [(&str, &str); 7] = [
    ("MG_USERS_DB_PASS", "setting-db-pass-7f3a"),
    ("MG_EMAIL_PASSWORD", "setting-mail-pass-7f3a"),
    ("MG_SPICEDB_PRE_SHARED_KEY", "setting-spicedb-key-7f3a"),
    ("MG_GOOGLE_CLIENT_SECRET", "setting-client-secret-7f3a"),
    (
        "MG_USERS_ES_URL",
        "nats://events:setting-nats-pass-7f3a@localhost:4222",
    ),
    ("MG_USERS_SECRET_KEY", "setting-secret-key-7f3a"),
    ("MG_USERS_MISTYPED", "setting-mistyped-7f3a"),
];
const ADMIN_EMAIL: &str = "Chief-7f3a@head-7f3a.example.com";
const ADMIN_PASSWORD: &str = "chief-pass-7f3a";

#[test]
fn serve_on_sqlite_writes_no_secret_and_logs_no_address() {
    serves_in_secrecy(&Home::with_served_sqlite());
}

#[test]
fn serve_on_postgres_writes_no_secret_and_logs_no_address() {
    serves_in_secrecy(&Home::with_postgres());
}

fn serves_in_secrecy(home: &Home) {
    let settings = [
        &SECRET_SETTINGS[..],
        &[
            ("RUST_LOG", TALKATIVE),
            ("MG_USERS_ADMIN_EMAIL", ADMIN_EMAIL),
            ("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD),
        ],
    ]
    .concat();
    let program = home.start_with(&settings);
    let (marks, log) = lived_through(program, home, ADMIN_PASSWORD);
    // Nothing but the log: neither mails nor passwords are announced.
    for line in log.lines() {
        let line = serde_json::from_str::<Value>(line);
        assert!(line.is_ok_and(|line| line.is_object()), "{log}");
    }
    marks.assert_unlogged(&log);
}

#[test]
fn dev_shows_mails_and_the_password_beside_its_log_and_never_in_it() {
    let home = Home::with_sqlite();
    let settings = [
        &SECRET_SETTINGS[..],
        &[
            ("RUST_LOG", TALKATIVE),
            ("MG_USERS_ADMIN_EMAIL", ADMIN_EMAIL),
            // It makes one up.
            ("MG_USERS_ADMIN_PASSWORD", ""),
        ],
    ]
    .concat();
    let program = home.start_with(&settings);
    let banner = program.banner.clone();
    let password = banner.lines().find_map(|line| {
        let shown = line.trim_start().strip_prefix("password ")?;
        shown.split_whitespace().next()
    });
    let password = password.expect("a made-up password is shown").to_owned();
    let (marks, said) = lived_through(program, &home, &password);
    let (log, output): (Vec<_>, Vec<_>) = said.lines().partition(|line| is_logged(line));
    for line in output {
        let announced = line.starts_with("Mail (") || line.starts_with("  in ");
        assert!(
            announced || banner.lines().any(|shown| shown == line),
            "neither log nor banner nor mail: {line}"
        );
    }
    marks.assert_unlogged(&log.join("\n"));
}

/// The level that operators are told of, in the words that they are told.
#[test]
fn the_most_talkative_level_tells_no_secret_and_no_address() {
    let home = Home::with_served_sqlite();
    let settings = [
        ("MG_USERS_LOG_LEVEL", "debug"),
        ("MG_USERS_ADMIN_EMAIL", ADMIN_EMAIL),
        ("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD),
    ];
    let program = home.start_with(&settings);
    let mut story = Story::new(&program, &home.data().join("mail"));
    story.signs_in();
    story.fails_to_sign_in();
    story.sends_what_cannot_be_read();
    let marks = story.marks;
    let log = program.terminate();
    assert!(log.contains(r#""level":"DEBUG""#), "{log}");
    marks.assert_unlogged(&log);
}

/// Without the address that a password stands in.
fn secret_in(value: &str) -> &str {
    let value = value.trim_start_matches("nats://events:");
    value.trim_end_matches("@localhost:4222")
}

/// A console line of the log begins with its time.
fn is_logged(line: &str) -> bool {
    let time = line.as_bytes();
    time.len() > 20
        && time[..4].iter().all(u8::is_ascii_digit)
        && time[4] == b'-'
        && time[10] == b'T'
}

/// Lets everything happen, then looks into every file and into the metrics; gives the marks and what
/// the program said.
fn lived_through(program: Program, home: &Home, admin_password: &str) -> (Marks, String) {
    let data = home.data();
    let mut story = Story::new(&program, &data.join("mail"));
    story.is_administered_by(ADMIN_EMAIL, admin_password);
    for (_, value) in SECRET_SETTINGS {
        story.marks.secret("a setting", secret_in(value));
    }
    story.everything_happens();
    let mut marks = story.marks;
    let key = fs::read_to_string(data.join("auth-key.pem")).unwrap();
    marks.signing_key(&key);

    let metrics = Searched::new(program.get("/metrics").text);
    marks.assert_no_secret("the metrics", &metrics);
    marks.assert_no_address("the metrics", &metrics);
    // While it runs, what was written lately stands in the database's log.
    assert_nothing_stored_is_secret(home, &marks);
    let said = program.terminate();
    assert_nothing_stored_is_secret(home, &marks);

    // Whatever is not found below could have been found.
    for heard in [
        "user.login_failed",
        "actix_http",
        "TRACE",
        "used again",
        "answered",
    ] {
        assert!(said.contains(heard), "{heard} is not in\n{said}");
    }
    (marks, said)
}

fn assert_nothing_stored_is_secret(home: &Home, marks: &Marks) {
    let data = home.data();
    let names = |folder: &Path| -> Vec<_> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let names = format!("{:?} {:?}", names(&data), names(&data.join("mail")));
    let names = Searched::new(names);
    marks.assert_no_secret("the names of files", &names);
    marks.assert_no_address("the names of files", &names);
    let mut addresses = false;
    for (name, text) in home.stored() {
        let text = Searched::new(text);
        marks.assert_no_secret(&name, &text);
        addresses |= marks.holds_address(&text);
    }
    assert!(addresses, "there are no accounts in what is stored");
}

#[test]
fn commands_show_secret_settings_by_name_only() {
    let (_guard, data) = folder();
    let data = data.to_str().unwrap();
    let settings = [
        &SECRET_SETTINGS[..],
        &[("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD)],
    ]
    .concat();
    let mut marks = Marks::default();
    for (_, value) in &settings {
        marks.secret("a setting", secret_in(value));
    }
    for arguments in [
        &["config"][..],
        &["config", "--data", data],
        &["doctor"],
        &["doctor", "--data", data],
        &["migrate", "--data", data],
        &["users", "--data", data, "list"],
        &["serve"],
    ] {
        let finished = run(arguments, &settings);
        let said = Searched::new(format!("{}\n{}", finished.stdout, finished.stderr));
        marks.assert_no_secret(&arguments.join(" "), &said);
    }
    let shown = run(&["config"], &settings).stdout;
    let password = shown.lines().find(|line| line.contains("ADMIN_PASSWORD"));
    assert!(password.is_some_and(|line| line.contains("***")), "{shown}");
}

#[test]
fn settings_are_not_printed_with_their_secrets_and_addresses() {
    let environment: BTreeMap<String, String> = SECRET_SETTINGS
        .into_iter()
        .chain([
            ("MG_USERS_ADMIN_EMAIL", ADMIN_EMAIL),
            ("MG_USERS_ADMIN_PASSWORD", ADMIN_PASSWORD),
        ])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let config = Config::load(Profile::Serve, &environment, &CommandLine::default()).unwrap();
    for printed in [format!("{config:?}"), format!("{config:#?}")] {
        assert!(!printed.contains("7f3a"), "{printed}");
    }
}
