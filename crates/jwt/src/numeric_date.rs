//! Moments as tokens write them: seconds since 1970 (RFC 7519, section 2).

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{Duration, OffsetDateTime};

/// Written as whole seconds, rounded down; read with or without a fraction, up to the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumericDate(pub(crate) OffsetDateTime);

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.unix_timestamp())
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Seconds).map(Self)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = OffsetDateTime;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("seconds since 1970")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<OffsetDateTime, E> {
        OffsetDateTime::from_unix_timestamp(seconds)
            .map_err(|_| E::invalid_value(Unexpected::Signed(seconds), &self))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<OffsetDateTime, E> {
        match i64::try_from(seconds) {
            Ok(seconds) => self.visit_i64(seconds),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(seconds), &self)),
        }
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<OffsetDateTime, E> {
        Duration::checked_seconds_f64(seconds)
            .and_then(|since_1970| OffsetDateTime::UNIX_EPOCH.checked_add(since_1970))
            .ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn read(json: &str) -> Option<OffsetDateTime> {
        serde_json::from_str::<NumericDate>(json)
            .ok()
            .map(|date| date.0)
    }

    #[test]
    fn a_fraction_is_read_and_never_written() {
        assert_eq!(read("1.5"), Some(datetime!(1970-01-01 00:00:01.5 UTC)));
        let date = NumericDate(datetime!(1970-01-01 00:00:01.999_999 UTC));
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
