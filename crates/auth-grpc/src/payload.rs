//! What a token says of itself. Nobody has verified it here: it is read of tokens that come from
//! their issuer, or that he vouched for, and to refuse early what he would refuse too.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, de};
use users_domain::model::{Timestamp, TokenId, TokenKind, UserId};

/// What a JSON Web Token of the platform says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) user: UserId,
    pub(crate) kind: TokenKind,
    /// In whole seconds of Unix time.
    pub(crate) issued_at: i64,
    pub(crate) ends: Timestamp,
    pub(crate) id: Option<TokenId>,
}

/// The members that count; others may stand beside them, none of these twice.
#[derive(Deserialize)]
struct Members {
    #[serde(deserialize_with = "second")]
    iat: i64,
    #[serde(deserialize_with = "second")]
    exp: i64,
    #[serde(default, rename = "nbf", deserialize_with = "perhaps_second")]
    _not_before: Option<i64>,
    sub: String,
    #[serde(default)]
    jti: String,
    r#type: u8,
}

/// What a token says of its signature.
#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// How the platform signs, with keys of its own or with a shared one. A signature under any other
/// name would not be looked at twice by the deployed service, if it is genuine.
const ALGORITHMS: [&str; 4] = ["EdDSA", "HS256", "HS384", "HS512"];

/// Reads a token; the reason where it is none of the platform's.
pub(crate) fn read(token: &str) -> Result<Payload, &'static str> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("it has not three parts");
    };
    if signature.is_empty() {
        return Err("it is not signed");
    }
    let decoded = |part: &str| {
        URL_SAFE_NO_PAD
            .decode(part)
            .map_err(|_| "it is not base64url")
    };
    decoded(signature)?;
    let header: Header =
        serde_json::from_slice(&decoded(header)?).map_err(|_| "its header is malformed")?;
    if !ALGORITHMS.contains(&header.alg.as_str()) {
        return Err("it is signed in a way that is not the platform's");
    }
    let members: Members = serde_json::from_slice(&decoded(payload)?)
        .map_err(|_| "a claim is missing or malformed")?;
    if members.sub.is_empty() {
        return Err("it names no user");
    }
    let kind = TokenKind::from_u8(members.r#type).ok_or("it is of an unknown kind")?;
    if kind == TokenKind::Refresh && members.jti.is_empty() {
        return Err("it is a refresh token without a session");
    }
    Ok(Payload {
        // The account that it was issued for may be older than today's rules about ids.
        user: UserId::from_stored(members.sub),
        kind,
        issued_at: members.iat,
        ends: Timestamp::from_unix_timestamp(members.exp).map_err(|_| "its end is no time")?,
        id: Some(members.jti)
            .filter(|id| !id.is_empty())
            .map(TokenId::new),
    })
}

/// A number of seconds, a fraction cut (RFC 7519, section 2).
fn second<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_i64().or_else(|| {
        let seconds = number.as_f64()?.floor();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and far within what both types hold exactly"
        )]
        let whole = (seconds.abs() < 1e15).then_some(seconds as i64);
        whole
    });
    whole.ok_or_else(|| de::Error::custom("no number of seconds"))
}

/// The same of a member that may be missing, but not `null`.
fn perhaps_second<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    second(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            part(r#"{"alg":"EdDSA"}"#),
            part(payload),
            part("signature")
        )
    }

    #[test]
    fn the_platforms_tokens_are_read() {
        let refresh = r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","jti":"session","role":1,"sub":"id-of-ada","type":1,"verified":true}"#;
        let payload = read(&token(refresh)).unwrap();
        assert_eq!(
            payload,
            Payload {
                user: UserId::from_stored("id-of-ada".to_owned()),
                kind: TokenKind::Refresh,
                issued_at: 1_770_091_506,
                ends: Timestamp::from_unix_timestamp(1_770_095_106).unwrap(),
                id: Some(TokenId::new("session".to_owned())),
            }
        );
        let access = r#"{"exp":1770095106.9,"iat":1770091506.5,"sub":"ada","type":0}"#;
        let payload = read(&token(access)).unwrap();
        assert_eq!((payload.kind, payload.id), (TokenKind::Access, None));
        assert_eq!(payload.issued_at, 1_770_091_506);
    }

    #[test]
    fn other_text_is_refused() {
        for payload in [
            "",
            "[]",
            r#"{"exp":1,"iat":1,"sub":"","type":0}"#,
            r#"{"exp":1,"iat":1,"sub":1,"type":0}"#,
            r#"{"exp":1,"iat":1,"type":0}"#,
            r#"{"exp":1,"iat":1,"sub":"ada"}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":6}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":"0"}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":256}"#,
            r#"{"exp":1,"sub":"ada","type":0}"#,
            r#"{"exp":1,"iat":null,"sub":"ada","type":0}"#,
            r#"{"exp":1,"iat":"1","sub":"ada","type":0}"#,
            r#"{"iat":1,"sub":"ada","type":0}"#,
            r#"{"exp":1e300,"iat":1,"sub":"ada","type":0}"#,
            r#"{"exp":999999999999,"iat":1,"sub":"ada","type":0}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":0,"type":1}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":0,"jti":1}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":0,"nbf":null}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":1}"#,
            r#"{"exp":1,"iat":1,"sub":"ada","type":0} "x""#,
        ] {
            assert!(read(&token(payload)).is_err(), "{payload}");
        }
        let whole = token(r#"{"exp":1,"iat":1,"sub":"ada","type":0}"#);
        read(&whole).unwrap();
        let unsigned = whole.rsplit_once('.').unwrap().0;
        for text in [
            "",
            "..",
            "a.b.c",
            unsigned,
            &format!("{unsigned}."),
            &format!("{whole}."),
            &format!("{whole}="),
            &format!(" {whole}"),
            &whole[1..],
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
