//! Randomness.

use uuid::{Builder, Uuid};

use crate::model::Timestamp;

/// Gives randomness, so that tests own chance.
///
/// - Bytes are unpredictable (from a cryptographically secure generator) and never repeat in
///   practice.
/// - It never blocks and never fails.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A random UUID (RFC 9562, version 4).
pub fn uuid_v4(entropy: &dyn Entropy) -> Uuid {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid()
}

/// A UUID that sorts by time (RFC 9562, version 7).
pub fn uuid_v7(entropy: &dyn Entropy, now: Timestamp) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
