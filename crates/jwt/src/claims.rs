//! What a token says, as the platform writes it: the same members, of the same types, in the same
//! order.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::numeric_date::NumericDate;
use crate::{ISSUER, Refusal};

/// What a token says. Only [`PublicKey::verify`](crate::PublicKey::verify) tells whether it is true.
///
/// Moments are written as whole seconds, rounded down.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is (`sub`); never empty when read.
    pub user: String,
    /// What it is for (`type`), by the platform's numbers: 0 access, 1 refresh, 2 recovery, 3 API
    /// key, 4 personal access, 5 invitation.
    pub kind: u8,
    /// The user's role when it was issued (`role`).
    pub role: RoleClaim,
    /// Whether his e-mail address was verified then (`verified`).
    pub verified: bool,
    /// When it was issued (`iat`).
    pub issued_at: OffsetDateTime,
    /// When it ends (`exp`).
    pub ends: OffsetDateTime,
    /// Not valid before (`nbf`): never written, but obeyed where it stands.
    pub not_before: Option<OffsetDateTime>,
    /// The session (`jti`): in refresh tokens, and in access tokens that came by one.
    pub session: Option<String>,
    /// Which of its session's refresh tokens it is, counted from 0 (`gen`). Our own embedded
    /// issuer's alone: the platform's refresh tokens do not rotate.
    pub generation: Option<u64>,
}

/// The roles of tokens, which the platform counts from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RoleClaim {
    /// 1
    User = 1,
    /// 2
    Admin = 2,
}

impl RoleClaim {
    /// The value of the claim `role`.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads the claim `role`.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::User),
            2 => Some(Self::Admin),
            _ => None,
        }
    }
}

/// The greatest value of the claim `type`.
const LAST_KIND: u8 = 5;

impl Claims {
    /// The claims as a token carries them: JSON text.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Payload {
            exp: NumericDate(self.ends),
            r#gen: self.generation,
            iat: NumericDate(self.issued_at),
            iss: ISSUER.to_owned(),
            jti: self.session.clone(),
            nbf: None,
            role: self.role.number(),
            sub: self.user.clone(),
            r#type: self.kind,
            verified: self.verified,
        })
    }

    /// Reads what [`to_json`](Self::to_json) writes, and what the platform does.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(json)
            .map_err(|_| Refusal::Claims)
            .and_then(Payload::understood)
    }

    /// Whether the moment `now` lies within the token's life. `latest_issue` is the last second of
    /// Unix time at which it may say it was issued.
    pub fn check_times(&self, now: OffsetDateTime, latest_issue: i64) -> Result<(), Refusal> {
        if self.ends <= now {
            return Err(Refusal::Ended);
        }
        if self.issued_at.unix_timestamp() > latest_issue {
            return Err(Refusal::Future);
        }
        if self.not_before > Some(now) {
            return Err(Refusal::NotYet);
        }
        Ok(())
    }
}

/// Personal data and the ids of sessions are not for logs.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("kind", &self.kind)
            .field("issued_at", &self.issued_at)
            .field("ends", &self.ends)
            .finish_non_exhaustive()
    }
}

/// The members as they stand in a token, in the order of their names.
#[derive(Serialize, Deserialize)]
pub(crate) struct Payload {
    exp: NumericDate,
    #[serde(default, deserialize_with = "there")]
    #[serde(skip_serializing_if = "Option::is_none")]
    r#gen: Option<u64>,
    iat: NumericDate,
    iss: String,
    #[serde(default, deserialize_with = "there")]
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(default, deserialize_with = "there", skip_serializing)]
    nbf: Option<NumericDate>,
    role: u8,
    sub: String,
    r#type: u8,
    verified: bool,
}

impl Payload {
    /// The claims, where their values are the platform's; the reason where not.
    pub(crate) fn understood(self) -> Result<Claims, Refusal> {
        if self.iss != ISSUER {
            return Err(Refusal::Issuer);
        }
        if self.sub.is_empty() {
            return Err(Refusal::NoUser);
        }
        if self.r#type > LAST_KIND {
            return Err(Refusal::Kind);
        }
        Ok(Claims {
            user: self.sub,
            kind: self.r#type,
            role: RoleClaim::from_number(self.role).ok_or(Refusal::Role)?,
            verified: self.verified,
            issued_at: self.iat.0,
            ends: self.exp.0,
            not_before: self.nbf.map(|date| date.0),
            session: self.jti,
            generation: self.r#gen,
        })
    }
}

