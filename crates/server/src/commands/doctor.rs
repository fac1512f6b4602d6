//! `magistrala-users doctor`: what is wrong, and how to mend it. Changes nothing.

mod administrators;
mod platform;
mod takeover;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use tokio::runtime::Runtime;

use crate::config::{Config, MailKind, StoreKind};
use crate::wiring;
use crate::wiring::store::StoreCondition;

/// What a check found.
enum Finding {
    /// All is well; says with what.
    Well(String),
    /// It runs, but somebody should know.
    Doubtful(String),
    /// It cannot run so; says what is wrong and what to do.
    Wrong(String),
}

/// How far the store is.
enum StoreState {
    /// There is no file.
    Absent,
    /// There is a file, without a table of ours.
    Empty,
    /// The schema lacks these migrations.
    Behind(Vec<String>),
    /// The schema is as this program needs it.
    UpToDate,
    /// It cannot be looked at, says the text.
    Broken(String),
}

/// Prints one line a check; fails if something is wrong.
pub(super) fn run(config: &Config, out: &mut dyn Write) -> Result<ExitCode> {
    let runtime = super::runtime()?;
    let state = store_state(config, &runtime);
    let mut findings = vec![
        ("settings", settings(config)),
        ("store", store(config, &state, &runtime)),
    ];
    findings.extend(takeover(config, &state, &runtime));
    if config.platform.auth.is_none() {
        findings.push(("signing key", signing_key(config)));
    }
    findings.extend(platform::findings(config, &runtime)?);
    findings.extend([
        ("administrator", administrator(config, &state, &runtime)),
        ("mail", mail(config)),
    ]);
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
        writeln!(out, "{mark:<5}  {subject:<13}  {text}")?;
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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

fn store_state(config: &Config, runtime: &Runtime) -> StoreState {
    let migrations = match runtime.block_on(wiring::store::migrations(config)) {
        Ok(migrations) => migrations,
        Err(error) => return StoreState::Broken(error.to_string()),
    };
    let count = migrations.len();
    let pending: Vec<String> = migrations
        .into_iter()
        .filter(|migration| migration.applied_at.is_none())
        .map(|migration| migration.name)
        .collect();
    let is_absent = config.store.kind == StoreKind::Sqlite && !config.store.sqlite_path.exists();
    if pending.is_empty() {
        StoreState::UpToDate
    } else if pending.len() < count {
        StoreState::Behind(pending)
    } else if is_absent {
        StoreState::Absent
    } else {
        StoreState::Empty
    }
}

fn store(config: &Config, state: &StoreState, runtime: &Runtime) -> Finding {
    let place = wiring::store::place(config);
    match state {
        StoreState::Broken(error) => Finding::Wrong(error.clone()),
        StoreState::Absent => Finding::Wrong(format!(
            "{place} is not there yet; `magistrala-users migrate` makes it, and so does a start"
        )),
        StoreState::Empty => Finding::Wrong(format!(
            "{place} is there and has no table of this service: make sure that it is the right one; \
             `magistrala-users migrate` makes the tables, and so does a start"
        )),
        StoreState::Behind(pending) => Finding::Wrong(format!(
            "{place} lacks {}; run `magistrala-users migrate`, or start the service, which does it",
            pending.join(", ")
        )),
        StoreState::UpToDate => match config.store.kind {
            StoreKind::Sqlite => match writable(&config.store.sqlite_path) {
                Ok(()) => Finding::Well(format!("{place}, the schema is up to date")),
                Err(error) => Finding::Wrong(format!(
                    "{place} cannot be written to: {error}; let the user who runs the service write \
                     to the file and its folder"
                )),
            },
            StoreKind::Postgres => match runtime.block_on(wiring::store::condition(config)) {
                Ok(StoreCondition::Well) => {
                    Finding::Well(format!("{place}, the schema is up to date"))
                }
                Ok(StoreCondition::ReadOnly) => Finding::Doubtful(format!(
                    "{place}, the schema is up to date, but it takes no writes: reads are \
                         served, changes answered 503"
                )),
                Ok(StoreCondition::Away) => {
                    Finding::Wrong(format!("{place} does not answer in time"))
                }
                Err(error) => Finding::Wrong(error.to_string()),
            },
        },
    }
}

/// Only a database server can hold another program's accounts.
fn takeover(
    config: &Config,
    state: &StoreState,
    runtime: &Runtime,
) -> Option<(&'static str, Finding)> {
    if config.store.kind != StoreKind::Postgres || matches!(state, StoreState::Broken(_)) {
        return None;
    }
    let finding = match runtime.block_on(wiring::store::survey(config)) {
        Ok(survey) => takeover::finding(config, &survey),
        Err(error) => Finding::Wrong(error.to_string()),
    };
    Some(("take-over", finding))
}

/// Whether this user may write to a database and, as SQLite must, to the folder round it.
fn writable(path: &Path) -> io::Result<()> {
    std::fs::OpenOptions::new().write(true).open(path)?;
    #[cfg(unix)]
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        rustix::fs::access(folder, rustix::fs::Access::WRITE_OK)?;
    }
    Ok(())
}

fn signing_key(config: &Config) -> Finding {
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

fn administrator(config: &Config, state: &StoreState, runtime: &Runtime) -> Finding {
    let email = &config.admin.email;
    let there = match state {
        StoreState::UpToDate => match runtime.block_on(administrators::count(config)) {
            Ok(0) => Finding::Doubtful(format!(
                "nobody who is enabled is one; the next start makes {email}, unless somebody has \
                 that address, and `magistrala-users users create-admin` makes another"
            )),
            Ok(1) => Finding::Well("there is one".to_owned()),
            Ok(count) => Finding::Well(format!("there are {count}")),
            Err(error) => Finding::Wrong(format!("{error:#}")),
        },
        StoreState::Absent | StoreState::Empty => {
            Finding::Well(format!("the first start makes {email}"))
        }
        StoreState::Behind(_) | StoreState::Broken(_) => {
            Finding::Doubtful("not examined: see store".to_owned())
        }
    };
    match there {
        Finding::Well(text) | Finding::Doubtful(text) if config.is_default_admin_password() => {
            Finding::Doubtful(format!("{text}; {}", super::DOCUMENTED_PASSWORD))
        }
        there => there,
    }
}

fn mail(config: &Config) -> Finding {
    if config.mail.check_supported().is_err() {
        return Finding::Wrong("not examined: see settings".to_owned());
    }
    if let Err(error) = wiring::check_mail_templates(&config.mail) {
        return Finding::Wrong(error.to_string());
    }
    match config.mail.kind {
        MailKind::Log => Finding::Doubtful(
            "MG_USERS_MAIL=log: mails are lost; nobody can verify an address or reset a password"
                .to_owned(),
        ),
        MailKind::File | MailKind::Smtp => {
            Finding::Well(format!("files in {}", config.mail.folder.display()))
        }
    }
}
