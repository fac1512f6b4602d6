//! What the platform's other services know a user as.

use async_trait::async_trait;

use super::PlatformError;
use crate::model::{Role, UserId};

/// Keeps the relations by which the platform's other services decide what a user may do.
///
/// - After `put` the user is a member of the platform, and its administrator if and only if the role
///   is admin, whatever he was before. All of it is written or nothing; doing it again changes
///   nothing.
/// - `remove` takes away every relation in which the user is the subject, to whatever: afterwards
///   the platform does not know him. One whom it does not know is no error.
/// - Relations of others stay as they are.
/// - An id that the platform cannot hold is [`PlatformError::Refused`] by `put`, and unknown to
///   `remove`.
/// - Every call ends within the time that the adapter was given, at most half of
///   [`LEASE`](super::LEASE); then it is [`PlatformError::Unavailable`], and may have been carried
///   out.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PlatformRelations: Send + Sync {
    /// Makes the platform know the user in this role.
    async fn put(&self, user: &UserId, role: Role) -> Result<(), PlatformError>;

    /// Makes the platform forget the user.
    async fn remove(&self, user: &UserId) -> Result<(), PlatformError>;
}
