//! How long things took, as numbers that people compare.

use std::time::Duration;

/// The nearest-rank percentile of an ascending list; zero of an empty one.
pub fn percentile(ascending: &[Duration], percent: usize) -> Duration {
    let rank = (ascending.len() * percent).div_ceil(100).max(1);
    ascending.get(rank - 1).copied().unwrap_or_default()
}

/// The same time as a number.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// How many a second.
#[expect(clippy::cast_precision_loss, reason = "far fewer things than 2^52")]
pub fn per_second(things: u64, took: Duration) -> f64 {
    things as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let list: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&list, 50), Duration::from_millis(100));
        assert_eq!(percentile(&list, 99), Duration::from_millis(198));
        assert_eq!(percentile(&list, 100), Duration::from_millis(200));
    }

    #[test]
    fn percentiles_of_few_values_exist() {
        let one = [Duration::from_millis(7)];
        assert_eq!(percentile(&one, 50), one[0]);
        assert_eq!(percentile(&one, 99), one[0]);
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
