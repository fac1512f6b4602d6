//! What is to be done to a database as it was found: pure, so that every case can be tried.

use users_domain::model::Timestamp;

use super::deployed::{BOOKKEEPING, DEPLOYED, PUBLIC_METADATA, why_foreign};
use super::found::Found;
use crate::indexes::INDEXES;

/// One step of the history that is ours.
pub(crate) struct Own {
    /// Its name; what stands before the line is its number.
    pub(crate) name: &'static str,
    sql: &'static str,
    /// The table that it makes.
    table: Option<&'static str>,
}

impl Own {
    /// Its number, under which it is recorded.
    pub(crate) fn version(&self) -> &'static str {
        self.name.split('_').next().unwrap_or(self.name)
    }
}

/// All of ours, in order.
pub(crate) const OWN: [Own; 5] = [
    Own {
        name: "0001_users",
        sql: include_str!("../../migrations/0001_users/up.sql"),
        table: None,
    },
    Own {
        name: "0002_outbox",
        sql: include_str!("../../migrations/0002_outbox/up.sql"),
        table: Some("outbox"),
    },
    Own {
        name: "0003_refresh_sessions",
        sql: include_str!("../../migrations/0003_refresh_sessions/up.sql"),
        table: Some("refresh_sessions"),
    },
    Own {
        name: "0004_one_time_codes",
        sql: include_str!("../../migrations/0004_one_time_codes/up.sql"),
        table: Some("one_time_codes"),
    },
    Own {
        name: "0005_outbox_once",
        sql: include_str!("../../migrations/0005_outbox_once/up.sql"),
        table: None,
    },
];

/// Our bookkeeping, in the form of diesel's tools, and the moment from which on accounts may have
/// been made here.
const OWN_BOOKKEEPING: &str = "
    CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (
        version varchar(50) PRIMARY KEY NOT NULL,
        run_on  timestamp   NOT NULL DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE IF NOT EXISTS adoption (
        adopted_at timestamptz NOT NULL CONSTRAINT adoption_adopted_at_pkey PRIMARY KEY
    );
    INSERT INTO adoption (adopted_at) SELECT now() WHERE NOT EXISTS (SELECT 1 FROM adoption);";

/// Something to be done, and what it is called.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) sql: String,
}

/// Why a database is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// It is not for this service.
    Foreign(String),
    /// The deployed service was there in a version that this program does not know.
    Newer(Vec<String>),
}

/// The steps that bring a database up to date, in order; none: it is.
pub(crate) fn plan(found: &Found) -> Result<Vec<Step>, Obstacle> {
    refuse_what_is_not_ours(found)?;
    let mut steps = Vec::new();
    let mut carried_out_ten = false;
    for change in &DEPLOYED {
        let is_there = (change.is_there)(found);
        let is_recorded = found.recorded(change.id).is_some();
        if is_there && is_recorded {
            continue;
        }
        let id = change.id;
        let mut sql = String::new();
        if !is_there {
            sql.push_str(change.sql);
            carried_out_ten |= id == "clients_10";
        }
        if carried_out_ten && id == "clients_10" && found.account_column("public_metadata") {
            sql.push_str(PUBLIC_METADATA);
        }
        if !is_recorded {
            sql.push_str(&format!(
                "\nINSERT INTO gorp_migrations (id, applied_at) VALUES ('{id}', now());"
            ));
        }
        let name = if is_there {
            format!("{id} (was there, is recorded)")
        } else {
            id.to_owned()
        };
        steps.push(Step { name, sql });
    }
    for own in &OWN {
        let version = own.version();
        if found.taken(version).is_some() {
            continue;
        }
        let sql = format!(
            "{}\nINSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');",
            own.sql
        );
        let name = own.name.to_owned();
        steps.push(Step { name, sql });
    }
    if !steps.is_empty() {
        let before = format!("{BOOKKEEPING}{OWN_BOOKKEEPING}");
        if let Some(first) = steps.first_mut() {
            first.sql.insert_str(0, &before);
        }
        if found.is_empty
            && let Some(last) = steps.last_mut()
        {
            // Nobody is kept waiting by indexes of an empty table.
            for index in &INDEXES {
                last.sql.push_str(&index.create_at_once());
            }
        }
    }
    Ok(steps)
}

fn refuse_what_is_not_ours(found: &Found) -> Result<(), Obstacle> {
    let foreign = |reason: String| Err(Obstacle::Foreign(reason));
    let Some(schema) = &found.schema else {
        return foreign("its search_path names no schema that is there".to_owned());
    };
    if found.accounts().is_none()
        && let Some(other) = found.elsewhere.first()
    {
        return foreign(format!(
            "new tables would go to the schema `{schema}`, but accounts are in `{other}`: let the \
             search_path of the role or database begin with `{other}`"
        ));
    }
    let unknown: Vec<String> = found
        .recorded_ids()
        .filter(|id| DEPLOYED.iter().all(|known| known.id != *id))
        .map(str::to_owned)
        .collect();
    if !unknown.is_empty() {
        return Err(Obstacle::Newer(unknown));
    }
    if let Some(table) = found.accounts() {
        if let Some(reason) = why_foreign(table) {
            return foreign(reason);
        }
    } else if found.recorded_ids().next().is_some() {
        return foreign("it records changes of accounts and has no table of them".to_owned());
    }
    let is_ours = OWN.iter().any(|own| found.taken(own.version()).is_some());
    if is_ours && !found.account_column("version") {
        return foreign(
            "it records changes of this program that its table `users` does not show, as after a \
             restore of that table alone: restore the whole database"
                .to_owned(),
        );
    }
    let taken = OWN.iter().filter_map(|own| own.table);
    let taken: Vec<&str> = taken.filter(|name| found.table(name).is_some()).collect();
    if !is_ours && let Some(name) = taken.first() {
        return foreign(format!(
            "it has a table `{name}`, which this program does not know"
        ));
    }
    Ok(())
}

/// A step of a schema's history, and whether a database has taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name: `clients_01` to `clients_12` are the deployed service's; of ours, e.g.
    /// `0001_users`; of one that only a newer program knows, its number or id alone.
    pub name: String,
    /// When the database took it, by whoever's clock; `None`: not yet, or it is there and not
    /// recorded.
    pub applied_at: Option<Timestamp>,
}

/// The whole history in order: the deployed service's, then ours, then what is unknown.
pub(crate) fn history(found: &Found) -> Vec<MigrationStatus> {
    let mut history = Vec::new();
    for change in &DEPLOYED {
        let recorded = found
            .recorded(change.id)
            .filter(|_| (change.is_there)(found));
        history.push(MigrationStatus {
            name: change.id.to_owned(),
            applied_at: recorded.map(|at| at.unwrap_or(Timestamp::UNIX_EPOCH)),
        });
    }
    for own in &OWN {
        history.push(MigrationStatus {
            name: own.name.to_owned(),
            applied_at: found.taken(own.version()),
        });
    }
    for (version, at) in found.all_taken() {
        if OWN.iter().all(|own| own.version() != version) {
            history.push(MigrationStatus {
                name: version.clone(),
                applied_at: Some(*at),
            });
        }
    }
    history
}
