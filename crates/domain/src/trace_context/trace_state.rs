//! The header `tracestate` (W3C Trace Context, level 1, section 3.3): a list of `key=value`, which is
//! sent on as it came or not at all.

use std::collections::HashSet;

/// Longer lists need not be sent on.
const MOST_BYTES: usize = 512;
/// A list has no more members.
const MOST_MEMBERS: usize = 32;
/// Neither key nor value is longer.
const MOST_CHARS: usize = 256;

/// The list, if it is one.
pub(super) fn parse(text: &str) -> Option<&str> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let members: Vec<_> = text
        .split(',')
        .map(|member| member.trim_matches([' ', '\t']))
        .filter(|member| !member.is_empty())
        .collect();
    let mut keys = HashSet::new();
    let are_well_formed = members.iter().all(|member| {
        member
            .split_once('=')
            .is_some_and(|(key, value)| is_key(key) && is_value(value) && keys.insert(key))
    });
    let is_list = !members.is_empty() && members.len() <= MOST_MEMBERS && are_well_formed;
    is_list.then_some(text)
}

/// `vendor`, or `tenant@vendor`.
fn is_key(key: &str) -> bool {
    let is_lower = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
    let goes_on = |part: &str| {
        part.bytes().all(|byte| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'_' | b'-' | b'*' | b'/')
        })
    };
    match key.split_once('@') {
        None => {
            (1..=MOST_CHARS).contains(&key.len())
                && is_lower(key.as_bytes().first())
                && goes_on(key)
        }
        Some((tenant, vendor)) => {
            (1..=241).contains(&tenant.len())
                && (1..=14).contains(&vendor.len())
                && !matches!(tenant.as_bytes()[0], b'_' | b'-' | b'*' | b'/')
                && is_lower(vendor.as_bytes().first())
                && goes_on(tenant)
                && goes_on(vendor)
        }
    }
}

/// Printable ASCII without comma and equals sign, no blank at the end.
fn is_value(value: &str) -> bool {
    (1..=MOST_CHARS).contains(&value.len())
        && !value.ends_with(' ')
        && value
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_sent_on_as_it_came() {
        for text in [
            "a=1",
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
            "a=1 , b= 2,\tc/d-e_f*g=~!",
            "0tenant@vendor=x",
            "a=1,,b=2",
            &format!("a={}", "x".repeat(256)),
        ] {
            assert_eq!(parse(text), Some(text));
        }
    }

    #[test]
    fn anything_else_is_left_out() {
        let many: Vec<_> = (0..33).map(|number| format!("a{number}=1")).collect();
        for text in [
            "",
            " ,",
            "a",
            "a=",
            "=1",
            "A=1",
            "1a=1",
            "a=1,a=2",
            "a=1=2",
            "a=\u{e9}",
            "a=\u{7}",
            "a b=1",
            "@vendor=1",
            "tenant@=1",
            "tenant@1=1",
            "_tenant@vendor=1",
            &format!("a={}", "x".repeat(257)),
            &format!("{}=1", "a".repeat(257)),
            &format!("a={},b={}", "x".repeat(255), "x".repeat(255)),
            &many.join(","),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
