//! Why a service of the platform did not do what it was asked.

/// Why a service of the platform did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// It will never do that: what was asked is nothing that it can hold. The adapter has logged
    /// why.
    #[error("the platform refuses for good")]
    Refused,
    /// It is away, too slow, or refuses for a reason that may pass (another schema, another key).
    /// The adapter has logged why.
    #[error("the platform is unavailable")]
    Unavailable,
}
