//! Durations as settings have them.

use std::time::Duration;

use magistrala_users::config::duration::parse_duration;

/// Any text as a duration.
///
/// What is accepted fits into 63 bits of nanoseconds, is read again from its nanoseconds, is the sum
/// of its parts, and is refused with a minus before it; a reason stands on one line.
pub fn duration(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let duration = match parse_duration(text) {
        Ok(duration) => duration,
        Err(reason) => {
            let reason = reason.to_string();
            assert!(!reason.is_empty() && !reason.contains(['\n', '\r', '\0']));
            return;
        }
    };
    let nanos = i64::try_from(duration.as_nanos()).expect("63 bits");
    assert_eq!(parse_duration(&format!("{nanos}ns")), Ok(duration));
    // Every number but a bare 0 has its unit, so texts can be put behind each other.
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned == "0" {
        assert_eq!(duration, Duration::ZERO);
        return;
    }
    assert_eq!(parse_duration(&format!("0h{unsigned}0.0s")), Ok(duration));
    let negative = parse_duration(&format!("-{unsigned}"));
    assert_eq!(negative.is_ok(), duration.is_zero());
    match parse_duration(&format!("{unsigned}{unsigned}")) {
        Ok(twice) => assert_eq!(twice, duration * 2),
        Err(_) => assert!(nanos > i64::MAX / 2),
    }
    let end = unsigned
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .and_then(|unit| {
            Some(unit + unsigned[unit..].find(|c: char| c.is_ascii_digit() || c == '.')?)
        });
    if let Some(end) = end {
        let (first, rest) = unsigned.split_at(end);
        let parts = [first, rest].map(|part| parse_duration(part).expect("a part"));
        assert_eq!(parts[0] + parts[1], duration);
    }
}
