//! What a database lacks, decided from what was found. Nothing is asked or written here.
//!
//! The deployed service's list of migrations does not fix the shape: some were edited over the
//! years, and lists get lost. So what counts is what the tables look like, and the list is made to
//! agree with it.

use super::found::{Found, OWN_TABLES, Relation};
use super::step::Step;
use super::warnings::warnings;
use super::{DEPLOYED, OWN};

/// What is to be done, in order, and what an operator should know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) warnings: Vec<String>,
}

/// Columns that a table of accounts has in each of its forms, with the types that will do.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("id", TEXT),
    ("secret", TEXT),
    ("tags", TEXTS),
    ("metadata", JSON),
    ("created_at", TIMES),
    ("updated_at", TIMES),
    ("updated_by", TEXT),
    ("status", NUMBERS),
    ("role", NUMBERS),
];
/// Those that came with users.
const NAMES: [(&str, &[&str]); 5] = [
    ("email", TEXT),
    ("username", TEXT),
    ("first_name", TEXT),
    ("last_name", TEXT),
    ("profile_picture", TEXT),
];
/// Those that are added if they are missing, but must be of this type if they are there.
const ADDED: [(&str, &[&str]); 3] = [
    ("verified_at", &["timestamptz"]),
    ("auth_provider", TEXT),
    ("private_metadata", JSON),
];

/// Those of the codes that the deployed service mailed.
const CODES: [(&str, &[&str]); 6] = [
    ("user_id", TEXT),
    ("email", TEXT),
    ("otp", TEXT),
    ("created_at", &["timestamptz"]),
    ("expires_at", &["timestamptz"]),
    ("used_at", &["timestamptz"]),
];

const TEXT: &[&str] = &["text", "varchar", "bpchar", "citext"];
const TEXTS: &[&str] = &["_text", "_varchar"];
const JSON: &[&str] = &["jsonb"];
const TIMES: &[&str] = &["timestamp", "timestamptz"];
const NUMBERS: &[&str] = &["int2", "int4", "int8"];

/// The table of accounts, in one of its forms.
#[derive(Clone, Copy)]
enum Accounts<'f> {
    /// None at all.
    None,
    /// Still under its first name.
    Clients(&'f Relation),
    Users(&'f Relation),
}

/// What is to be done, or why nothing can be.
pub(crate) fn plan(found: &Found) -> Result<Plan, String> {
    if found.encoding != "UTF8" {
        return Err(format!(
            "its encoding is {}, which not every name can be written in; it must be UTF8, which \
             takes a new database: dump this one and restore it there",
            found.encoding
        ));
    }
    let accounts = accounts(found)?;
    if let Some(codes) = found.relations.get("users_verifications") {
        check("users_verifications", codes, CODES.iter(), &[])?;
    }
    refuse_what_is_unknown(found, accounts)?;
    let mut plan = Plan::default();
    deployed(found, accounts, &mut plan);
    own(found, accounts, &mut plan)?;
    let users = match accounts {
        Accounts::Users(users) => Some(users),
        _ => None,
    };
    plan.warnings = warnings(found, users, &plan.steps);
    Ok(plan)
}

fn accounts(found: &Found) -> Result<Accounts<'_>, String> {
    let Some(schema) = &found.schema else {
        return Err(
            "no schema of the search path exists, so there is no place for tables; create \
                    one or change search_path"
                .to_owned(),
        );
    };
    let here = found.accounts_table();
    if here.is_none()
        && let Some((table, other)) = found
            .elsewhere
            .iter()
            .find(|(table, _)| matches!(table.as_str(), "users" | "clients" | "gorp_migrations"))
    {
        return Err(format!(
            "the table {table} is in the schema {other}, but the search path begins with {schema}: \
             new tables would hide it; set search_path so that it begins with {other}, or leave \
             {other} out of it"
        ));
    }
    match here {
        None => Ok(Accounts::None),
        Some("users") => {
            let users = &found.relations["users"];
            check("users", users, COLUMNS.iter().chain(&NAMES), &ADDED)?;
            Ok(Accounts::Users(users))
        }
        Some(_) => {
            let clients = &found.relations["clients"];
            check("clients", clients, COLUMNS.iter(), &ADDED)?;
            let names = ["identity", "email"];
            if !names.iter().any(|name| clients.columns.contains_key(*name)) {
                return Err(foreign("clients", "it has no column identity"));
            }
            if clients.columns.contains_key("email") {
                check("clients", clients, NAMES.iter(), &[])?;
            }
            Ok(Accounts::Clients(clients))
        }
    }
}

