//! Moments as Postgres keeps them, `timestamptz`: microseconds since 2000-01-01T00:00:00Z.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::data_types::PgTimestamp;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamptz;
use users_domain::model::Timestamp;

/// 2000-01-01T00:00:00Z as microseconds since 1970.
const EPOCH: i64 = 946_684_800_000_000;

/// Any moment that Postgres can hold, infinity too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
pub(crate) struct StoredMoment(i64);

impl StoredMoment {
    /// The moment; those outside the years 2 to 9999 count as none, and so does infinity.
    pub(crate) fn moment(self) -> Option<Timestamp> {
        let micros = i128::from(self.0) + i128::from(EPOCH);
        Timestamp::from_unix_timestamp_nanos(micros * 1_000)
            .ok()
            .filter(|moment| (2..=9999).contains(&moment.year()))
    }
}

impl StoredMoment {
    /// As Postgres sends and takes it.
    pub(crate) const fn to_be_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// What Postgres can hold, in its own microseconds: from 4713 BC on, and before the year 294277.
const HELD: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

impl StoredMoment {
    /// Microseconds since 1970; what Postgres cannot hold becomes infinity.
    pub(crate) fn from_unix_micros(micros: i64) -> Self {
        let micros = micros.saturating_sub(EPOCH);
        Self(if HELD.contains(&micros) {
            micros
        } else if micros < 0 {
            i64::MIN
        } else {
            i64::MAX
        })
    }
}

/// Rounded down to the microsecond.
impl From<Timestamp> for StoredMoment {
    fn from(moment: Timestamp) -> Self {
        let micros = moment.unix_timestamp_nanos().div_euclid(1_000);
        // Every year that a Timestamp can hold fits.
        Self::from_unix_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

impl FromSql<Timestamptz, Pg> for StoredMoment {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let PgTimestamp(micros) = FromSql::<Timestamptz, Pg>::from_sql(value)?;
        Ok(Self(micros))
    }
}

impl ToSql<Timestamptz, Pg> for StoredMoment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&PgTimestamp(self.0), &mut out.reborrow())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(micros_since_1970: i64) -> Timestamp {
        Timestamp::from_unix_timestamp_nanos(i128::from(micros_since_1970) * 1_000).unwrap()
    }

    #[test]
    fn a_moment_survives_to_the_microsecond() {
        for micros in [0, 1, -1, EPOCH, 1_700_000_000_123_456] {
            let stored = StoredMoment::from(moment(micros));
            assert_eq!(stored.moment(), Some(moment(micros)));
        }
    }

    #[test]
    fn a_part_of_a_microsecond_is_rounded_down() {
        let before = moment(EPOCH) - std::time::Duration::from_nanos(1);
        assert_eq!(StoredMoment::from(before), StoredMoment(-1));
    }

    #[test]
    fn what_lies_outside_the_calendar_counts_as_none() {
        for micros in [i64::MAX, i64::MIN, 252_455_616_000_000_000] {
            assert_eq!(StoredMoment(micros).moment(), None, "{micros}");
        }
    }
}
