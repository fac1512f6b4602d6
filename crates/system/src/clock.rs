//! The clock of the operating system: the port `Clock`.

use time::{Duration, OffsetDateTime};
use users_domain::model::Timestamp;
use users_domain::ports::Clock;

/// The operating system's idea of the time. It jumps when that is corrected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the adapter behind the port that everybody else asks"
    )]
    fn now(&self) -> Timestamp {
        whole_microseconds(OffsetDateTime::now_utc())
    }
}

/// Cut, never rounded up: a moment must not lie in the future.
fn whole_microseconds(moment: Timestamp) -> Timestamp {
    moment - Duration::nanoseconds(i64::from(moment.nanosecond() % 1_000))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn nanoseconds_are_cut() {
        let cut = whole_microseconds(datetime!(2026-02-03 04:05:06.123_456_999 UTC));
        assert_eq!(cut, datetime!(2026-02-03 04:05:06.123_456 UTC));
        assert_eq!(whole_microseconds(cut), cut);
    }

    #[test]
    fn moments_before_1970_are_cut_to_the_past_too() {
        let cut = whole_microseconds(datetime!(1969-12-31 23:59:59.999_999_999 UTC));
        assert_eq!(cut, datetime!(1969-12-31 23:59:59.999_999 UTC));
    }
}
