//! How long the same thing took again and again, in bounded memory.

use std::time::Duration;

/// How many durations quantiles are taken from.
const KEPT: usize = 1024;

/// Exact count and sum of all durations, and the last [`KEPT`] of them for quantiles.
#[derive(Debug, Clone, Default)]
pub(super) struct Latencies {
    count: u64,
    sum: Duration,
    /// A ring once it is full.
    last: Vec<Duration>,
    oldest: usize,
}

impl Latencies {
    /// Takes note of a duration.
    pub(super) fn note(&mut self, duration: Duration) {
        self.count += 1;
        self.sum = self.sum.saturating_add(duration);
        if self.last.len() < KEPT {
            self.last.push(duration);
        } else {
            self.last[self.oldest] = duration;
            self.oldest = (self.oldest + 1) % KEPT;
        }
    }

    /// How many durations were noted.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How long they took together.
    pub(super) fn sum(&self) -> Duration {
        self.sum
    }

    /// For each share, from 0 to 1, the least kept duration that this share of them does not
    /// exceed (nearest rank); zero where nothing was noted.
    pub(super) fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [Duration; N] {
        let mut sorted = self.last.clone();
        sorted.sort_unstable();
        shares.map(|share| {
            let rank = rank(share, sorted.len());
            sorted.get(rank).copied().unwrap_or_default()
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of at most 1024 things"
)]
fn rank(share: f64, of: usize) -> usize {
    ((share * of as f64).ceil() as usize).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_last_durations_and_the_rest_is_exact() {
        let mut latencies = Latencies::default();
        for _ in 0..KEPT {
            latencies.note(Duration::from_secs(1000));
        }
        for micros in 1..=KEPT as u64 {
            latencies.note(Duration::from_micros(micros));
        }
        let [least, middle, most] = latencies.quantiles([0.0, 0.5, 1.0]);
        assert_eq!(least, Duration::from_micros(1));
        assert_eq!(middle, Duration::from_micros(512));
        assert_eq!(most, Duration::from_micros(1024));
        assert_eq!(latencies.count(), 2048);
        assert_eq!(
            latencies.sum(),
            Duration::from_secs(1_024_000) + Duration::from_micros(1024 * 1025 / 2)
        );
        assert_eq!(latencies.last.len(), KEPT);
    }

    #[test]
    fn nothing_has_no_quantiles() {
        assert_eq!(Latencies::default().quantiles([0.5]), [Duration::ZERO]);
    }
}
