//! The deployed service's side: what it would look at, and what it does when it runs again.
//!
//! Its statements are those of the contract: columns are named, each is a transaction of its own.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use users_test_postgres::{Database, Rows};

use super::accounts::quoted;

/// Links live for a day; those in a dump are older.
pub(super) fn let_links_live(database: &Database) {
    let tables = database.query("SELECT to_regclass('public.users_verifications')");
    if tables == [[None]] {
        return;
    }
    database.execute("UPDATE users_verifications SET expires_at = now() + interval '24 hours'");
}

/// The ids in its bookkeeping.
pub(super) fn migrations(database: &Database) -> Vec<String> {
    let applied = "SELECT id FROM gorp_migrations WHERE applied_at IS NOT NULL ORDER BY id";
    texts(database.query(applied))
}

/// The columns of its bookkeeping: with one more it does not start.
pub(super) fn migration_columns(database: &Database) -> Vec<String> {
    texts(database.query(
        "SELECT column_name FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name = 'gorp_migrations' ORDER BY ordinal_position",
    ))
}

/// All that a start may have made or changed besides rows of users: columns, constraints, triggers,
/// what ran when, codes. Without indexes: they may still be built.
pub(super) fn fingerprint(database: &Database) -> Rows {
    database.query(
        "SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), \
                a.attnotnull::text \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' \
         WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 ORDER BY 2, a.attnum; \
         SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) \
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 2, 3; \
         SELECT 'trigger', tgrelid::regclass::text, tgname FROM pg_trigger \
         WHERE NOT tgisinternal ORDER BY 2, 3; \
         SELECT 'migration', id, applied_at::text FROM gorp_migrations ORDER BY 2; \
         SELECT 'code', v::text FROM users_verifications v ORDER BY 2",
    )
}

/// The ids that its list shows for a part of a username.
pub(super) fn lists(database: &Database, part: &str) -> Vec<String> {
    let rows = database.query(&format!(
        "SELECT id, email, COALESCE(username, ''), tags, metadata, status, COUNT(*) OVER () \
         FROM users WHERE username ILIKE {} AND status = 0 \
         ORDER BY COALESCE(updated_at, created_at) DESC, id DESC LIMIT 10 OFFSET 0",
        quoted(&format!("%{part}%"))
    ));
    rows.into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect()
}

/// What stands in a link that it mailed.
#[derive(Serialize, Deserialize)]
pub(super) struct Link {
    user_id: String,
    pub(super) email: String,
    otp: String,
}

impl Link {
    pub(super) fn read(token: &str) -> Result<Self> {
        let bytes = URL_SAFE_NO_PAD
            .decode(token.trim_end_matches('='))
            .context("a token not in base64url")?;
        serde_json::from_slice(&bytes).context("a token that holds no link")
    }

    fn token(&self) -> Result<String> {
        Ok(URL_SAFE.encode(serde_json::to_vec(self)?))
    }

    /// Whether it would see every code for this account and address as used.
    pub(super) fn is_used(&self, database: &Database) -> bool {
        let (id, email) = (quoted(&self.user_id), quoted(&self.email));
        let rows = database.query(&format!(
            "SELECT bool_and(used_at IS NOT NULL) FROM users_verifications \
             WHERE user_id = {id} AND email = {email}"
        ));
        rows == [[Some("t".to_owned())]]
    }
}

/// What it wrote after ours had run.
pub(super) struct Written {
    pub(super) id: &'static str,
    pub(super) email: &'static str,
    pub(super) username: &'static str,
    pub(super) first_name: &'static str,
    pub(super) password: &'static str,
    /// The username of an account that it disabled.
    pub(super) disabled: &'static str,
    /// The id of an account that it removed.
    pub(super) purged: &'static str,
    pub(super) token: String,
}

impl Written {
    /// Registers, changes, disables, purges and mails as it does.
    pub(super) fn by(database: &Database) -> Result<Self> {
        let written = Self {
            id: "5f0c7a52-3c57-4b5e-9a39-0d5f3c0a9b01",
            email: "Back.And.Forth@example.net",
            username: "back-and-forth",
            first_name: "Returned",
            password: "written meanwhile",
            disabled: "disabled-meanwhile",
            purged: "5f0c7a52-3c57-4b5e-9a39-0d5f3c0a9b03",
            token: String::new(),
        };
        let secret = bcrypt::hash_with_result(written.password, 4)?;
        let secret = secret.format_for_version(bcrypt::Version::TwoA);
        let disabled = "5f0c7a52-3c57-4b5e-9a39-0d5f3c0a9b02";
        for (id, email, username) in [
            (written.id, written.email, written.username),
            (disabled, "disabled.meanwhile@example.net", written.disabled),
            (
                written.purged,
                "purged.meanwhile@example.net",
                "purged-meanwhile",
            ),
        ] {
            database.execute(&format!(
                "INSERT INTO users (id, tags, email, secret, metadata, private_metadata, created_at, \
                     status, role, first_name, last_name, username, profile_picture, auth_provider) \
                 VALUES ('{id}', '{{}}', '{email}', '{secret}', '{{}}', '{{}}', now(), \
                     0, 0, 'First', 'Last', '{username}', NULL, NULL) RETURNING id, status"
            ));
        }
        let (id, first_name) = (written.id, written.first_name);
        for statement in [
            format!(
                "UPDATE users SET first_name = '{first_name}', updated_at = now(), updated_by = '{id}' \
                 WHERE id = '{id}' AND status = 0 RETURNING id, first_name"
            ),
            format!(
                "UPDATE users SET status = 1, updated_at = now(), updated_by = '{id}' \
                 WHERE id = '{disabled}' RETURNING id, status"
            ),
            format!(
                "UPDATE users SET status = 2 WHERE id = '{}'",
                written.purged
            ),
            format!("DELETE FROM users WHERE id = '{}'", written.purged),
        ] {
            database.execute(&statement);
        }
        let link = Link {
            user_id: written.id.to_owned(),
            email: written.email.to_owned(),
            otp: URL_SAFE.encode([7; 32]),
        };
        database.execute(&format!(
            "INSERT INTO users_verifications (user_id, email, otp, created_at, expires_at) \
             VALUES ('{id}', '{}', '{}', now(), now() + interval '24 hours')",
            link.email, link.otp
        ));
        Ok(Self {
            token: link.token()?,
            ..written
        })
    }
}

fn texts(rows: Rows) -> Vec<String> {
    rows.into_iter().flatten().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_with_padding_and_without() {
        let link = Link {
            user_id: "a".to_owned(),
            email: "a@example.com".to_owned(),
            otp: "code".to_owned(),
        };
        let token = link.token().expect("a token");
        for token in [token.as_str(), token.trim_end_matches('=')] {
            assert_eq!(Link::read(token).expect("a link").email, "a@example.com");
        }
        assert!(Link::read("%").is_err());
    }
}
