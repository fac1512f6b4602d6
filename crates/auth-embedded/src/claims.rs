//! What a token says, as the platform writes it: the same members, of the same types, in the same
//! order.

use serde::{Deserialize, Deserializer, Serialize};
use users_domain::model::{Role, TokenClaims, TokenId, TokenKind, UserId};

use crate::numeric_date::NumericDate;

/// Who issues the platform's tokens.
const ISSUER: &str = "magistrala.auth";

/// The claims of a token. The fields stand in the order of their names on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// When it ends.
    #[serde(rename = "exp")]
    pub(crate) ends: NumericDate,
    /// Which of its session's refresh tokens it is, counted from 0. Our own: the platform's refresh
    /// tokens do not rotate.
    #[serde(rename = "gen", default, deserialize_with = "there")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<u64>,
    /// When it was issued.
    #[serde(rename = "iat")]
    pub(crate) issued_at: NumericDate,
    #[serde(rename = "iss")]
    issuer: String,
    /// The session: in refresh tokens, and in access tokens that came by one.
    #[serde(rename = "jti", default, deserialize_with = "there")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// Never written, but obeyed where it stands.
    #[serde(rename = "nbf", default, deserialize_with = "there", skip_serializing)]
    pub(crate) not_before: Option<NumericDate>,
    role: u8,
    #[serde(rename = "sub")]
    user: String,
    #[serde(rename = "type")]
    kind: u8,
    verified: bool,
}

/// Whom a token is for, as far as all tokens of a pair say the same.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) verified: bool,
}

impl Claims {
    /// What an access token says. `session` is named by those that came by a refresh token.
    pub(crate) fn access(
        holder: &Holder,
        issued_at: NumericDate,
        ends: NumericDate,
        session: Option<&TokenId>,
    ) -> Self {
        Self {
            ends,
            generation: None,
            issued_at,
            issuer: ISSUER.to_owned(),
            session: session.map(|id| id.as_str().to_owned()),
            not_before: None,
            role: role_claim(holder.role),
            user: holder.user.as_str().to_owned(),
            kind: TokenKind::Access.as_u8(),
            verified: holder.verified,
        }
    }

    /// What a refresh token says.
    pub(crate) fn refresh(
        holder: &Holder,
        issued_at: NumericDate,
        ends: NumericDate,
        session: &TokenId,
        generation: u64,
    ) -> Self {
        Self {
            generation: Some(generation),
            kind: TokenKind::Refresh.as_u8(),
            ..Self::access(holder, issued_at, ends, Some(session))
        }
    }

    /// What the domain makes of the claims, where their values are known ones; the reason where not.
    pub(crate) fn understood(&self) -> Result<TokenClaims, &'static str> {
        if self.issuer != ISSUER {
            return Err("it has another issuer");
        }
        if self.user.is_empty() {
            return Err("it names no user");
        }
        if !ROLE_CLAIMS.contains(&self.role) {
            return Err("its role is unknown");
        }
        // The other kinds are the platform's; a token of ours never is one.
        let kind = [TokenKind::Access, TokenKind::Refresh]
            .into_iter()
            .find(|kind| kind.as_u8() == self.kind)
            .ok_or("it is of a kind that is not issued here")?;
        let is_whole = self.session.is_some() && self.generation.is_some();
        if kind == TokenKind::Refresh && !is_whole {
            return Err("it is a refresh token without a session");
        }
        Ok(TokenClaims {
            // The account that it was issued for may be older than today's rules about ids.
            user: UserId::from_stored(self.user.clone()),
            kind,
            issued_at: Some(self.issued_at.seconds()),
            expires_at: Some(self.ends.moment()),
            id: self.session.clone().map(TokenId::new),
        })
    }
}

/// The values of the claim `role`.
const ROLE_CLAIMS: [u8; 2] = [role_claim(Role::User), role_claim(Role::Admin)];

/// The platform counts the roles of tokens from one.
const fn role_claim(role: Role) -> u8 {
    match role {
        Role::User => 1,
        Role::Admin => 2,
    }
}

/// A member that may be missing, but not `null`.
fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn holder(role: Role) -> Holder {
        Holder {
            user: UserId::from_stored("id-of-ada".to_owned()),
            role,
            verified: role == Role::User,
        }
    }

    fn at(seconds: i64) -> NumericDate {
        let moment = datetime!(2026-02-03 04:05:06 UTC) + time::Duration::seconds(seconds);
        NumericDate::from_moment(moment)
    }

    fn text(claims: &Claims) -> String {
        serde_json::to_string(claims).unwrap()
    }

    #[test]
    fn an_access_token_of_a_login_says_what_the_platforms_do() {
        assert_eq!(
            text(&Claims::access(&holder(Role::User), at(0), at(3600), None)),
            r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","role":1,"sub":"id-of-ada","type":0,"verified":true}"#
        );
    }

    #[test]
    fn tokens_of_a_refresh_name_the_session_and_the_refresh_token_its_generation() {
        let session = TokenId::new("session".to_owned());
        let (admin, ends) = (holder(Role::Admin), at(3600));
        assert_eq!(
            text(&Claims::access(&admin, at(0), ends, Some(&session))),
            r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","jti":"session","role":2,"sub":"id-of-ada","type":0,"verified":false}"#
        );
        assert_eq!(
            text(&Claims::refresh(&admin, at(0), ends, &session, 7)),
            r#"{"exp":1770095106,"gen":7,"iat":1770091506,"iss":"magistrala.auth","jti":"session","role":2,"sub":"id-of-ada","type":1,"verified":false}"#
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let session = TokenId::new("session".to_owned());
        let claims = Claims::refresh(&holder(Role::User), at(0), at(60), &session, 3);
        assert_eq!(
            serde_json::from_str::<Claims>(&text(&claims)).unwrap(),
            claims
        );
        let understood = claims.understood().unwrap();
        assert_eq!(understood.kind, TokenKind::Refresh);
        assert_eq!(understood.id, Some(session));
        assert_eq!(understood.issued_at, Some(1_770_091_506));
        assert_eq!(
            understood.expires_at,
            Some(datetime!(2026-02-03 04:06:06 UTC))
        );
    }

    #[test]
    fn a_member_that_may_be_missing_may_not_be_null() {
        let claims = text(&Claims::access(&holder(Role::User), at(0), at(60), None));
        for member in ["gen", "jti", "nbf"] {
            let with_null = claims.replacen('{', &format!("{{\"{member}\":null,"), 1);
            assert!(
                serde_json::from_str::<Claims>(&with_null).is_err(),
                "{member}"
            );
        }
    }
}