/// Whether a table is the deployed service's.
fn check<'a>(
    name: &str,
    table: &Relation,
    needed: impl Iterator<Item = &'a (&'static str, &'static [&'static str])>,
    possible: &[(&str, &[&str])],
) -> Result<(), String> {
    if table.kind != "r" {
        return Err(foreign(name, "it is no ordinary table"));
    }
    for (column, kinds) in needed {
        let Some(there) = table.columns.get(*column) else {
            return Err(foreign(name, &format!("it has no column {column}")));
        };
        check_type(name, column, &there.kind, kinds)?;
    }
    for (column, kinds) in possible {
        if let Some(there) = table.columns.get(*column) {
            check_type(name, column, &there.kind, kinds)?;
        }
    }
    Ok(())
}

fn check_type(table: &str, column: &str, kind: &str, kinds: &[&str]) -> Result<(), String> {
    if kinds.contains(&kind) {
        return Ok(());
    }
    let wanted = kinds.join(" or ");
    Err(foreign(
        table,
        &format!("its column {column} is {kind}, not {wanted}"),
    ))
}

fn foreign(table: &str, why: &str) -> String {
    format!(
        "the table {table} is not one that can be taken over: {why}; use another database, or \
         another schema (search_path)"
    )
}

fn refuse_what_is_unknown(found: &Found, accounts: Accounts<'_>) -> Result<(), String> {
    if let Some(list) = found.relations.get("gorp_migrations")
        && !(list.columns.contains_key("id") && list.columns.contains_key("applied_at"))
    {
        return Err(
            "the table gorp_migrations is not the deployed service's: it has no columns id \
                    and applied_at"
                .to_owned(),
        );
    }
    let unknown: Vec<&str> = found
        .deployed
        .keys()
        .map(String::as_str)
        .filter(|id| DEPLOYED.iter().all(|known| known.id != *id))
        .collect();
    if !unknown.is_empty() {
        return Err(format!(
            "gorp_migrations lists {}, which this program does not know: the database was changed \
             by a newer version of the deployed service, or by another service; it can be taken \
             over by a version of this program that knows that change",
            unknown.join(", ")
        ));
    }
    let recorded = |id: &str| found.deployed.contains_key(id);
    let missing = match accounts {
        Accounts::None if !found.deployed.is_empty() => Some("there is no table of accounts"),
        Accounts::Clients(_) if DEPLOYED[3..].iter().any(|later| recorded(later.id)) => {
            Some("the table of accounts is still called clients")
        }
        Accounts::Clients(clients)
            if recorded("clients_03") && !clients.columns.contains_key("email") =>
        {
            Some("the table clients has no column email")
        }
        _ => None,
    };
    match missing {
        Some(what) => Err(format!(
            "gorp_migrations lists changes that are not there: {what}; restore the tables, or \
             empty that list if it is a leftover"
        )),
        None => Ok(()),
    }
}

fn deployed(found: &Found, accounts: Accounts<'_>, plan: &mut Plan) {
    let table = match accounts {
        Accounts::None => None,
        Accounts::Clients(table) | Accounts::Users(table) => Some(table),
    };
    for migration in DEPLOYED {
        let recorded = found.deployed.contains_key(migration.id);
        let there = table.is_some_and(|table| is_there(migration.id, table, accounts, found));
        match (recorded, there) {
            (true, true) => {}
            (false, true) => plan.steps.push(Step::Recorded(migration)),
            (_, false) => plan.steps.push(Step::Deployed {
                migration,
                record: !recorded,
            }),
        }
        if migration.id == "clients_10"
            && !there
            && table.is_some_and(|table| table.columns.contains_key("public_metadata"))
        {
            plan.steps.push(Step::PublicMetadata);
        }
    }
}

