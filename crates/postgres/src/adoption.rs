//! Taking over what is there. A fresh database is the adoption of nothing.
//!
//! Two histories make a schema: that of the deployed service, which it records in its own table
//! `gorp_migrations`, and ours, recorded beside it. Here is what both consist of; [`found`] looks at
//! a database, and [`plan`] says what it lacks.

pub(crate) mod found;
pub(crate) mod plan;
pub(crate) mod step;
pub(crate) mod warnings;

/// A step of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Migration {
    /// What its history records.
    pub(crate) id: &'static str,
    /// What people call it.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) sql: &'static str,
}

macro_rules! deployed {
    ($($id:literal),*) => {
        [$(Migration {
            id: $id,
            name: $id,
            sql: include_str!(concat!("../deployed/", $id, ".sql")),
        }),*]
    };
}

macro_rules! own {
    ($($version:literal $name:literal),*) => {
        [$(Migration {
            id: $version,
            name: concat!($version, "_", $name),
            sql: include_str!(concat!("../migrations/", $version, "_", $name, "/up.sql")),
        }),*]
    };
}

/// What the deployed service has done to its database, up to the version that can be taken over.
pub(crate) const DEPLOYED: [Migration; 12] = deployed![
    "clients_01",
    "clients_02",
    "clients_03",
    "clients_04",
    "clients_05",
    "clients_06",
    "clients_07",
    "clients_08",
    "clients_09",
    "clients_10",
    "clients_11",
    "clients_12"
];

/// What this program adds.
pub(crate) const OWN: [Migration; 6] = own![
    "0001" "users",
    "0002" "outbox",
    "0003" "refresh_sessions",
    "0004" "one_time_codes",
    "0005" "outbox_once",
    "0006" "user_counts"
];

/// The deployed service's own bookkeeping, as it makes it.
pub(crate) const DEPLOYED_BOOKKEEPING: &str = include_str!("../deployed/bookkeeping.sql");
/// Ours.
pub(crate) const OWN_BOOKKEEPING: &str = include_str!("../migrations/bookkeeping.sql");
/// What follows `clients_10` where its short-lived form left its column behind.
pub(crate) const PUBLIC_METADATA: &str = include_str!("../deployed/public_metadata.sql");
