//! A pair as the auth service gave it, and what it says of itself.

use std::fmt;

use tracing::warn;
use users_domain::model::{BearerToken, Timestamp, TokenId, TokenKind, TokenPair, UserId};
use users_domain::ports::TokenError;
use users_jwt::RoleClaim;
use users_proto::token::v1::Token;

use crate::begun::Times;
use crate::payload::{self, Payload};

/// A pair that was asked for.
pub(crate) struct Fresh {
    pub(crate) pair: TokenPair,
    pub(crate) session: TokenId,
    /// The role in the access token.
    pub(crate) role: RoleClaim,
    /// The earlier second of both tokens.
    pub(crate) issued_at: i64,
    /// The later one.
    pub(crate) latest_issue: i64,
    pub(crate) times: Option<Times>,
}

impl Fresh {
    /// Looks at an answer: it must hold what was asked for.
    pub(crate) fn read(token: Token, user: &UserId) -> Result<Self, TokenError> {
        let refresh_token = token.refresh_token.unwrap_or_default();
        let access = check("access", &token.access_token, TokenKind::Access, user)?;
        let refresh = check("refresh", &refresh_token, TokenKind::Refresh, user)?;
        let session = refresh
            .id
            .ok_or_else(|| odd("refresh", &"it names no session"))?;
        let begins = Timestamp::from_unix_timestamp(refresh.issued_at).ok();
        Ok(Self {
            pair: TokenPair {
                access: BearerToken::new(token.access_token),
                refresh: BearerToken::new(refresh_token),
            },
            session,
            role: access.role,
            issued_at: access.issued_at.min(refresh.issued_at),
            latest_issue: access.issued_at.max(refresh.issued_at),
            times: begins.map(|begins| Times {
                begins,
                ends: refresh.ends,
            }),
        })
    }
}

fn check(
    what: &'static str,
    text: &str,
    kind: TokenKind,
    user: &UserId,
) -> Result<Payload, TokenError> {
    let said = payload::read(text).map_err(|why| odd(what, &why))?;
    if said.kind != kind {
        return Err(odd(what, &"it is of another kind"));
    }
    if said.user != *user {
        return Err(odd(what, &"it is another user's"));
    }
    Ok(said)
}

fn odd(what: &'static str, why: &dyn fmt::Display) -> TokenError {
    warn!(
        what,
        %why, "the auth service answered with another token than it was asked for"
    );
    TokenError::Unavailable
}
