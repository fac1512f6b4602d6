//! The deployed service's own changes of its schema, by the ids under which it records them. What is
//! missing is carried out and recorded as that service would, so that it may come back.

use super::found::{Found, Table};

/// One of its changes.
pub(crate) struct Deployed {
    /// The id in its bookkeeping.
    pub(crate) id: &'static str,
    /// What carries it out.
    pub(crate) sql: &'static str,
    /// Whether a database shows it; its id may be recorded or not.
    pub(crate) is_there: fn(&Found) -> bool,
}

/// Its bookkeeping, in the one shape that it accepts.
pub(crate) const BOOKKEEPING: &str = include_str!("../../deployed/bookkeeping.sql");

/// Copies what a form of `clients_10` that lived for a short time kept elsewhere.
pub(crate) const PUBLIC_METADATA: &str = include_str!("../../deployed/public_metadata.sql");

/// All of its changes, in order.
pub(crate) const DEPLOYED: [Deployed; 12] = [
    Deployed {
        id: "clients_01",
        sql: include_str!("../../deployed/clients_01.sql"),
        is_there: |found| found.accounts().is_some(),
    },
    Deployed {
        id: "clients_02",
        sql: include_str!("../../deployed/clients_02.sql"),
        is_there: |found| {
            let secret = found.accounts().and_then(|table| table.column("secret"));
            secret.is_some_and(|secret| !secret.is_not_null)
        },
    },
    Deployed {
        id: "clients_03",
        sql: include_str!("../../deployed/clients_03.sql"),
        is_there: |found| found.account_column("email") && found.account_column("username"),
    },
    Deployed {
        id: "clients_04",
        sql: include_str!("../../deployed/clients_04.sql"),
        is_there: |found| found.table("users").is_some(),
    },
    Deployed {
        id: "clients_05",
        sql: include_str!("../../deployed/clients_05.sql"),
        is_there: |found| {
            ["first_name", "last_name"].into_iter().all(|name| {
                let column = found.accounts().and_then(|table| table.column(name));
                column.is_some_and(|column| !column.has_default)
            })
        },
    },
    Deployed {
        id: "clients_06",
        sql: include_str!("../../deployed/clients_06.sql"),
        is_there: |found| {
            ["created_at", "updated_at"].into_iter().all(|name| {
                let column = found.accounts().and_then(|table| table.column(name));
                column.is_some_and(|column| column.type_name == "timestamptz")
            })
        },
    },
    Deployed {
        id: "clients_07",
        sql: include_str!("../../deployed/clients_07.sql"),
        is_there: |found| {
            found.account_column("verified_at")
                && found.table("users_verifications").is_some()
                && found.has_index("idx_users_verifications_lookup")
        },
    },
    Deployed {
        id: "clients_08",
        sql: include_str!("../../deployed/clients_08.sql"),
        is_there: |found| found.accounts().is_some() && !found.has_index("clients_identity_key"),
    },
    Deployed {
        id: "clients_09",
        sql: include_str!("../../deployed/clients_09.sql"),
        is_there: |found| found.account_column("auth_provider"),
    },
    Deployed {
        id: "clients_10",
        sql: include_str!("../../deployed/clients_10.sql"),
        is_there: |found| found.account_column("private_metadata"),
    },
    Deployed {
        id: "clients_11",
        sql: include_str!("../../deployed/clients_11.sql"),
        is_there: |found| is_merged(found, "clients_11", &["clients_12"]),
    },
    Deployed {
        id: "clients_12",
        sql: include_str!("../../deployed/clients_12.sql"),
        is_there: |found| is_merged(found, "clients_12", &[]),
    },
];

/// Whether metadata was merged: the data does not show it, so the ids must. Where ids were lost it
/// counts as done: to merge what was merged before may overwrite values, and not to merge loses
/// nothing.
fn is_merged(found: &Found, id: &str, later: &[&str]) -> bool {
    let is_recorded = |id: &str| found.recorded(id).is_some();
    if is_recorded(id) {
        return true;
    }
    // Before clients_10 nothing was merged, whatever is recorded.
    if found.accounts().is_none() || !found.account_column("private_metadata") {
        return false;
    }
    let is_at_ten = DEPLOYED.iter().take(10).all(|one| is_recorded(one.id));
    !is_at_ten || later.iter().any(|id| is_recorded(id))
}

/// What every form of the table of accounts has had, and of which kind. Whatever lacks it is somebody
/// else's.
const ALWAYS: [(&str, Kind); 10] = [
    ("id", Kind::Text),
    ("secret", Kind::Text),
    ("tags", Kind::Texts),
    ("metadata", Kind::Json),
    ("created_at", Kind::Time),
    ("updated_at", Kind::Time),
    ("updated_by", Kind::Text),
    ("status", Kind::Number),
    ("role", Kind::Number),
    ("email", Kind::Text),
];

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Json,
    Time,
    Number,
}

impl Kind {
    fn fits(self, type_name: &str) -> bool {
        match self {
            Self::Text => ["varchar", "text", "citext", "bpchar"].contains(&type_name),
            Self::Texts => ["_text", "_varchar"].contains(&type_name),
            Self::Json => type_name == "jsonb",
            Self::Time => ["timestamp", "timestamptz"].contains(&type_name),
            Self::Number => ["int2", "int4", "int8"].contains(&type_name),
        }
    }
}

/// Why a table is not the deployed service's table of accounts.
pub(crate) fn why_foreign(table: &Table) -> Option<String> {
    let name = &table.name;
    if !table.is_ordinary {
        return Some(format!("`{name}` is no ordinary table"));
    }
    for (wanted, kind) in ALWAYS {
        let column = match wanted {
            // Before clients_03 it had another name.
            "email" => table.column("email").or_else(|| table.column("identity")),
            _ => table.column(wanted),
        };
        match column {
            None => return Some(format!("its table `{name}` has no column `{wanted}`")),
            Some(column) if !kind.fits(&column.type_name) => {
                let type_name = &column.type_name;
                return Some(format!(
                    "in its table `{name}` the column `{wanted}` is of type {type_name}"
                ));
            }
            Some(_) => {}
        }
    }
    None
}