/// A member that may be missing, but not `null`.
pub(crate) fn there<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const ISSUED: OffsetDateTime = datetime!(2026-02-03 04:05:06 UTC);

    fn access() -> Claims {
        Claims {
            user: "id-of-ada".to_owned(),
            kind: 0,
            role: RoleClaim::User,
            verified: true,
            issued_at: ISSUED,
            ends: ISSUED + Duration::HOUR,
            not_before: None,
            session: None,
            generation: None,
        }
    }

    fn refresh() -> Claims {
        Claims {
            kind: 1,
            role: RoleClaim::Admin,
            verified: false,
            session: Some("session".to_owned()),
            generation: Some(7),
            ..access()
        }
    }

    fn read(json: &str) -> Result<Claims, Refusal> {
        Claims::from_json(json.as_bytes())
    }

    #[test]
    fn an_access_token_of_a_login_says_what_the_platforms_do() {
        assert_eq!(
            access().to_json().unwrap(),
            r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","role":1,"sub":"id-of-ada","type":0,"verified":true}"#
        );
    }

    #[test]
    fn tokens_of_a_refresh_name_the_session_and_the_refresh_token_its_generation() {
        let of_access = Claims {
            kind: 0,
            generation: None,
            ..refresh()
        };
        assert_eq!(
            of_access.to_json().unwrap(),
            r#"{"exp":1770095106,"iat":1770091506,"iss":"magistrala.auth","jti":"session","role":2,"sub":"id-of-ada","type":0,"verified":false}"#
        );
        assert_eq!(
            refresh().to_json().unwrap(),
            r#"{"exp":1770095106,"gen":7,"iat":1770091506,"iss":"magistrala.auth","jti":"session","role":2,"sub":"id-of-ada","type":1,"verified":false}"#
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        for claims in [access(), refresh()] {
            assert_eq!(read(&claims.to_json().unwrap()), Ok(claims));
        }
    }

    #[test]
    fn a_member_that_may_be_missing_may_not_be_null() {
        let claims = access().to_json().unwrap();
        for member in ["gen", "jti", "nbf"] {
            let with_null = claims.replacen('{', &format!("{{\"{member}\":null,"), 1);
            assert_eq!(read(&with_null), Err(Refusal::Claims), "{member}");
        }
    }

    #[test]
    fn values_that_are_not_the_platforms_are_refused_with_their_reason() {
        let claims = access().to_json().unwrap();
        for (value, other, refusal) in [
            ("magistrala.auth", "magistrala.Auth", Refusal::Issuer),
            ("id-of-ada", "", Refusal::NoUser),
            ("\"role\":1", "\"role\":0", Refusal::Role),
            ("\"role\":1", "\"role\":3", Refusal::Role),
            ("\"type\":0", "\"type\":6", Refusal::Kind),
            ("\"type\":0", "\"type\":256", Refusal::Claims),
            ("true", "1", Refusal::Claims),
        ] {
            let changed = claims.replacen(value, other, 1);
            assert_ne!(changed, claims);
            assert_eq!(read(&changed), Err(refusal), "{other}");
        }
    }

    #[test]
    fn a_token_lives_from_its_issue_to_just_before_its_end() {
        let second = ISSUED.unix_timestamp();
        let claims = access();
        let last = claims.ends - Duration::NANOSECOND;
        for now in [ISSUED, last] {
            assert_eq!(claims.check_times(now, second), Ok(()));
        }
        assert_eq!(claims.check_times(claims.ends, second), Err(Refusal::Ended));
        assert_eq!(claims.check_times(ISSUED, second - 1), Err(Refusal::Future));
        let later = Claims {
            not_before: Some(ISSUED + Duration::SECOND),
            ..claims
        };
        assert_eq!(later.check_times(ISSUED, second), Err(Refusal::NotYet));
        assert_eq!(later.check_times(last, second), Ok(()));
    }

    #[test]
    fn claims_print_nothing_personal() {
        let printed = format!("{:?}", refresh());
        assert!(
            !printed.contains("ada") && !printed.contains("session"),
            "{printed}"
        );
    }
}
