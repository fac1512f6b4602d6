//! Settings, as environment variables and as a TOML file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use magistrala_users::config::{CommandLine, Config, Profile};
use tempfile::TempDir;

use crate::text::choice_and_text;

/// Stands in inputs for a text that must not get out.
const PLACEHOLDER: &str = "$S";
const SECRET: &str = "correct-horse-battery";
const SECRET_NAME: &str = "MG_USERS_ADMIN_PASSWORD";

/// A letter that chooses the profile and where the settings stand, and lines of `NAME=value`, or
/// TOML.
///
/// Every problem and notice is one line without control characters; no secret is in any, nor in what
/// is shown; what is accepted is within its limits.
pub fn settings(bytes: &[u8]) {
    let Some((choice, text)) = choice_and_text(bytes) else {
        return;
    };
    let text = text.replace(PLACEHOLDER, SECRET);
    let profile = match choice {
        's' | 'S' => Profile::Serve,
        'd' | 'D' => Profile::Dev,
        _ => return,
    };
    // Files would be looked for on the machine that fuzzes.
    if text.contains("_FILE") {
        return;
    }
    let (environment, config_file) = if choice.is_uppercase() {
        (BTreeMap::new(), Some(in_a_file(&text)))
    } else {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        (variables.collect(), None)
    };
    let command_line = CommandLine {
        config_file,
        ..CommandLine::default()
    };
    let mut said: Vec<String> = Vec::new();
    let mut shown = Vec::new();
    match Config::load(profile, &environment, &command_line) {
        Ok(config) => {
            said.extend(config.notices().iter().map(ToString::to_string));
            let values = config.effective().iter();
            shown.extend(values.map(|setting| setting.value.clone()));
            is_within_limits(&config, profile);
        }
        Err(problems) => {
            let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
            assert!(!lines.is_empty());
            let is_unreadable = lines.iter().any(|line| line.starts_with("--config"));
            if is_unreadable {
                let all = lines.concat();
                assert!(!all.contains(SECRET), "an excerpt of the file: {all}");
            }
            said.extend(lines);
        }
    }
    assert!(
        said.iter().all(|line| !line.contains(char::is_control)),
        "{said:?}"
    );
    let is_the_password = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        name.trim() == SECRET_NAME && value.contains(SECRET) && !name.contains(SECRET)
    };
    let mut with_it = text.lines().filter(|line| line.contains(SECRET));
    if with_it.all(is_the_password) {
        said.append(&mut shown);
        assert!(!said.concat().contains(SECRET), "{said:?}");
    }
}

fn is_within_limits(config: &Config, profile: Profile) {
    assert!(config.http.read_timeout > Duration::ZERO);
    assert!(config.auth.access_token_ttl >= Duration::from_secs(1));
    assert!(config.auth.refresh_token_ttl >= Duration::from_secs(1));
    assert!((1..=1024).contains(&config.passwords.hash_threads.get()));
    match profile {
        Profile::Serve => assert_ne!(config.http.port, 0),
        Profile::Dev => {
            let host = config.http.host.to_ascii_lowercase();
            assert!(host == "localhost" || host.starts_with("127.") || host.contains("::"));
        }
    }
}

/// The text in a file, the same one each time.
fn in_a_file(text: &str) -> PathBuf {
    thread_local! {
        static FOLDER: TempDir = tempfile::tempdir().expect("a folder");
    }
    let path = FOLDER.with(|folder| folder.path().join("settings.toml"));
    std::fs::write(&path, text).expect("a file");
    path
}
