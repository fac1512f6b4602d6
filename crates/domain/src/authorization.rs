//! Who may do what: the one table of rights.
//!
//! [`Operation::rule`] is the table; [`permit`] is the only code that reads it. `docs/permissions.md`
//! is printed from it.

mod matrix;

use std::fmt::Write as _;

use crate::error::{Error, Unauthenticated};
use crate::model::{Caller, Principal, Status, TokenKind, User, UserId};

/// What somebody may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Make an account.
    Create,
    /// Exchange identity and password for tokens.
    IssueToken,
    /// Exchange a refresh token for the next pair.
    RefreshToken,
    /// End one of one's own sessions.
    RevokeRefreshToken,
    /// See one's own sessions.
    ListRefreshTokens,
    /// See one's own account.
    ViewProfile,
    /// See somebody's account: all of one's own, administrators all of anybody's, others a part.
    View,
    /// See a list of accounts.
    List,
    /// Find people by name or id.
    Search,
    /// Change names, labels, picture and free-form data.
    Update,
    /// Change the username.
    UpdateUsername,
    /// Change the picture.
    UpdateProfilePicture,
    /// Change the labels.
    UpdateTags,
    /// Change the e-mail address.
    UpdateEmail,
    /// Change the platform role.
    UpdateRole,
    /// Change one's own password.
    UpdateSecret,
    /// Lift a suspension or a deletion.
    Enable,
    /// Suspend an account.
    Disable,
    /// Mark an account for removal.
    Delete,
    /// Ask for the mail that proves one's address.
    SendVerification,
    /// Prove an address by a mailed code.
    VerifyEmail,
    /// Ask for the mail that sets a new password.
    SendPasswordReset,
    /// Set a new password by a mailed code.
    ResetSecret,
    /// Give an account a password without knowing the old one.
    SetSecret,
    /// Give all accounts out, hashes and all.
    Export,
    /// Take accounts in from elsewhere as they are.
    Import,
    /// Remove for good what was deleted long enough ago.
    Purge,
    /// Have the platform told again what every account is.
    Relations,
}

/// What must come with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// Nothing; a token that comes along is not looked at.
    Ignored,
    /// Nothing; but a token that comes along must be good.
    Optional,
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

/// Whose request is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody's.
    Anyone,
    /// The holder's of an enabled account.
    AccountHolder,
    /// The holder's of the account in question, or an administrator's.
    OwnerOrAdministrator,
    /// An administrator's.
    Administrator,
    /// The operator's alone, who holds the data anyway; never over a network.
    Operator,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What must come along.
    pub bearer: Bearer,
    /// Whose request is carried out.
    pub who: Who,
    /// Whether an unverified e-mail address is good enough. Administrators always may.
    pub unverified: bool,
    /// Whether it changes nothing, so that a personal access token is good enough.
    pub reads_only: bool,
}

/// What the operator decided about rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Whether anybody may make himself an account.
    pub self_registration: bool,
    /// Whether an unverified e-mail address is good enough everywhere.
    pub unverified_users: bool,
}

