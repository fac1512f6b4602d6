//! Moments as tokens write them: seconds since 1970 (RFC 7519, section 2).

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::Duration;
use users_domain::model::Timestamp;

/// Written as whole seconds; read with or without a fraction, up to the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NumericDate(Timestamp);

impl NumericDate {
    /// The second in which a moment lies.
    pub(crate) fn from_moment(moment: Timestamp) -> Self {
        Self(moment - Duration::nanoseconds(moment.nanosecond().into()))
    }

    /// The moment.
    pub(crate) fn moment(self) -> Timestamp {
        self.0
    }

    /// The second, counted from 1970.
    pub(crate) fn seconds(self) -> i64 {
        self.0.unix_timestamp()
    }
}

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.seconds())
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Seconds).map(Self)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("seconds since 1970")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Timestamp, E> {
        Timestamp::from_unix_timestamp(seconds)
            .map_err(|_| E::invalid_value(Unexpected::Signed(seconds), &self))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Timestamp, E> {
        match i64::try_from(seconds) {
            Ok(seconds) => self.visit_i64(seconds),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(seconds), &self)),
        }
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Timestamp, E> {
        Duration::checked_seconds_f64(seconds)
            .and_then(|since_1970| Timestamp::UNIX_EPOCH.checked_add(since_1970))
            .ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read(json: &str) -> Option<Timestamp> {
        serde_json::from_str::<NumericDate>(json)
            .ok()
            .map(NumericDate::moment)
    }

    #[test]
    fn a_fraction_is_read_and_never_written() {
        assert_eq!(read("1.5"), Some(datetime!(1970-01-01 00:00:01.5 UTC)));
        let moment = datetime!(1970-01-01 00:00:01.999_999 UTC);
        let date = NumericDate::from_moment(moment);
        assert_eq!(date.moment(), datetime!(1970-01-01 00:00:01 UTC));
        assert_eq!(serde_json::to_string(&date).unwrap(), "1");
    }

    #[test]
    fn the_last_second_of_the_calendar_is_read_and_the_next_refused() {
        assert_eq!(
            read("253402300799"),
            Some(datetime!(9999-12-31 23:59:59 UTC))
        );
        for beyond in [
            "253402300800",
            "9223372036854775807",
            "18446744073709551615",
            "-9223372036854775808",
            "1e30",
            "-1e300",
        ] {
            assert_eq!(read(beyond), None, "{beyond}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        for other in ["\"1\"", "null", "true", "[1]", "{}"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
