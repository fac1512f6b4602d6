//! The platform's domains, which users are members of.

use async_trait::async_trait;

use super::PlatformError;
use crate::model::UserId;

/// Takes users out of the platform's domains.
///
/// - After `remove_user` the user is a member of no domain. One who was of none, or whom the
///   platform does not know, is no error; doing it again changes nothing.
/// - Where the service says that the user is still there, the answer is
///   [`PlatformError::Unavailable`]: it is to be asked again later.
/// - It is never [`PlatformError::Refused`]: an id that the platform cannot hold is a member of
///   nothing.
/// - Every call ends within the time that the adapter was given, at most half of
///   [`LEASE`](super::LEASE); then it is [`PlatformError::Unavailable`], and may have been carried
///   out.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Domains: Send + Sync {
    /// Takes a user out of all domains.
    async fn remove_user(&self, user: &UserId) -> Result<(), PlatformError>;
}