impl Default for AccessPolicy {
    fn default() -> Self {
        Self {
            self_registration: true,
            unverified_users: false,
        }
    }
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 28] = [
        Self::Create,
        Self::IssueToken,
        Self::RefreshToken,
        Self::RevokeRefreshToken,
        Self::ListRefreshTokens,
        Self::ViewProfile,
        Self::View,
        Self::List,
        Self::Search,
        Self::Update,
        Self::UpdateUsername,
        Self::UpdateProfilePicture,
        Self::UpdateTags,
        Self::UpdateEmail,
        Self::UpdateRole,
        Self::UpdateSecret,
        Self::Enable,
        Self::Disable,
        Self::Delete,
        Self::SendVerification,
        Self::VerifyEmail,
        Self::SendPasswordReset,
        Self::ResetSecret,
        Self::SetSecret,
        Self::Export,
        Self::Import,
        Self::Purge,
        Self::Relations,
    ];

    /// Its one name: in services, handlers, spans, metrics and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::IssueToken => "issue_token",
            Self::RefreshToken => "refresh_token",
            Self::RevokeRefreshToken => "revoke_refresh_token",
            Self::ListRefreshTokens => "list_refresh_tokens",
            Self::ViewProfile => "view_profile",
            Self::View => "view",
            Self::List => "list",
            Self::Search => "search",
            Self::Update => "update",
            Self::UpdateUsername => "update_username",
            Self::UpdateProfilePicture => "update_profile_picture",
            Self::UpdateTags => "update_tags",
            Self::UpdateEmail => "update_email",
            Self::UpdateRole => "update_role",
            Self::UpdateSecret => "update_secret",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Delete => "delete",
            Self::SendVerification => "send_verification",
            Self::VerifyEmail => "verify_email",
            Self::SendPasswordReset => "send_password_reset",
            Self::ResetSecret => "reset_secret",
            Self::SetSecret => "set_secret",
            Self::Export => "export",
            Self::Import => "import",
            Self::Purge => "purge",
            Self::Relations => "relations",
        }
    }

    /// The table of rights.
    #[expect(clippy::match_same_arms, reason = "a table: one row an operation")]
    pub const fn rule(self, policy: AccessPolicy) -> Rule {
        use Bearer::{Access, Ignored, Optional, Refresh};
        use Who::{AccountHolder, Administrator, Anyone, Operator, OwnerOrAdministrator};
        let (bearer, who, unverified, reads_only) = match self {
            Self::Create if policy.self_registration => (Optional, Anyone, true, false),
            Self::Create => (Access, Administrator, false, false),
            Self::IssueToken => (Ignored, Anyone, true, false),
            Self::RefreshToken => (Refresh, AccountHolder, true, false),
            Self::RevokeRefreshToken => (Access, AccountHolder, true, false),
            Self::ListRefreshTokens => (Access, AccountHolder, true, true),
            Self::ViewProfile => (Access, AccountHolder, true, true),
            Self::View => (Access, AccountHolder, false, true),
            Self::List => (Access, Administrator, false, true),
            Self::Search => (Access, AccountHolder, false, true),
            Self::Update => (Access, OwnerOrAdministrator, false, false),
            Self::UpdateUsername => (Access, OwnerOrAdministrator, false, false),
            Self::UpdateProfilePicture => (Access, OwnerOrAdministrator, false, false),
            Self::UpdateTags => (Access, OwnerOrAdministrator, false, false),
            Self::UpdateEmail => (Access, OwnerOrAdministrator, true, false),
            Self::UpdateRole => (Access, Administrator, false, false),
            Self::UpdateSecret => (Access, AccountHolder, true, false),
            Self::Enable => (Access, Administrator, false, false),
            Self::Disable => (Access, OwnerOrAdministrator, false, false),
            Self::Delete => (Access, OwnerOrAdministrator, false, false),
            Self::SendVerification => (Access, AccountHolder, true, false),
            Self::VerifyEmail => (Ignored, Anyone, true, false),
            Self::SendPasswordReset => (Ignored, Anyone, true, false),
            Self::ResetSecret => (Ignored, Anyone, true, false),
            Self::SetSecret => (Access, Operator, false, false),
            Self::Export => (Access, Operator, false, false),
            Self::Import => (Access, Operator, false, false),
            Self::Purge => (Access, Operator, false, false),
            Self::Relations => (Access, Operator, false, false),
        };
        Rule {
            bearer,
            who,
            unverified,
            reads_only,
        }
    }
}

impl Operation {
    /// Whether it makes a difference here that this caller administers the platform.
    pub(crate) fn heeds_administrators(self, caller: &Principal, policy: AccessPolicy) -> bool {
        let rule = self.rule(policy);
        let may_more = match rule.who {
            Who::Administrator | Who::OwnerOrAdministrator => true,
            // An administrator sees all of an account, and makes accounts that others may not.
            Who::Anyone | Who::AccountHolder => matches!(self, Self::View | Self::Create),
            Who::Operator => false,
        };
        caller.is_administrator() && (may_more || !passes_unverified(rule, &caller.account, policy))
    }
}

/// Whether the account's address is proven, or need not be.
fn passes_unverified(rule: Rule, account: &User, policy: AccessPolicy) -> bool {
    rule.unverified || policy.unverified_users || account.is_verified()
}

/// Whether a caller may do something to an account; the reason if not. Whether there is such an
/// account plays no part, so that a refusal does not tell.
pub fn permit_on(
    operation: Operation,
    caller: &Caller,
    target: &UserId,
    policy: AccessPolicy,
) -> Result<(), Error> {
    permit(operation, caller, policy)?;
    if operation.rule(policy).who != Who::OwnerOrAdministrator
        || caller.is_administrator()
        || caller.owns(target)
    {
        return Ok(());
    }
    Err(Error::Forbidden)
}

/// Whether a caller who is no administrator may do something to an account because it is his own; the
/// reason if not.
pub(crate) fn permit_as_owner(
    operation: Operation,
    caller: &Caller,
    target: &UserId,
    policy: AccessPolicy,
) -> Result<(), Error> {
    permit(operation, caller, policy)?;
    // Whoever views his own account sees all of it.
    let is_for_owners =
        operation.rule(policy).who == Who::OwnerOrAdministrator || operation == Operation::View;
    if is_for_owners && caller.owns(target) {
        return Ok(());
    }
    Err(Error::Forbidden)
}

