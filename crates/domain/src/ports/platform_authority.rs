//! Who administers the platform, as the platform sees it.

use async_trait::async_trait;

use super::PlatformError;
use crate::model::UserId;

/// Says whether the platform agrees that somebody administers it.
///
/// - `true` for whom the platform knows as its administrator now, `false` for everybody else, also
///   for ids that it does not know or could not hold.
/// - An authority that cannot tell answers [`PlatformError::Unavailable`], never `false`.
/// - Every call ends within the time that the adapter was given.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PlatformAuthority: Send + Sync {
    /// Whether the user administers the platform.
    async fn is_administrator(&self, user: &UserId) -> Result<bool, PlatformError>;
}
