//! Durations as Go writes them, because the platform's settings are written so: `1h30m`, `300ms`.

use std::time::Duration;

/// The longest duration: Go keeps nanoseconds in 64 signed bits (about 292 years).
const MAX_NANOS: u128 = i64::MAX as u128;

/// Digits of a fraction beyond this are below any unit's nanosecond.
const MAX_FRACTION_DIGITS: usize = 18;

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// There is no digit where a number must be.
    #[error("a number is missing")]
    NoNumber,
    /// A number is not followed by a unit.
    #[error("a unit is missing: ns, us, ms, s, m or h")]
    NoUnit,
    /// Something else than a unit follows a number.
    #[error("{0:?} is no unit: ns, us, ms, s, m or h")]
    UnknownUnit(String),
    /// No setting has a use for a negative duration.
    #[error("it is negative")]
    Negative,
    /// It does not fit into 64 bits of nanoseconds.
    #[error("it is longer than 292 years")]
    TooLong,
}

/// Reads a duration: numbers, each with a unit (`ns`, `us`, `ms`, `s`, `m`, `h`) and perhaps a
/// fraction, added up; `0` needs no unit.
///
/// The grammar is that of Go's `time.ParseDuration`; negative durations are refused.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(InvalidDuration::NoNumber);
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (part, behind) = parse_part(rest)?;
        total += part;
        if total > MAX_NANOS {
            return Err(InvalidDuration::TooLong);
        }
        rest = behind;
    }
    if is_negative && total > 0 {
        return Err(InvalidDuration::Negative);
    }
    u64::try_from(total)
        .map(Duration::from_nanos)
        .map_err(|_| InvalidDuration::TooLong)
}

/// The nanoseconds of one number with its unit (at most [`MAX_NANOS`]), and what stands behind.
fn parse_part(text: &str) -> Result<(u128, &str), InvalidDuration> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(InvalidDuration::NoNumber);
    }
    let end = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let unit = nanos_of_unit(unit)?;
    let fraction = &fraction[..fraction.len().min(MAX_FRACTION_DIGITS)];
    let scale = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
    let nanos = number(whole)? * unit + number(fraction)? * unit / scale;
    if nanos > MAX_NANOS {
        return Err(InvalidDuration::TooLong);
    }
    Ok((nanos, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

/// The value of digits, if it is at most [`MAX_NANOS`]; of none, 0.
fn number(digits: &str) -> Result<u128, InvalidDuration> {
    digits.bytes().try_fold(0_u128, |value, digit| {
        let value = value * 10 + u128::from(digit - b'0');
        if value > MAX_NANOS {
            Err(InvalidDuration::TooLong)
        } else {
            Ok(value)
        }
    })
}

fn nanos_of_unit(unit: &str) -> Result<u128, InvalidDuration> {
    Ok(match unit {
        "ns" => 1,
        // Go reads both characters that look like a small mu.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(InvalidDuration::NoUnit),
        other => return Err(InvalidDuration::UnknownUnit(other.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("-0", 0),
            ("+5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("300ms", 300_000_000),
            ("1.5h", 5_400_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1us", 1_000),
            ("1\u{b5}s", 1_000),
            ("1\u{3bc}s", 1_000),
            ("0.9ns", 0),
            ("1h1h", 7_200_000_000_000),
            ("0.100000000000000000000000000001s", 100_000_000),
            ("9223372036854775807ns", 9_223_372_036_854_775_807),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_nanos(nanos)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_its_reason() {
        use InvalidDuration::*;
        for (text, reason) in [
            ("", NoNumber),
            ("-", NoNumber),
            ("s", NoNumber),
            (".s", NoNumber),
            ("5", NoUnit),
            ("1h5", NoUnit),
            ("1 day", UnknownUnit(" day".to_owned())),
            ("1d", UnknownUnit("d".to_owned())),
            ("1H", UnknownUnit("H".to_owned())),
            ("5s ", UnknownUnit("s ".to_owned())),
            ("-5s", Negative),
            ("9223372036854775808ns", TooLong),
            ("2562048h", TooLong),
            ("2562047h2562047h", TooLong),
            ("99999999999999999999999999999999999999999999h", TooLong),
        ] {
            assert_eq!(parse_duration(text), Err(reason), "{text}");
        }
    }

    /// The same cases in every run, so that a failure is one on every machine.
    fn fixed_cases() -> Config {
        Config {
            cases: 512,
            rng_seed: RngSeed::Fixed(9002),
            failure_persistence: None,
            ..Config::default()
        }
    }

    proptest! {
        #![proptest_config(fixed_cases())]

        #[test]
        fn parts_add_up(
            hours in 0_u64..2_000_000,
            minutes in 0_u64..100_000,
            seconds in 0_u64..1_000_000,
            millis in 0_u64..1_000_000,
            micros in 0_u64..1_000_000,
            nanos in 0_u64..1_000_000,
        ) {
            let text = format!("{hours}h{minutes}m{seconds}s{millis}ms{micros}us{nanos}ns");
            let sum = Duration::from_secs(hours * 3600 + minutes * 60 + seconds)
                + Duration::from_millis(millis)
                + Duration::from_micros(micros)
                + Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&text), Ok(sum));
        }

        #[test]
        fn a_fraction_of_a_second_is_its_nanoseconds(
            seconds in 0_u64..1_000_000_000,
            nanos in 0_u32..1_000_000_000,
        ) {
            let text = format!("{seconds}.{nanos:09}s");
            prop_assert_eq!(parse_duration(&text), Ok(Duration::new(seconds, nanos)));
        }

        #[test]
        fn no_text_makes_it_panic_or_exceed_the_limit(text in "[-+0-9.nuµmsh]{0,60}") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(duration.as_nanos() <= MAX_NANOS);
            }
        }

        #[test]
        fn any_text_has_an_answer(text in "\\PC{0,40}") {
            let _ = parse_duration(&text);
        }
    }
}
