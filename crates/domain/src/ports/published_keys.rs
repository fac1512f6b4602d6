//! The public keys that others verify our tokens with.

/// Shows public keys.
///
/// - The text is a JSON Web Key Set (RFC 7517) with the public half of every key that a valid
///   token may be signed with; never a private member (`d`).
/// - It never blocks.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait PublishedKeys: Send + Sync {
    /// The key set as JSON text.
    fn key_set(&self) -> String;
}
