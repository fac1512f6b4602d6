//! The lists beside the dumps: who has an account, and what the deployed service makes of it.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use users_test_postgres::Database;

/// One account, as the list beside a dump tells it.
#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) username: Option<String>,
    /// `None`: nobody can log in with a password.
    pub(super) password: Option<String>,
    pub(super) role: Option<i64>,
    pub(super) status: i64,
    pub(super) verified: bool,
    /// In a link that was mailed and not used.
    pub(super) verification_token: Option<String>,
    pub(super) after_upgrade: Option<AfterUpgrade>,
    pub(super) reference_login: ReferenceLogin,
}

/// What the deployed service's own migrations made of a row of an older database.
#[derive(Deserialize)]
pub(super) struct AfterUpgrade {
    created_at: Option<String>,
    // As text, since numbers must keep their digits.
    metadata: Box<RawValue>,
    private_metadata: Box<RawValue>,
}

/// What the deployed service answered; `None` where nobody tried.
#[derive(Deserialize)]
pub(super) struct ReferenceLogin {
    pub(super) by_email: Option<u16>,
    pub(super) by_username: Option<u16>,
}

impl Account {
    pub(super) fn may_administer(&self) -> bool {
        self.role == Some(1) && self.status == 0
    }

    /// Which columns hold what the list says of them, asked of Postgres itself.
    pub(super) fn stored_facts(&self, database: &Database) -> Map<String, Value> {
        let text = |value: Option<&str>| value.map_or_else(|| "NULL".to_owned(), quoted);
        let number =
            |value: Option<i64>| value.map_or_else(|| "NULL".to_owned(), |n| n.to_string());
        let mut conditions = vec![
            ("email", format!("email = {}", quoted(&self.email))),
            (
                "username",
                format!(
                    "username IS NOT DISTINCT FROM {}",
                    text(self.username.as_deref())
                ),
            ),
            (
                "role",
                format!("role IS NOT DISTINCT FROM {}", number(self.role)),
            ),
            ("status", format!("status = {}", self.status)),
            (
                "verified",
                format!("(verified_at IS NOT NULL) = {}", self.verified),
            ),
        ];
        if let Some(after) = &self.after_upgrade {
            let moment = text(after.created_at.as_deref());
            conditions.extend([
                (
                    "created_at after the upgrade",
                    format!("created_at IS NOT DISTINCT FROM {moment}::timestamptz"),
                ),
                (
                    "metadata after the upgrade",
                    json_is("metadata", &after.metadata),
                ),
                (
                    "private_metadata after the upgrade",
                    json_is("private_metadata", &after.private_metadata),
                ),
            ]);
        }
        conditions
            .into_iter()
            .map(|(fact, condition)| {
                let id = quoted(&self.id);
                let rows =
                    database.query(&format!("SELECT {condition} FROM users WHERE id = {id}"));
                let holds = rows.into_iter().flatten().flatten().eq(["t".to_owned()]);
                (fact.to_owned(), json!(holds))
            })
            .collect()
    }
}

/// The list writes SQL NULL and JSON null alike.
fn json_is(column: &str, value: &RawValue) -> String {
    if value.get() == "null" {
        format!("({column} IS NULL OR {column} = 'null')")
    } else {
        format!(
            "{column} IS NOT DISTINCT FROM {}::jsonb",
            quoted(value.get())
        )
    }
}

/// A text in SQL.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_every_digit_of_its_numbers() {
        let list = r#"[{ "id": "a", "email": "a@example.com", "username": null, "password": null,
            "role": null, "status": 2, "verified": false, "notes": "none",
            "reference_login": { "by_email": 404, "by_username": null }, "after_upgrade": {
            "created_at": null, "metadata": {"n": 123456789012345678901234567890},
            "private_metadata": null } }]"#;
        let accounts: Vec<Account> = serde_json::from_str(list).expect("a list");
        let after = accounts[0].after_upgrade.as_ref().expect("an upgrade");
        assert!(
            after
                .metadata
                .get()
                .contains("123456789012345678901234567890")
        );
        assert!(!accounts[0].may_administer());
        assert_eq!(
            json_is("m", &after.private_metadata),
            "(m IS NULL OR m = 'null')"
        );
    }

    #[test]
    fn a_quote_in_a_text_does_not_end_it() {
        assert_eq!(quoted("o'clock"), "'o''clock'");
    }
}
