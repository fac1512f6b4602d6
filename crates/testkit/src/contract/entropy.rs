//! What a source of randomness promises, as far as its bytes can show it.

use std::collections::HashSet;
use std::sync::Arc;

use users_domain::ports::Entropy;

use super::calls::on_a_thread;

/// A source of randomness.
pub struct EntropyUnderTest {
    /// The source.
    pub entropy: Arc<dyn Entropy>,
}

suite! {
    $
    /// Makes a test of every promise of [`Entropy`](users_domain::ports::Entropy). The argument
    /// gives a fresh [`EntropyUnderTest`]($crate::contract::EntropyUnderTest).
    entropy_contract, entropy:
    the_whole_buffer_is_filled,
    nothing_repeats_on_any_thread,
    every_bit_is_as_often_set_as_not,
}

pub async fn the_whole_buffer_is_filled(subject: &EntropyUnderTest) {
    for length in (0..70).chain([4_096, 100_003]) {
        // A byte may well be zero once, but hardly sixteen times.
        let mut seen = vec![0_u8; length];
        for _ in 0..16 {
            let mut buffer = vec![0; length];
            subject.entropy.fill(&mut buffer);
            for (seen, byte) in seen.iter_mut().zip(buffer) {
                *seen |= byte;
            }
        }
        assert!(seen.iter().all(|byte| *byte != 0), "{length} bytes");
    }
}

pub async fn nothing_repeats_on_any_thread(subject: &EntropyUnderTest) {
    const THREADS: usize = 8;
    const DRAWS: usize = 5_000;
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let entropy = subject.entropy.clone();
            on_a_thread(move || {
                let mut drawn = Vec::with_capacity(DRAWS);
                for _ in 0..DRAWS {
                    let mut bytes = [0; 16];
                    entropy.fill(&mut bytes);
                    drawn.push(bytes);
                }
                drawn
            })
        })
        .collect();
    let mut all = HashSet::new();
    for thread in threads {
        all.extend(thread.await);
    }
    assert_eq!(all.len(), THREADS * DRAWS);
}

pub async fn every_bit_is_as_often_set_as_not(subject: &EntropyUnderTest) {
    const DRAWS: usize = 10_000;
    let mut set = [0_usize; 64];
    for _ in 0..DRAWS {
        let mut bytes = [0; 8];
        subject.entropy.fill(&mut bytes);
        let bits = u64::from_le_bytes(bytes);
        for (bit, set) in set.iter_mut().enumerate() {
            *set += usize::from(bits >> bit & 1 == 1);
        }
    }
    // Ten standard deviations either way.
    let bounds = DRAWS / 2 - 500..=DRAWS / 2 + 500;
    for (bit, set) in set.iter().enumerate() {
        assert!(bounds.contains(set), "bit {bit}: {set} of {DRAWS}");
    }
}
