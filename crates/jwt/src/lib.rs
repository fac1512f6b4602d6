//! The platform's tokens and its set of keys, as they stand on the wire: JSON Web Tokens (RFC 7519)
//! signed with Ed25519, and JSON Web Key Sets (RFC 7517).
//!
//! [`Claims`] is what a token says. [`Unverified`] is a token taken apart that may be forged;
//! [`PublicKey`] tells whether it is. [`KeySet`] is read from what a service publishes, and
//! [`key_set`] is what one publishes itself.
//!
//! Nothing here waits, keeps anything, or asks for the time.

mod claims;
mod key_set;
mod numeric_date;
mod public_key;
mod refusal;
mod unverified;

pub use claims::{Claims, RoleClaim};
pub use key_set::{KeySet, KeySetError, MOST_KEYS, SkippedKey, key_set};
pub use public_key::PublicKey;
pub use refusal::Refusal;
pub use unverified::{MOST_BYTES, Unverified};

/// Who issues the platform's tokens: the claim `iss`.
pub const ISSUER: &str = "magistrala.auth";
