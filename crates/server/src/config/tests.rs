//! The table as a whole and its defaults.

mod platform;
mod postgres;
mod problems;
mod sources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use users_http::EnumFormat;

use super::*;

fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(owned).collect()
}

fn load(profile: Profile, variables: &[(&str, &str)]) -> Result<Config, Problems> {
    Config::load(profile, &environment(variables), &CommandLine::default())
}

/// What is said of names; `serve` without a domains service has advice besides.
fn of_names(config: &Config) -> Vec<String> {
    let notices = config.notices().iter();
    let notices = notices.filter(|notice| !matches!(notice, Notice::Advice(_)));
    notices.map(ToString::to_string).collect()
}

fn lines(problems: &Problems) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn setting<'a>(config: &'a Config, name: &str) -> &'a Setting {
    config
        .effective()
        .iter()
        .find(|setting| setting.name == name)
        .expect("a known setting")
}

fn shown<'a>(config: &'a Config, name: &str) -> (&'a str, &'a str) {
    let setting = setting(config, name);
    (&setting.value, &setting.origin)
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn serve_starts_from_the_documented_defaults() {
    let config = load(Profile::Serve, &[]).unwrap();
    assert_eq!(config.http.host, "localhost");
    assert_eq!(config.http.port, 9002);
    assert_eq!(config.http.read_header_timeout, Duration::from_secs(5));
    assert_eq!(config.http.idle_timeout, Duration::from_mins(1));
    assert_eq!(config.store.kind, StoreKind::Postgres);
    assert_eq!(config.auth.kind, AuthKind::Grpc);
    assert_eq!(config.auth.access_token_ttl, Duration::from_hours(1));
    assert_eq!(config.auth.refresh_token_ttl, Duration::from_hours(24));
    assert!(config.accounts.allow_self_register);
    assert!(!config.accounts.allow_unverified_user);
    assert_eq!(config.passwords.pattern, "^.{8,}$");
    assert!(config.passwords.hash_threads.get() >= 1);
    assert_eq!(config.admin.email, "admin@example.com");
    assert_eq!(config.admin.password.as_ref().unwrap().expose(), "12345678");
    assert!(config.is_default_admin_password());
    assert_eq!(
        [
            config.admin.username.as_str(),
            config.admin.first_name.as_str(),
            config.admin.last_name.as_str()
        ],
        ["admin", "super", "admin"]
    );
    assert_eq!(config.mail.kind, MailKind::Smtp);
    assert_eq!(config.mail.verification_url_prefix, None);
    assert_eq!(config.mail.reset_url_prefix, None);
    assert_eq!(config.mail.verification_template, None);
    assert_eq!(config.mail.reset_template, None);
    assert_eq!(config.mail.verification_code_ttl, Duration::from_hours(24));
    assert_eq!(config.mail.reset_code_ttl, Duration::from_mins(15));
    assert_eq!(config.api.enums, EnumFormat::Numbers);
    assert_eq!(config.telemetry.level, LogLevel::Info);
    assert_eq!(config.telemetry.filter, None);
    assert_eq!(config.telemetry.instance_id, None);
    assert_eq!(of_names(&config), [""; 0]);
    assert!(
        config
            .effective()
            .iter()
            .all(|setting| setting.origin == "default")
    );
}

#[test]
fn dev_starts_from_embedded_defaults() {
    let config = load(Profile::Dev, &[]).unwrap();
    assert_eq!(config.store.kind, StoreKind::Sqlite);
    let data = Path::new("./data");
    assert_eq!(config.store.sqlite_path, data.join(users_sqlite::FILE_NAME));
    assert_eq!(config.auth.kind, AuthKind::Embedded);
    let key = data.join(users_auth_embedded::KEY_FILE_NAME);
    assert_eq!(config.auth.key_path, key);
    assert_eq!(config.mail.kind, MailKind::File);
    assert_eq!(config.mail.folder, Path::new("./data/mail"));
    assert!(config.admin.password.is_none());
    assert!(!config.is_default_admin_password());
    assert!(config.check_supported().is_ok());
    assert_eq!(shown(&config, "MG_USERS_STORE"), ("sqlite", "dev default"));
    assert_eq!(shown(&config, "MG_USERS_HTTP_PORT"), ("9002", "default"));
    assert_eq!(
        shown(&config, "MG_USERS_ADMIN_PASSWORD"),
        ("(a random one, shown once)", "dev default")
    );
}

#[test]
fn the_documented_password_is_seen_through_when_somebody_sets_it() {
    let config = load(Profile::Dev, &[("MG_USERS_ADMIN_PASSWORD", "12345678")]).unwrap();
    assert!(config.is_default_admin_password());
}

#[test]
fn every_setting_is_described() {
    for entry in entries() {
        assert!(entry.description.ends_with('.'), "{}", entry.name);
        assert!(
            !entry.description.contains(['\n', '|']),
            "{}: a table's cell",
            entry.name
        );
    }
}
