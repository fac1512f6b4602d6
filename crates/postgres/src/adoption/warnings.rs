//! What is odd in a database, and works all the same.

use super::OWN;
use super::found::{Found, Relation, Trigrams};
use super::step::Step;

/// One sentence each; `users` is the table of accounts, where it has that name already.
pub(super) fn warnings(found: &Found, users: Option<&Relation>, steps: &[Step]) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(newer(found));
    said.extend(hidden(found));
    said.extend(list(found));
    said.extend(searches(found));
    if let Some(users) = users {
        said.extend(tables(found, users));
    }
    let recorded_only = |id: &str| {
        steps
            .iter()
            .any(|step| matches!(step, Step::Recorded(migration) if migration.id == id))
    };
    if recorded_only("clients_11") || recorded_only("clients_12") {
        said.push(
            "nobody can tell whether the keys ui and admin of metadata were merged, since \
             gorp_migrations is not whole: they are left as they are"
                .to_owned(),
        );
    }
    said
}

/// What the want of an extension costs.
pub(crate) const NO_TRIGRAMS: &str =
    "searches for parts of names and addresses read the whole table";

/// Everything works without the extension, and a large table is slow to search.
fn searches(found: &Found) -> Option<String> {
    let why = match &found.trigrams {
        Trigrams::Installed(_) | Trigrams::Creatable => return None,
        Trigrams::Forbidden => {
            "the extension pg_trgm is not in the database, and this role may not create it: run \
             CREATE EXTENSION pg_trgm there as a superuser, or grant the role CREATE on the \
             database; the next start builds the index"
                .to_owned()
        }
        Trigrams::Hidden(schema) => format!(
            "the extension pg_trgm is in the schema {schema}, which this role may not use: grant it \
             USAGE on that schema; the next start builds the index"
        ),
        Trigrams::Absent => {
            "the server has no extension pg_trgm: install Postgres's contrib package there; the next \
             start builds the index"
                .to_owned()
        }
    };
    Some(format!("{NO_TRIGRAMS}, since {why}"))
}

/// Somebody may look for his accounts in vain.
fn hidden(found: &Found) -> Option<String> {
    let other = found.out_of_sight.as_ref()?;
    found.accounts_table().is_none().then(|| {
        format!(
            "tables of a deployed service are in the schema {other}, which search_path does not \
             name: they are left alone, and new, empty ones are made; to take those over, let \
             search_path begin with {other}"
        )
    })
}

fn newer(found: &Found) -> Option<String> {
    let unknown: Vec<&str> = found
        .own
        .keys()
        .map(String::as_str)
        .filter(|version| OWN.iter().all(|known| known.id != *version))
        .collect();
    (!unknown.is_empty()).then(|| {
        format!(
            "the database was changed by a newer version of this program ({}); this one works on \
             it",
            unknown.join(", ")
        )
    })
}

/// What keeps the deployed service from starting, and does not keep us.
fn list(found: &Found) -> Vec<String> {
    let Some(list) = found.relations.get("gorp_migrations") else {
        return Vec::new();
    };
    let mut said = Vec::new();
    let extra = list
        .columns
        .keys()
        .find(|name| !matches!(name.as_str(), "id" | "applied_at"));
    if let Some(column) = extra {
        said.push(format!(
            "gorp_migrations has a column {column}: the deployed service does not start on it"
        ));
    }
    if found.deployed.values().any(Option::is_none) {
        said.push(
            "gorp_migrations lists a change without its time: the deployed service does not start \
             on it"
                .to_owned(),
        );
    }
    said
}

fn tables(found: &Found, users: &Relation) -> Vec<String> {
    let mut said = Vec::new();
    if found.relations.contains_key("clients") {
        said.push(
            "there is a table clients beside users: the deployed service makes it when its list of \
             migrations is emptied; it is left alone and not read"
                .to_owned(),
        );
    }
    let unique: [(&[&str], &str); 2] = [
        (
            &["clients_email_key", "clients_identity_key"],
            "e-mail address",
        ),
        (&["clients_username_key"], "username"),
    ];
    for (names, what) in unique {
        if !names.iter().any(|name| users.indexes.contains_key(*name)) {
            said.push(format!(
                "the unique constraint {} is missing: two programs at a time can give one {what} to \
                 two accounts",
                names[0]
            ));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(trigrams: Trigrams) -> Option<String> {
        searches(&Found {
            trigrams,
            ..Found::default()
        })
    }

    #[test]
    fn whoever_lacks_the_extension_is_told_why_and_what_to_do() {
        let schema = || "other".to_owned();
        for (trigrams, advice) in [
            (Trigrams::Absent, "contrib"),
            (Trigrams::Forbidden, "CREATE EXTENSION pg_trgm"),
            (Trigrams::Hidden(schema()), "USAGE"),
        ] {
            let said = said(trigrams).unwrap();
            assert!(
                said.starts_with(NO_TRIGRAMS) && said.contains(advice),
                "{said}"
            );
        }
        assert_eq!(said(Trigrams::Creatable), None);
        assert_eq!(said(Trigrams::Installed(schema())), None);
    }
}
