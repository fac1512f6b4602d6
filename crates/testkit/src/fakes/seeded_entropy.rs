//! The same chance in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use users_domain::ports::Entropy;

/// Randomness that follows from a seed: SplitMix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014). Predictable by anybody: for tests only. Clones draw from
/// the same sequence.
#[derive(Debug, Clone)]
pub struct SeededEntropy(Arc<AtomicU64>);

impl SeededEntropy {
    /// The beginning of a seed's sequence.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    /// The next number of the sequence.
    pub fn next(&self) -> u64 {
        // 2^64 divided by the golden ratio: every state comes once before the first comes again.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; 0 where the limit is 0.
    pub fn below(&self, limit: usize) -> usize {
        // The remainder favours small numbers by less than a test can notice. It fits: it is below
        // a usize.
        match u64::try_from(limit) {
            Ok(0) | Err(_) => 0,
            Ok(limit) => usize::try_from(self.next() % limit).unwrap_or_default(),
        }
    }

    /// True once in `times` on average; never for 0.
    pub fn one_in(&self, times: usize) -> bool {
        times > 0 && self.below(times) == 0
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_reference_implementation() {
        let entropy = SeededEntropy::new(0);
        let first: Vec<u64> = (0..3).map(|_| entropy.next()).collect();
        let published = [
            0xe220_a839_7b1d_cdaf,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f,
        ];
        assert_eq!(first, published);
    }

    #[test]
    fn a_seed_gives_the_same_bytes_every_time() {
        let (mut one, mut other) = ([0; 29], [0; 29]);
        SeededEntropy::new(7).fill(&mut one);
        SeededEntropy::new(7).fill(&mut other);
        assert_eq!(one, other);
        SeededEntropy::new(8).fill(&mut other);
        assert_ne!(one, other);
    }

    #[test]
    fn numbers_stay_below_their_limit() {
        let entropy = SeededEntropy::new(3);
        assert!((0..1000).all(|_| entropy.below(7) < 7));
        assert_eq!(entropy.below(0), 0);
        assert!(!entropy.one_in(0) && entropy.one_in(1));
    }
}
