//! The types of values that settings of several sections share.

use std::path::PathBuf;
use std::time::Duration;

use super::duration::parse_duration;
use super::variable::Kind;

/// Any text.
pub(super) const TEXT: Kind<String> = Kind {
    name: "text",
    expected: "a text",
    parse: |text| Ok(text.to_owned()),
};

/// A file or folder, relative to the folder in which the program is started.
pub(super) const PATH: Kind<PathBuf> = Kind {
    name: "path",
    expected: "a path",
    parse: |text| Ok(PathBuf::from(text)),
};

/// Yes or no, in the spellings that Go reads.
pub(super) const FLAG: Kind<bool> = Kind {
    name: "true or false",
    expected: "true or false (or 1, t, T, TRUE, True, 0, f, F, FALSE, False)",
    parse: |text| match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(None),
    },
};

/// A length of time in Go's notation.
pub(super) const DURATION: Kind<Duration> = Kind {
    name: "duration",
    expected: "a duration such as 15s, 300ms or 1h30m",
    parse: |text| parse_duration(text).map_err(|reason| Some(reason.to_string())),
};

/// A limit that there always is.
pub(super) const POSITIVE_DURATION: Kind<Duration> = Kind {
    expected: "a duration above 0 such as 15s or 300ms",
    parse: |text| match (DURATION.parse)(text) {
        Ok(Duration::ZERO) => Err(None),
        parsed => parsed,
    },
    ..DURATION
};

/// A TCP port.
pub(super) const PORT: Kind<u16> = Kind {
    name: "port",
    expected: "a port from 1 to 65535",
    parse: |text| match text.parse() {
        Ok(0) | Err(_) => Err(None),
        Ok(port) => Ok(port),
    },
};

/// A lifetime: tokens tell time in whole seconds, so a shorter one could never be used.
pub(super) const LIFETIME: Kind<Duration> = Kind {
    name: "duration",
    expected: "a duration of at least 1s such as 15m or 24h",
    parse: |text| match parse_duration(text) {
        Ok(duration) if duration >= Duration::from_secs(1) => Ok(duration),
        Ok(_) => Err(None),
        Err(reason) => Err(Some(reason.to_string())),
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_gos_spellings_only() {
        for text in ["1", "t", "T", "TRUE", "true", "True"] {
            assert_eq!((FLAG.parse)(text), Ok(true), "{text}");
        }
        for text in ["0", "f", "F", "FALSE", "false", "False"] {
            assert_eq!((FLAG.parse)(text), Ok(false), "{text}");
        }
        for text in ["yes", "no", "tRUE", "perhaps", "2", " true"] {
            assert!((FLAG.parse)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_lifetime_below_a_second_is_refused() {
        assert!((LIFETIME.parse)("999ms").is_err());
        assert!((LIFETIME.parse)("0").is_err());
        assert_eq!((LIFETIME.parse)("1s"), Ok(Duration::from_secs(1)));
    }
}
