//! One thing to do to a database, what people call it, and whom it has to wait for.

use super::{Migration, PUBLIC_METADATA};

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A migration of the deployed service is carried out and, unless it is there, recorded.
    Deployed { migration: Migration, record: bool },
    /// Its effect is there, its record is not.
    Recorded(Migration),
    /// The column of a short-lived form of `clients_10` is copied to where it belongs.
    PublicMetadata,
    /// One of our own.
    Own(Migration),
}

impl Step {
    /// What people are told.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Deployed { migration, .. } | Self::Own(migration) => migration.name.to_owned(),
            Self::Recorded(migration) => format!("{} (recorded only)", migration.name),
            Self::PublicMetadata => "public_metadata".to_owned(),
        }
    }

    /// What is carried out.
    pub(crate) fn sql(&self) -> &'static str {
        match self {
            Self::Deployed { migration, .. } | Self::Own(migration) => migration.sql,
            Self::Recorded(_) => "",
            Self::PublicMetadata => PUBLIC_METADATA,
        }
    }

    /// What it has to wait for of those who use the table of accounts, before it changes that table
    /// or rows of it, refers to it or counts it.
    pub(crate) fn lock_of_accounts(&self) -> Option<Lock> {
        match self {
            Self::Deployed { .. } | Self::PublicMetadata => Some(Lock::AccessExclusive),
            Self::Own(migration) => match migration.id {
                "0001" => Some(Lock::AccessExclusive),
                "0004" | "0006" => Some(Lock::ShareRowExclusive),
                _ => None,
            },
            Self::Recorded(_) => None,
        }
    }
}

/// A lock of a table, the weaker first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lock {
    /// Others read, and nobody writes.
    ShareRowExclusive,
    /// Nobody else does anything.
    AccessExclusive,
}

impl Lock {
    /// As Postgres calls it.
    pub(crate) const fn mode(self) -> &'static str {
        match self {
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}
