//! An account that is marked for removal.

use super::{Status, Timestamp, User, UserId};

/// An account that was deleted and is still kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedAccount {
    /// Which.
    pub id: UserId,
    /// Since when it has been deleted, as far as the row tells: its last change, or else when it was
    /// made. Absent in odd rows that tell neither.
    pub deleted_at: Option<Timestamp>,
}

impl DeletedAccount {
    /// The account as such a one, if it is deleted. The row does not say when that happened, but the
    /// only change that a deleted account takes is one of its status.
    pub fn of(user: &User) -> Option<Self> {
        (user.status == Status::Deleted).then(|| Self {
            id: user.id.clone(),
            deleted_at: user.updated_at.or(user.created_at),
        })
    }

    /// Whether it has been deleted since the cutoff or longer. One of which nobody knows since when
    /// has not.
    pub fn is_due(&self, cutoff: Timestamp) -> bool {
        self.deleted_at.is_some_and(|at| at <= cutoff)
    }
}
