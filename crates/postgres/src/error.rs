//! What goes wrong: the operator's errors of opening, and the driver's errors of every call, which
//! are logged here and reach no caller.

use std::path::PathBuf;

use diesel::result::{DatabaseErrorKind, Error as DriverError};
use users_domain::model::ConflictField;
use users_domain::ports::StoreError;

/// Why a database could not be opened, looked at or migrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A certificate or key cannot be used.
    #[error("cannot use {what} {}: {reason}", .path.display())]
    Certificate {
        /// What it should be, e.g. `the root certificate`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings of TLS contradict each other.
    #[error("{0}")]
    Ssl(String),
    /// There is no connection to be had.
    #[error("cannot connect to the database {address}: {reason}")]
    Connect {
        /// `HOST:PORT/DATABASE`.
        address: String,
        /// What the server or the network said, and what can be done.
        reason: String,
    },
    /// There is a connection, but no answer in time.
    #[error(
        "the database {address} is too busy: {reason}; another process may be bringing it up to \
         date, or the server is under load: try again later"
    )]
    TimedOut {
        /// `HOST:PORT/DATABASE`.
        address: String,
        /// What was waited for.
        reason: String,
    },
    /// There is a connection, but the schema cannot be looked at.
    #[error("cannot look at the database {address}: {reason}")]
    Look {
        /// `HOST:PORT/DATABASE`.
        address: String,
        /// What the server said.
        reason: String,
    },
    /// The schema cannot be brought up to date; nothing of it was changed.
    #[error(
        "cannot bring the database {address} up to date: {reason}; its schema is as it was before"
    )]
    Migrate {
        /// `HOST:PORT/DATABASE`.
        address: String,
        /// What failed.
        reason: String,
    },
    /// An index cannot be built. Everything works without it, only slower.
    #[error(
        "cannot build the index {index} of the database {address}: {reason}; the next start tries \
         again"
    )]
    Index {
        /// `HOST:PORT/DATABASE`.
        address: String,
        /// Its name.
        index: &'static str,
        /// What failed.
        reason: String,
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
    /// Whether the connection is of no use any more.
    pub(crate) fn is_connection_lost(&self) -> bool {
        matches!(
            self,
            Self::Driver(DriverError::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                _
            ))
        )
    }

    /// Whether the driver failed, and not what was asked.
    pub(crate) const fn is_drivers(&self) -> bool {
        matches!(self, Self::Driver(_))
    }

    /// Whether the server undid the transaction so that others could go on: to begin it again may
    /// succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Driver(error) if is_retryable(error))
    }

    /// What the caller is told. Logs what he is not told; the server's *message* names tables and
    /// constraints, while its detail holds values and stays out.
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

/// Whether the server undid the transaction so that others could go on: to begin it again may
/// succeed.
fn is_retryable(error: &DriverError) -> bool {
    match error {
        DriverError::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::SerializationFailure => true,
            // The driver tells no code of a deadlock, and the server speaks the language of its
            // operator. It always tells who waits for whom and where to read more, and never
            // names a table. What else looks like this is begun in vain a few times more.
            DatabaseErrorKind::Unknown => {
                information.details().is_some()
                    && information.hint().is_some()
                    && information.table_name().is_none()
            }
            _ => false,
        },
        _ => false,
    }
}

/// Which field a unique constraint protects; those of `users` have the names of the deployed
/// service's first version, when the table was called `clients`.
const UNIQUE: [(&str, ConflictField); 4] = [
    ("clients_email_key", ConflictField::Email),
    ("clients_username_key", ConflictField::Username),
    ("clients_pkey", ConflictField::Id),
    ("refresh_sessions_id_pkey", ConflictField::Id),
];

fn taken_field(error: &DriverError) -> Option<ConflictField> {
    let DriverError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = error else {
        return None;
    };
    let violated = information.constraint_name()?;
    UNIQUE
        .iter()
        .find(|(constraint, _)| *constraint == violated)
        .map(|(_, field)| *field)
}
