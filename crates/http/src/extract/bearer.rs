//! The token in `Authorization` (RFC 6750, section 2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use users_domain::error::{Error, Unauthenticated};
use users_domain::model::BearerToken;

/// Longest token that is looked at, in bytes; ours have some hundred.
const MAX_BYTES: usize = 8 * 1024;

const SCHEME: &[u8] = b"bearer";

/// What clients in JavaScript send that have no token, the platform's SDK among them.
const UNDEFINED: &[u8] = b"undefined";

/// The bearer token, if there is one.
///
/// The scheme has no case (RFC 9110, section 11.1), and white space round the token is not part of
/// it. Another scheme is no token. Several headers are refused: whoever stands before the service
/// may have looked at another one.
pub(crate) fn read(headers: &HeaderMap) -> Result<Option<BearerToken>, Error> {
    let refused = Error::Unauthenticated(Unauthenticated::InvalidToken);
    let mut values = headers.get_all(AUTHORIZATION);
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.as_bytes().trim_ascii(),
        (Some(_), Some(_)) => return Err(refused),
    };
    let Some((scheme, token)) = value.split_at_checked(SCHEME.len()) else {
        return Ok(None);
    };
    if !scheme.eq_ignore_ascii_case(SCHEME) || !token.first().is_some_and(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let token = token.trim_ascii_start();
    if token == UNDEFINED {
        return Ok(None);
    }
    match std::str::from_utf8(token) {
        Ok(token) if token.len() <= MAX_BYTES => Ok(Some(BearerToken::new(token.to_owned()))),
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn token(value: &[u8]) -> Result<Option<String>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        Ok(read(&headers)?.map(|token| token.expose().to_owned()))
    }

    #[test]
    fn the_scheme_has_no_case_and_white_space_is_not_part_of_the_token() {
        for value in [
            "Bearer abc",
            "bearer abc",
            "BEARER abc",
            "Bearer   abc",
            "Bearer\tabc",
            " Bearer abc ",
        ] {
            let found = token(value.as_bytes()).unwrap();
            assert_eq!(found.as_deref(), Some("abc"), "{value}");
        }
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Bearerabc",
            "Basic abc",
            "abc",
            "Bear",
            "Bearer undefined",
        ] {
            assert_eq!(token(value.as_bytes()).unwrap(), None, "{value}");
        }
    }

    #[test]
    fn what_no_token_can_be_is_refused_unseen() {
        let long = format!("Bearer {}", "a".repeat(MAX_BYTES + 1));
        for value in [b"Bearer \xff".as_slice(), long.as_bytes()] {
            assert!(matches!(
                token(value),
                Err(Error::Unauthenticated(Unauthenticated::InvalidToken))
            ));
        }
    }

    #[test]
    fn several_tokens_are_none() {
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        }
        assert!(matches!(
            read(&headers),
            Err(Error::Unauthenticated(Unauthenticated::InvalidToken))
        ));
    }
}
