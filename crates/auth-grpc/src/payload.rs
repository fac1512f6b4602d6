//! What a token says of itself. Nobody has verified it here: it is read of tokens that come from
//! their issuer, or that he is asked about, and to refuse early what he would refuse too.

use users_domain::model::{Timestamp, TokenId, TokenKind, UserId};
use users_jwt::{Claims, Refusal, RoleClaim, Unverified};

/// How the platform signs, with keys of its own or with a shared one. A genuine signature under
/// another name would pass the deployed service, which does not look at the name.
const ALGORITHMS: [&str; 4] = ["EdDSA", "HS256", "HS384", "HS512"];

/// What a JSON Web Token of the platform says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) user: UserId,
    pub(crate) kind: TokenKind,
    pub(crate) role: RoleClaim,
    /// In whole seconds of Unix time.
    pub(crate) issued_at: i64,
    pub(crate) ends: Timestamp,
    pub(crate) id: Option<TokenId>,
}

/// Reads a token; the reason where it is none of the platform's.
pub(crate) fn read(token: &str) -> Result<Payload, Refusal> {
    let token = Unverified::parse(token)?;
    if !ALGORITHMS.contains(&token.algorithm()) {
        return Err(Refusal::Algorithm);
    }
    let Claims {
        user,
        kind,
        role,
        issued_at,
        ends,
        session,
        ..
    } = token.into_claims();
    let kind = TokenKind::from_u8(kind).ok_or(Refusal::Kind)?;
    let id = session.filter(|id| !id.is_empty()).map(TokenId::new);
    if kind == TokenKind::Refresh && id.is_none() {
        return Err(Refusal::Claims);
    }
    Ok(Payload {
        // The account that it was issued for may be older than today's rules about ids.
        user: UserId::from_stored(user),
        kind,
        role,
        issued_at: issued_at.unix_timestamp(),
        ends,
        id,
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(header), part(payload), part("signature"))
    }

    const HEADER: &str = r#"{"alg":"EdDSA","kid":"active","typ":"JWT"}"#;
    const REFRESH: &str = r#"{"exp":1770095106,"iat":1770091506.5,"iss":"magistrala.auth","jti":"session","role":1,"sub":"id-of-ada","type":1,"verified":true}"#;

    #[test]
    fn the_platforms_tokens_are_read() {
        let expected = Payload {
            user: UserId::from_stored("id-of-ada".to_owned()),
            kind: TokenKind::Refresh,
            role: RoleClaim::User,
            issued_at: 1_770_091_506,
            ends: Timestamp::from_unix_timestamp(1_770_095_106).unwrap(),
            id: Some(TokenId::new("session".to_owned())),
        };
        assert_eq!(read(&token(HEADER, REFRESH)), Ok(expected));
        let access = REFRESH
            .replace(r#""type":1"#, r#""type":0"#)
            .replace("session", "");
        let access = read(&token(HEADER, &access)).unwrap();
        assert_eq!((access.kind, access.id), (TokenKind::Access, None));
    }

    #[test]
    fn what_the_platform_does_not_make_is_refused() {
        for algorithm in ["EdDSA", "HS256", "HS384", "HS512"] {
            let header = HEADER.replace("EdDSA", algorithm);
            assert!(read(&token(&header, REFRESH)).is_ok(), "{algorithm}");
        }
        for algorithm in ["none", "None", "", "ES256", "RS256", "eddsa"] {
            let header = HEADER.replace("EdDSA", algorithm);
            assert!(read(&token(&header, REFRESH)).is_err(), "{algorithm}");
        }
        for payload in [
            REFRESH.replace("session", ""),
            REFRESH.replace(r#""jti":"session","#, ""),
            REFRESH.replace("id-of-ada", ""),
            REFRESH.replace(r#""type":1"#, r#""type":6"#),
            REFRESH.replace(r#""exp":1770095106,"#, ""),
        ] {
            assert!(read(&token(HEADER, &payload)).is_err(), "{payload}");
        }
    }
}
