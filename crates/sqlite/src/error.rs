//! What goes wrong: the operator's errors of opening, and the driver's errors of every call, which
//! are logged here and reach no caller.

use std::io;
use std::path::PathBuf;

use diesel::result::{DatabaseErrorKind, Error as DriverError};
use users_domain::model::ConflictField;
use users_domain::ports::StoreError;

/// Why a database file could not be opened or migrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder of the file cannot be made.
    #[error(
        "cannot create the folder {}: {source}; create it, or choose another path for the database",
        .path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file cannot be made or looked at.
    #[error(
        "cannot create the database file {}: {source}; make its folder writable for this program, \
         or choose another path",
        .path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// SQLite cannot open the file.
    #[error(
        "cannot open the database {}: {reason}; check that it is an SQLite database, that this \
         program may read and write it and its folder, and that no other program keeps it locked",
        .path.display()
    )]
    Connect {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The file system cannot hold SQLite's write-ahead log.
    #[error(
        "the database {} cannot use a write-ahead log (journal mode stays `{mode}`); put it on a \
         local file system",
        .path.display()
    )]
    WriteAheadLog {
        /// The file.
        path: PathBuf,
        /// The journal mode that SQLite fell back to.
        mode: String,
    },
    /// The schema cannot be brought up to date; nothing of it was changed.
    #[error(
        "cannot bring the database {} up to date: {reason}; its schema is as it was before. If \
         another program keeps it locked, stop that and try again; else restore a backup or report \
         this",
        .path.display()
    )]
    Migrate {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: String,
    },
    /// The operating system gives no threads.
    #[error("cannot start the threads of the store: {source}; raise the limit of processes")]
    Threads {
        /// What the operating system said.
        source: io::Error,
    },
}

/// Why a job on a connection did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// As the port's contract says.
    Store(StoreError),
    /// The driver failed.
    Driver(DriverError),
}

impl From<DriverError> for Failure {
    fn from(error: DriverError) -> Self {
        Self::Driver(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// Whether the connection behaved as it should.
    pub(crate) fn is_expected(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Driver(error) => taken_field(error).is_some(),
        }
    }

    /// What the caller is told. Logs what he is not told; SQLite's messages name tables and
    /// columns, never values.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Driver(error) => taken_field(&error).map_or_else(
                || {
                    tracing::error!(%error, "the database failed");
                    StoreError::Unavailable
                },
                StoreError::Conflict,
            ),
        }
    }
}

/// Which field a unique constraint protects. SQLite names the columns of a violated constraint,
/// not the constraint; only of an index on an expression does it give the name.
const UNIQUE: [(&str, ConflictField); 4] = [
    ("users.email", ConflictField::Email),
    ("users.username", ConflictField::Username),
    ("users.id", ConflictField::Id),
    ("refresh_sessions.id", ConflictField::Id),
];

fn taken_field(error: &DriverError) -> Option<ConflictField> {
    let DriverError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = error else {
        return None;
    };
    let violated = information
        .message()
        .strip_prefix("UNIQUE constraint failed: ")?;
    UNIQUE
        .iter()
        .find(|(column, _)| *column == violated)
        .map(|(_, field)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unique_violation(message: &str) -> DriverError {
        let kind = DatabaseErrorKind::UniqueViolation;
        DriverError::DatabaseError(kind, Box::new(message.to_owned()))
    }

    #[test]
    fn a_violated_constraint_names_the_field() {
        for (column, field) in UNIQUE {
            let error = unique_violation(&format!("UNIQUE constraint failed: {column}"));
            let answer = Failure::from(error).into_store_error();
            assert!(
                matches!(answer, StoreError::Conflict(taken) if taken == field),
                "{column}"
            );
        }
    }

    #[test]
    fn any_other_driver_error_is_unavailable() {
        for error in [
            unique_violation("UNIQUE constraint failed: outbox.id"),
            DriverError::BrokenTransactionManager,
        ] {
            let failure = Failure::from(error);
            assert!(!failure.is_expected());
            assert!(matches!(
                failure.into_store_error(),
                StoreError::Unavailable
            ));
        }
    }
}
