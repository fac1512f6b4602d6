//! How stores fail.

use crate::error::Error;
use crate::model::ConflictField;

/// Why a store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique field is taken by another account.
    #[error("{} is taken", .0.as_str())]
    Conflict(ConflictField),
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// The decision about the locked row was no; carries what it said.
    #[error("refused: {0}")]
    Refused(Error),
    /// The row cannot go: something of others beside it refuses that. The adapter has logged what.
    #[error("others hold the row")]
    Held,
    /// The outbox lease that was shown is no longer the current one.
    #[error("the lease was lost")]
    LeaseLost,
    /// The store is away, too slow or broken. The adapter has logged why.
    #[error("the store is unavailable")]
    Unavailable,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(field) => Self::Conflict { field },
            StoreError::NotFound => Self::NotFound,
            StoreError::Refused(error) => error,
            StoreError::Held | StoreError::LeaseLost | StoreError::Unavailable => {
                Self::Unavailable { port: "user store" }
            }
        }
    }
}
