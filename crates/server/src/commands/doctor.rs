//! `magistrala-users doctor`: what is wrong, and how to mend it. Changes nothing.

use std::process::ExitCode;

use crate::config::Config;
use crate::wiring;

/// What a check found.
enum Finding {
    /// All is well; says with what.
    Well(String),
    /// It runs, but somebody should know.
    Doubtful(String),
    /// It cannot run so; says what is wrong and what to do.
    Wrong(String),
}

/// Prints one line a check; fails if something is wrong.
pub(super) fn run(config: &Config) -> ExitCode {
    let findings = [
        ("settings", settings(config)),
        ("store", store(config)),
        ("signing key", signing_key(config)),
        ("administrator", administrator(config)),
    ];
    let mut healthy = true;
    for (subject, finding) in findings {
        let (mark, text) = match finding {
            Finding::Well(text) => ("ok", text),
            Finding::Doubtful(text) => ("warn", text),
            Finding::Wrong(text) => {
                healthy = false;
                ("WRONG", text)
            }
        };
        println!("{mark:<5}  {subject:<13}  {text}");
    }
    if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn settings(config: &Config) -> Finding {
    if let Err(problems) = config.check_supported() {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        return Finding::Wrong(lines.join("; "));
    }
    let notices: Vec<String> = config.notices().iter().map(ToString::to_string).collect();
    if notices.is_empty() {
        Finding::Well("all are known and of their type".to_owned())
    } else {
        Finding::Doubtful(notices.join("; "))
    }
}

fn store(config: &Config) -> Finding {
    let path = config.store.sqlite_path.display();
    if config.store.check_supported().is_err() {
        return Finding::Wrong("not examined: see settings".to_owned());
    }
    let migrations = match wiring::migrations(&config.store) {
        Ok(migrations) => migrations,
        Err(error) => return Finding::Wrong(error.to_string()),
    };
    let pending: Vec<&str> = migrations
        .iter()
        .filter(|migration| migration.applied_at.is_none())
        .map(|migration| migration.name.as_str())
        .collect();
    if pending.is_empty() {
        Finding::Well(format!("{path}, the schema is up to date"))
    } else if pending.len() == migrations.len() {
        Finding::Wrong(format!(
            "{path} is not there yet; `magistrala-users migrate` makes it, and so does a start"
        ))
    } else {
        Finding::Wrong(format!(
            "{path} lacks {}; run `magistrala-users migrate`, or start the service, which does it",
            pending.join(", ")
        ))
    }
}

fn signing_key(config: &Config) -> Finding {
    if config.auth.check_supported().is_err() {
        return Finding::Wrong("not examined: see settings".to_owned());
    }
    let path = &config.auth.key_path;
    match wiring::check_signing_key(&config.auth) {
        Ok(true) => Finding::Well(path.display().to_string()),
        Ok(false) => Finding::Doubtful(format!(
            "{} is not there yet; the first start makes it",
            path.display()
        )),
        Err(error) => Finding::Wrong(error.to_string()),
    }
}

fn administrator(config: &Config) -> Finding {
    if config.is_default_admin_password() {
        return Finding::Doubtful(
            "MG_USERS_ADMIN_PASSWORD is the documented default, which everybody knows; set another \
             before the first start"
                .to_owned(),
        );
    }
    Finding::Well(config.admin.email.clone())
}
