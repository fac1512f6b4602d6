//! The version that a client has seen (`If-Match`; RFC 9110, section 13.1.1).

use actix_web::http::header::{HeaderMap, IF_MATCH};
use users_domain::error::{Invalid, InvalidReason};

/// The header, as something that an operation is asked with.
pub(crate) struct IfMatch;

const FIELD: &str = "If-Match";

/// A version that no account has: stores count up from what they find.
const NEVER: i64 = i64::MIN;

/// The version that the account must be at; none where any will do.
///
/// One tag or `*`. A list of tags says that its client does not know what it has seen, and is
/// refused. A weak tag, and a tag that is none of ours, matches no version.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<i64>, Invalid> {
    let mut values = headers.get_all(IF_MATCH);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(text) if values.next().is_none() => version(text.trim()),
        _ => Err(refused()),
    }
}

fn version(text: &str) -> Result<Option<i64>, Invalid> {
    if text == "*" {
        return Ok(None);
    }
    let (weak, quoted) = match text.strip_prefix("W/") {
        Some(quoted) => (true, quoted),
        None => (false, text),
    };
    let tag = quoted
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .filter(|tag| {
            tag.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"')
        })
        .ok_or_else(refused)?;
    let version = tag
        .parse()
        .ok()
        // Tags are compared byte for byte: `"01"` is not `"1"`.
        .filter(|version: &i64| !weak && version.to_string() == tag);
    Ok(Some(version.unwrap_or(NEVER)))
}

fn refused() -> Invalid {
    let reason = InvalidReason::Malformed("must be * or one entity tag in double quotes");
    Invalid::new(FIELD, reason)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read_all(values: &[&str]) -> Result<Option<i64>, Invalid> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        read(&headers)
    }

    #[test]
    fn a_tag_of_ours_is_a_version_and_a_star_is_any() {
        for (values, version) in [
            (&[][..], None),
            (&["*"], None),
            (&[" * "], None),
            (&[r#""1""#], Some(1)),
            (&[r#" "42" "#], Some(42)),
            (&[r#""0""#], Some(0)),
        ] {
            assert_eq!(read_all(values), Ok(version), "{values:?}");
        }
    }

    #[test]
    fn a_tag_that_is_weak_or_none_of_ours_matches_no_version() {
        for value in [
            r#"W/"1""#, r#""01""#, r#""+1""#, r#""""#, r#""a,b""#, r#""1e0""#,
        ] {
            assert_eq!(read_all(&[value]), Ok(Some(NEVER)), "{value}");
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for values in [
            &[""][..],
            &["1"],
            &[r#""1"#],
            &[r#"1""#],
            &[r#"""#],
            &[r#"w/"1""#],
            &[r#""a b""#],
            &[r#""1", "2""#],
            &[r#""1","1""#],
            &[r#"*, "1""#],
            &[r#""1""#, r#""2""#],
            &["*", "*"],
        ] {
            assert_eq!(
                read_all(values).unwrap_err().field,
                "If-Match",
                "{values:?}"
            );
        }
    }
}