/// Whether a caller may do something at all, to his own account at least; the reason if not.
pub fn permit(operation: Operation, caller: &Caller, policy: AccessPolicy) -> Result<(), Error> {
    let rule = operation.rule(policy);
    match caller {
        Caller::Operator => Ok(()),
        _ if rule.bearer == Bearer::Ignored => Ok(()),
        Caller::Anonymous if rule.who == Who::Anyone => Ok(()),
        Caller::Anonymous => Err(Error::Unauthenticated(Unauthenticated::MissingToken)),
        Caller::Account(principal) => permit_account(rule, principal, policy),
    }
}

fn permit_account(rule: Rule, principal: &Principal, policy: AccessPolicy) -> Result<(), Error> {
    if principal.account.status != Status::Enabled {
        return Err(Error::Unauthenticated(Unauthenticated::InvalidToken));
    }
    match (rule.bearer, principal.kind()) {
        (Bearer::Refresh, TokenKind::Refresh)
        | (Bearer::Access | Bearer::Optional, TokenKind::Access) => {}
        (Bearer::Access | Bearer::Optional, TokenKind::PersonalAccess) => {
            if !rule.reads_only {
                return Err(Error::Forbidden);
            }
        }
        _ => return Err(Error::Unauthenticated(Unauthenticated::InvalidToken)),
    }
    let verified = passes_unverified(rule, &principal.account, policy);
    if !verified && !principal.is_administrator() {
        return Err(Error::EmailNotVerified);
    }
    match rule.who {
        Who::Operator => Err(Error::Forbidden),
        Who::Administrator if !principal.is_administrator() => Err(Error::Forbidden),
        Who::Administrator | Who::Anyone | Who::AccountHolder | Who::OwnerOrAdministrator => Ok(()),
    }
}

/// The table as a document: one row an operation, as it is with self-registration on and off.
pub fn table_md() -> String {
    let mut text = String::from(
        "# Permissions\n\n\
         Who may do what. An account must be enabled to ask for anything; an administrator is an\n\
         enabled account whose role is admin now, whatever his token says; where there is a platform\n\
         around the service, its authority has to agree.\n\n\
         | operation | bearer token | who | unverified e-mail | personal access token |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for operation in Operation::ALL {
        let on = AccessPolicy {
            self_registration: true,
            ..AccessPolicy::default()
        };
        let off = AccessPolicy {
            self_registration: false,
            ..on
        };
        let (open, closed) = (operation.rule(on), operation.rule(off));
        if open == closed {
            row(&mut text, operation.as_str(), open);
        } else {
            row(
                &mut text,
                &format!("{} (self-registration on)", operation.as_str()),
                open,
            );
            row(
                &mut text,
                &format!("{} (self-registration off)", operation.as_str()),
                closed,
            );
        }
    }
    text.push_str(
        "\n## What each kind of caller is answered\n\n\
         About somebody's account, who is its owner, or about the caller's own where an operation\n\
         always is. `may` is what rights say; the work may still be refused for what is asked.\n\n",
    );
    text.push_str(&matrix::matrix_md());
    text.push_str(
        "\n## Other services of the platform\n\n\
         They retrieve enabled accounts by id over gRPC and show no token: whoever reaches the port\n\
         may ask, or, with mutual TLS, whoever has a certificate of the right authority.\n",
    );
    text
}

fn row(text: &mut String, name: &str, rule: Rule) {
    if rule.who == Who::Operator {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {name} | none opens it | the operator, on the command line | | |"
        );
        return;
    }
    let bearer = match rule.bearer {
        Bearer::Ignored => "not looked at",
        Bearer::Optional => "access token, if any",
        Bearer::Access => "access token",
        Bearer::Refresh => "refresh token",
    };
    let who = match rule.who {
        Who::Anyone => "anybody",
        Who::AccountHolder => "the account's holder",
        Who::OwnerOrAdministrator => "the account's holder, administrators",
        Who::Administrator => "administrators",
        Who::Operator => "the operator, on the command line",
    };
    let unverified = match (rule.unverified, rule.who) {
        (true, _) | (false, Who::Administrator) => "may",
        (false, _) => "may not (`email_not_verified`)",
    };
    let personal = match (rule.bearer, rule.reads_only) {
        (Bearer::Access, true) => "may",
        (Bearer::Ignored, _) => "not looked at",
        _ => "may not",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "| {name} | {bearer} | {who} | {unverified} | {personal} |"
    );
}