/// Whether the effect of a migration is there, or is not for us to bring about.
fn is_there(id: &str, table: &Relation, accounts: Accounts<'_>, found: &Found) -> bool {
    let recorded = |id: &str| found.deployed.contains_key(id);
    let column = |name: &str| table.columns.get(name);
    let is_users = matches!(accounts, Accounts::Users(_));
    let index = |name: &str| table.indexes.contains_key(name);
    match id {
        "clients_01" => true,
        // What an operator changed afterwards is his.
        "clients_02" => recorded(id) || column("secret").is_some_and(|secret| !secret.not_null),
        "clients_03" => column("email").is_some(),
        "clients_04" => is_users,
        "clients_05" => {
            recorded(id)
                || is_users
                    && ["first_name", "last_name"]
                        .iter()
                        .all(|name| column(name).is_some_and(|column| !column.default))
        }
        "clients_06" => ["created_at", "updated_at"]
            .iter()
            .all(|name| column(name).is_some_and(|column| column.kind == "timestamptz")),
        "clients_07" => {
            let verifications = found.relations.get("users_verifications");
            column("verified_at").is_some()
                && verifications.is_some_and(|table| {
                    recorded(id) || table.indexes.contains_key("idx_users_verifications_lookup")
                })
        }
        // Errors are told apart by the name.
        "clients_08" => !index("clients_identity_key") || index("clients_email_key"),
        "clients_09" => column("auth_provider").is_some(),
        "clients_10" => column("private_metadata").is_some(),
        _ => is_merged(id, table, found),
    }
}

/// Whether the keys `ui` or `admin` were merged, which no column tells. Objects that were written
/// under them later must stay. So the list is believed where it is whole up to there; where it was
/// lost nothing is merged: to merge twice overwrites values, not to merge loses none.
fn is_merged(id: &str, table: &Relation, found: &Found) -> bool {
    if found.deployed.contains_key(id) {
        return true;
    }
    if !table.columns.contains_key("private_metadata") {
        return false;
    }
    let believed = DEPLOYED[..10]
        .iter()
        .all(|earlier| found.deployed.contains_key(earlier.id));
    let later = DEPLOYED
        .iter()
        .any(|later| later.id > id && found.deployed.contains_key(later.id));
    !believed || later
}

fn own(found: &Found, accounts: Accounts<'_>, plan: &mut Plan) -> Result<(), String> {
    let users = match accounts {
        Accounts::Users(users) => Some(users),
        _ => None,
    };
    let has_version = users.is_some_and(|users| users.columns.contains_key("version"));
    if found.own.contains_key(OWN[0].id) {
        if !has_version {
            return Err(format!(
                "__diesel_schema_migrations lists {}, but the table users has no column version: \
                 was it restored from a copy of the deployed service? Restore the whole database, \
                 or drop the tables {} to take it over anew",
                OWN[0].name,
                OWN_TABLES.join(", ")
            ));
        }
    } else if let Some(taken) = OWN_TABLES[1..]
        .iter()
        .find(|table| found.relations.contains_key(**table))
    {
        return Err(format!(
            "there is a table {taken} that this program did not make, and it needs that name; \
             rename it, or use another database"
        ));
    } else if has_version {
        return Err(
            "the table users has a column version that this program did not make, and it needs \
             that name; rename it"
                .to_owned(),
        );
    }
    let missing = OWN
        .into_iter()
        .filter(|migration| !found.own.contains_key(migration.id));
    plan.steps.extend(missing.map(Step::Own));
    Ok(())
}
