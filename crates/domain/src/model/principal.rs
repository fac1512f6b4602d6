//! Who is asking.

use super::{TokenClaims, TokenKind, User, UserId};

/// Somebody who proved who he is: the account as it is now, and how he proved it.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account as loaded for this request.
    pub account: User,
    /// What the token said.
    pub claims: TokenClaims,
    /// Whether the platform's authority said that he does not administer it. Nobody asks where
    /// there is none, or where it makes no difference.
    pub denied_by_platform: bool,
}

impl Principal {
    /// Somebody of whom the platform's authority said nothing.
    pub fn new(account: User, claims: TokenClaims) -> Self {
        Self {
            account,
            claims,
            denied_by_platform: false,
        }
    }

    /// Whether he administers the platform: by his account as it is now, not by his token; and the
    /// platform agrees.
    pub fn is_administrator(&self) -> bool {
        self.account.is_enabled_administrator() && !self.denied_by_platform
    }

    /// The kind of token he showed.
    pub fn kind(&self) -> TokenKind {
        self.claims.kind
    }
}

/// Who asks for an operation.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// The holder of an account.
    Account(Box<Principal>),
    /// The program that holds the data itself: an embedding program, or the operator's command
    /// line. Never made from anything that comes over a network.
    Operator,
}

impl Caller {
    /// The account that asks, if one does.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Account(principal) => Some(principal),
            Self::Anonymous | Self::Operator => None,
        }
    }

    /// Whether the account is the caller's own.
    pub fn owns(&self, account: &UserId) -> bool {
        self.principal()
            .is_some_and(|principal| principal.account.id == *account)
    }

    /// Whose hand a change is: the id that `updated_by` keeps. The operator has none.
    pub fn id(&self) -> Option<&UserId> {
        self.principal().map(|principal| &principal.account.id)
    }

    /// The kind of token he showed; those who showed none count as holders of an access token.
    pub fn token_kind(&self) -> TokenKind {
        self.principal().map_or(TokenKind::Access, Principal::kind)
    }

    /// Whether the caller may administer the platform.
    pub fn is_administrator(&self) -> bool {
        match self {
            Self::Anonymous => false,
            Self::Account(principal) => principal.is_administrator(),
            Self::Operator => true,
        }
    }
}
