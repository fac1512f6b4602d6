//! Rows of users as the deployed service would read them, before the take-over and after.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use users_test_postgres::Database;

/// The columns that the deployed service reads, and how they are called.
const COLUMNS: [(&str, &str); 19] = [
    ("id", "id"),
    ("domain_id", "domain_id"),
    ("email", "email"),
    // The name of the column before `clients_03`.
    ("identity", "email"),
    ("secret", "secret"),
    ("tags", "tags"),
    ("metadata", "metadata"),
    ("created_at", "created_at"),
    ("updated_at", "updated_at"),
    ("updated_by", "updated_by"),
    ("status", "status"),
    ("role", "role"),
    ("username", "username"),
    ("first_name", "first_name"),
    ("last_name", "last_name"),
    ("profile_picture", "profile_picture"),
    ("verified_at", "verified_at"),
    ("auth_provider", "auth_provider"),
    ("private_metadata", "private_metadata"),
];

/// All rows, by id; each with the columns that the table has, as text.
pub(super) struct Rows(BTreeMap<String, Map<String, Value>>);

impl Rows {
    /// Reads the table of users, whatever its name is by now.
    pub(super) fn read(database: &Database) -> Result<Self> {
        let tables = database.query(
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = 'public' AND table_name IN ('clients', 'users')",
        );
        let mut tables = tables.into_iter().flatten().flatten();
        let (Some(table), None) = (tables.next(), tables.next()) else {
            bail!("the database must have a table `clients` or `users`, and not both");
        };
        let described = database.query(&format!(
            "SELECT column_name, data_type FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ));
        let mut names = Vec::new();
        let mut expressions = Vec::new();
        for (column, name) in COLUMNS {
            let kind = described.iter().find_map(|fields| match fields.as_slice() {
                [Some(found), Some(kind)] if found == column => Some(kind),
                _ => None,
            });
            let Some(kind) = kind else { continue };
            names.push(name);
            // A time without a zone is UTC: it has the same number as what becomes of it.
            expressions.push(if kind.starts_with("timestamp") {
                format!("extract(epoch FROM {column})::text")
            } else {
                format!("{column}::text")
            });
        }
        let selected = expressions.join(", ");
        let mut rows = BTreeMap::new();
        for values in database.query(&format!("SELECT {selected} FROM {table}")) {
            let keys = names.iter().map(|name| (*name).to_owned());
            let read: Map<_, _> = keys
                .zip(values.into_iter().map(|value| json!(value)))
                .collect();
            let id = read
                .get("id")
                .and_then(Value::as_str)
                .context("a row without an id")?;
            rows.insert(id.to_owned(), read);
        }
        Ok(Self(rows))
    }

    /// The ids in order.
    pub(super) fn ids(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub(super) fn row(&self, id: &str) -> Option<&Map<String, Value>> {
        self.0.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Map<String, Value>)> {
        self.0.iter()
    }

    /// Id and column of every value that is another one later; a row that is gone differs in all.
    pub(super) fn changed(&self, later: &Self) -> Vec<(String, String)> {
        let mut changed = Vec::new();
        for (id, row) in &self.0 {
            let now = later.row(id);
            for (column, value) in row {
                if now.and_then(|now| now.get(column)) != Some(value) {
                    changed.push((id.clone(), column.clone()));
                }
            }
        }
        changed
    }

    /// Whether a password is kept in the one format that the deployed service reads.
    pub(super) fn has_bcrypt(&self, id: &str) -> bool {
        let secret = self.row(id).and_then(|row| row.get("secret"));
        let secret = secret.and_then(Value::as_str).unwrap_or_default();
        secret.len() == 60
            && ["$2a$", "$2b$"]
                .iter()
                .any(|prefix| secret.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Rows {
        let row = |secret: &str| Map::from_iter([("secret".to_owned(), json!(secret))]);
        Rows(
            rows.iter()
                .map(|(id, secret)| ((*id).to_owned(), row(secret)))
                .collect(),
        )
    }

    #[test]
    fn a_change_is_told_by_id_and_column() {
        let before = rows(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let later = rows(&[("a", "1"), ("b", "4")]);
        let told = |id: &str| (id.to_owned(), "secret".to_owned());
        assert_eq!(before.changed(&later), [told("b"), told("c")]);
        assert_eq!(before.changed(&before), []);
    }

    #[test]
    fn only_a_whole_hash_of_bcrypt_counts_as_one() {
        let whole = format!("$2b$10${}", "x".repeat(53));
        let rows = rows(&[("a", &whole), ("b", "$2b$10$cut"), ("c", "")]);
        assert_eq!(
            ["a", "b", "c"].map(|id| rows.has_bcrypt(id)),
            [true, false, false]
        );
    }
}
