//! The table of rights, cell by cell: every operation by every kind of caller under every policy,
//! written down as what comes out rather than as the rules that lead there.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::collections::BTreeSet;

use time::OffsetDateTime;
use users_domain::Error;
use users_domain::authorization::{AccessPolicy, Operation, permit, permit_on, table_md};
use users_domain::error::Unauthenticated;
use users_domain::model::{
    Caller, Email, Metadata, PersonName, Principal, Role, Status, Tags, TokenClaims, TokenKind,
    User, UserId,
};

/// Who stands behind a token.
#[derive(Clone, Copy)]
struct Person {
    role: Role,
    verified: bool,
    status: Status,
}

const UNVERIFIED: Person = Person {
    role: Role::User,
    verified: false,
    status: Status::Enabled,
};
const VERIFIED: Person = Person {
    verified: true,
    ..UNVERIFIED
};
const ADMINISTRATOR: Person = Person {
    role: Role::Admin,
    ..VERIFIED
};
const UNVERIFIED_ADMINISTRATOR: Person = Person {
    role: Role::Admin,
    ..UNVERIFIED
};
const DISABLED_ADMINISTRATOR: Person = Person {
    status: Status::Disabled,
    ..ADMINISTRATOR
};
const DELETED: Person = Person {
    status: Status::Deleted,
    ..VERIFIED
};

fn holder(person: Person, kind: TokenKind) -> Caller {
    let id = UserId::parse("user-1").unwrap();
    let account = User {
        id: id.clone(),
        first_name: PersonName::from_stored("Ada".to_owned()),
        last_name: PersonName::from_stored("Lovelace".to_owned()),
        username: None,
        email: Email::parse("ada@example.com").unwrap(),
        secret: None,
        tags: Tags::default(),
        metadata: Metadata::default(),
        private_metadata: Metadata::default(),
        profile_picture: None,
        role: person.role,
        status: person.status,
        auth_provider: None,
        created_at: None,
        updated_at: None,
        updated_by: None,
        verified_at: person.verified.then_some(OffsetDateTime::UNIX_EPOCH),
        tokens_valid_from: None,
        sessions_valid_from: None,
        version: 1,
    };
    let claims = TokenClaims {
        user: id,
        kind,
        issued_at: Some(0),
        expires_at: None,
        id: None,
    };
    Caller::Account(Box::new(Principal::new(account, claims)))
}

/// The columns of the tables below, in order.
fn callers() -> Vec<(&'static str, Caller)> {
    use TokenKind::{Access, PersonalAccess, Refresh};
    vec![
        ("anonymous", Caller::Anonymous),
        ("operator", Caller::Operator),
        ("access, unverified", holder(UNVERIFIED, Access)),
        ("access, verified", holder(VERIFIED, Access)),
        ("access, administrator", holder(ADMINISTRATOR, Access)),
        (
            "access, unverified administrator",
            holder(UNVERIFIED_ADMINISTRATOR, Access),
        ),
        ("refresh, unverified", holder(UNVERIFIED, Refresh)),
        ("refresh, verified", holder(VERIFIED, Refresh)),
        ("refresh, administrator", holder(ADMINISTRATOR, Refresh)),
        ("personal, unverified", holder(UNVERIFIED, PersonalAccess)),
        ("personal, verified", holder(VERIFIED, PersonalAccess)),
        (
            "personal, administrator",
            holder(ADMINISTRATOR, PersonalAccess),
        ),
        ("recovery", holder(ADMINISTRATOR, TokenKind::Recovery)),
        ("API key", holder(ADMINISTRATOR, TokenKind::Api)),
        ("invitation", holder(ADMINISTRATOR, TokenKind::Invitation)),
        (
            "access, disabled administrator",
            holder(DISABLED_ADMINISTRATOR, Access),
        ),
        ("access, deleted", holder(DELETED, Access)),
        ("refresh, deleted", holder(DELETED, Refresh)),
        ("personal, deleted", holder(DELETED, PersonalAccess)),
    ]
}

/// One letter for what came out.
fn letter(outcome: &Result<(), Error>) -> char {
    match outcome {
        Ok(()) => '+',
        Err(Error::Unauthenticated(Unauthenticated::MissingToken)) => 'm',
        Err(Error::Unauthenticated(Unauthenticated::InvalidToken)) => 'i',
        Err(Error::EmailNotVerified) => 'v',
        Err(Error::Forbidden) => 'f',
        Err(_) => '?',
    }
}

fn assert_table(policy: AccessPolicy, rows: &[(Operation, &str); 28]) {
    let operations = rows.map(|(operation, _)| operation);
    assert_eq!(operations, Operation::ALL, "a row for every operation");
    let callers = callers();
    for (operation, cells) in *rows {
        let cells: Vec<char> = cells.chars().filter(|c| *c != ' ').collect();
        assert_eq!(cells.len(), callers.len(), "{operation:?}");
        for (cell, (who, caller)) in cells.into_iter().zip(&callers) {
            let outcome = permit(operation, caller, policy);
            assert_eq!(
                letter(&outcome),
                cell,
                "{} by {who}: {outcome:?}",
                operation.as_str()
            );
        }
    }
}

// The groups: anonymous and operator; access token of unverified, verified, administrator,
// unverified administrator; refresh token of unverified, verified, administrator; personal access
// token of the same; recovery, API key, invitation; accounts that are not enabled.

#[test]
fn anybody_registers_and_only_verified_people_go_on() {
    assert_table(
        AccessPolicy {
            self_registration: true,
            unverified_users: false,
        },
        &[
            (Operation::Create, "++ ++++ iii fff iii iiii"),
            (Operation::IssueToken, "++ ++++ +++ +++ +++ ++++"),
            (Operation::RefreshToken, "m+ iiii +++ iii iii iiii"),
            (Operation::RevokeRefreshToken, "m+ ++++ iii fff iii iiii"),
            (Operation::ListRefreshTokens, "m+ ++++ iii +++ iii iiii"),
            (Operation::ViewProfile, "m+ ++++ iii +++ iii iiii"),
            (Operation::View, "m+ v+++ iii v++ iii iiii"),
            (Operation::List, "m+ vf++ iii vf+ iii iiii"),
            (Operation::Search, "m+ v+++ iii v++ iii iiii"),
            (Operation::Update, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateUsername, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateProfilePicture, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateTags, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateEmail, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateRole, "m+ vf++ iii fff iii iiii"),
            (Operation::UpdateSecret, "m+ ++++ iii fff iii iiii"),
            (Operation::Enable, "m+ vf++ iii fff iii iiii"),
            (Operation::Disable, "m+ v+++ iii fff iii iiii"),
            (Operation::Delete, "m+ v+++ iii fff iii iiii"),
            (Operation::SendVerification, "m+ ++++ iii fff iii iiii"),
            (Operation::VerifyEmail, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SendPasswordReset, "++ ++++ +++ +++ +++ ++++"),
            (Operation::ResetSecret, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SetSecret, "m+ vfff iii fff iii iiii"),
            (Operation::Export, "m+ vfff iii fff iii iiii"),
            (Operation::Import, "m+ vfff iii fff iii iiii"),
            (Operation::Purge, "m+ vfff iii fff iii iiii"),
            (Operation::Relations, "m+ vfff iii fff iii iiii"),
        ],
    );
}

#[test]
fn administrators_register_people_and_only_verified_ones_go_on() {
    assert_table(
        AccessPolicy {
            self_registration: false,
            unverified_users: false,
        },
        &[
            (Operation::Create, "m+ vf++ iii fff iii iiii"),
            (Operation::IssueToken, "++ ++++ +++ +++ +++ ++++"),
            (Operation::RefreshToken, "m+ iiii +++ iii iii iiii"),
            (Operation::RevokeRefreshToken, "m+ ++++ iii fff iii iiii"),
            (Operation::ListRefreshTokens, "m+ ++++ iii +++ iii iiii"),
            (Operation::ViewProfile, "m+ ++++ iii +++ iii iiii"),
            (Operation::View, "m+ v+++ iii v++ iii iiii"),
            (Operation::List, "m+ vf++ iii vf+ iii iiii"),
            (Operation::Search, "m+ v+++ iii v++ iii iiii"),
            (Operation::Update, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateUsername, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateProfilePicture, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateTags, "m+ v+++ iii fff iii iiii"),
            (Operation::UpdateEmail, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateRole, "m+ vf++ iii fff iii iiii"),
            (Operation::UpdateSecret, "m+ ++++ iii fff iii iiii"),
            (Operation::Enable, "m+ vf++ iii fff iii iiii"),
            (Operation::Disable, "m+ v+++ iii fff iii iiii"),
            (Operation::Delete, "m+ v+++ iii fff iii iiii"),
            (Operation::SendVerification, "m+ ++++ iii fff iii iiii"),
            (Operation::VerifyEmail, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SendPasswordReset, "++ ++++ +++ +++ +++ ++++"),
            (Operation::ResetSecret, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SetSecret, "m+ vfff iii fff iii iiii"),
            (Operation::Export, "m+ vfff iii fff iii iiii"),
            (Operation::Import, "m+ vfff iii fff iii iiii"),
            (Operation::Purge, "m+ vfff iii fff iii iiii"),
            (Operation::Relations, "m+ vfff iii fff iii iiii"),
        ],
    );
}

#[test]
fn anybody_registers_and_need_not_verify() {
    assert_table(
        AccessPolicy {
            self_registration: true,
            unverified_users: true,
        },
        &[
            (Operation::Create, "++ ++++ iii fff iii iiii"),
            (Operation::IssueToken, "++ ++++ +++ +++ +++ ++++"),
            (Operation::RefreshToken, "m+ iiii +++ iii iii iiii"),
            (Operation::RevokeRefreshToken, "m+ ++++ iii fff iii iiii"),
            (Operation::ListRefreshTokens, "m+ ++++ iii +++ iii iiii"),
            (Operation::ViewProfile, "m+ ++++ iii +++ iii iiii"),
            (Operation::View, "m+ ++++ iii +++ iii iiii"),
            (Operation::List, "m+ ff++ iii ff+ iii iiii"),
            (Operation::Search, "m+ ++++ iii +++ iii iiii"),
            (Operation::Update, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateUsername, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateProfilePicture, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateTags, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateEmail, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateRole, "m+ ff++ iii fff iii iiii"),
            (Operation::UpdateSecret, "m+ ++++ iii fff iii iiii"),
            (Operation::Enable, "m+ ff++ iii fff iii iiii"),
            (Operation::Disable, "m+ ++++ iii fff iii iiii"),
            (Operation::Delete, "m+ ++++ iii fff iii iiii"),
            (Operation::SendVerification, "m+ ++++ iii fff iii iiii"),
            (Operation::VerifyEmail, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SendPasswordReset, "++ ++++ +++ +++ +++ ++++"),
            (Operation::ResetSecret, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SetSecret, "m+ ffff iii fff iii iiii"),
            (Operation::Export, "m+ ffff iii fff iii iiii"),
            (Operation::Import, "m+ ffff iii fff iii iiii"),
            (Operation::Purge, "m+ ffff iii fff iii iiii"),
            (Operation::Relations, "m+ ffff iii fff iii iiii"),
        ],
    );
}

#[test]
fn administrators_register_people_who_need_not_verify() {
    assert_table(
        AccessPolicy {
            self_registration: false,
            unverified_users: true,
        },
        &[
            (Operation::Create, "m+ ff++ iii fff iii iiii"),
            (Operation::IssueToken, "++ ++++ +++ +++ +++ ++++"),
            (Operation::RefreshToken, "m+ iiii +++ iii iii iiii"),
            (Operation::RevokeRefreshToken, "m+ ++++ iii fff iii iiii"),
            (Operation::ListRefreshTokens, "m+ ++++ iii +++ iii iiii"),
            (Operation::ViewProfile, "m+ ++++ iii +++ iii iiii"),
            (Operation::View, "m+ ++++ iii +++ iii iiii"),
            (Operation::List, "m+ ff++ iii ff+ iii iiii"),
            (Operation::Search, "m+ ++++ iii +++ iii iiii"),
            (Operation::Update, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateUsername, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateProfilePicture, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateTags, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateEmail, "m+ ++++ iii fff iii iiii"),
            (Operation::UpdateRole, "m+ ff++ iii fff iii iiii"),
            (Operation::UpdateSecret, "m+ ++++ iii fff iii iiii"),
            (Operation::Enable, "m+ ff++ iii fff iii iiii"),
            (Operation::Disable, "m+ ++++ iii fff iii iiii"),
            (Operation::Delete, "m+ ++++ iii fff iii iiii"),
            (Operation::SendVerification, "m+ ++++ iii fff iii iiii"),
            (Operation::VerifyEmail, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SendPasswordReset, "++ ++++ +++ +++ +++ ++++"),
            (Operation::ResetSecret, "++ ++++ +++ +++ +++ ++++"),
            (Operation::SetSecret, "m+ ffff iii fff iii iiii"),
            (Operation::Export, "m+ ffff iii fff iii iiii"),
            (Operation::Import, "m+ ffff iii fff iii iiii"),
            (Operation::Purge, "m+ ffff iii fff iii iiii"),
            (Operation::Relations, "m+ ffff iii fff iii iiii"),
        ],
    );
}

#[test]
fn what_is_somebodys_own_is_changed_by_him_and_by_administrators() {
    let policy = AccessPolicy::default();
    let own = UserId::parse("user-1").unwrap();
    let anothers = UserId::parse("user-2").unwrap();
    let of_owners = [
        Operation::Update,
        Operation::UpdateUsername,
        Operation::UpdateProfilePicture,
        Operation::UpdateTags,
        Operation::UpdateEmail,
        Operation::Disable,
        Operation::Delete,
    ];
    for operation in Operation::ALL {
        for (who, caller) in callers() {
            let may = letter(&permit(operation, &caller, policy));
            let on_own = letter(&permit_on(operation, &caller, &own, policy));
            assert_eq!(on_own, may, "{} by {who}", operation.as_str());
            let on_anothers = letter(&permit_on(operation, &caller, &anothers, policy));
            let refused =
                may == '+' && of_owners.contains(&operation) && !caller.is_administrator();
            let expected = if refused { 'f' } else { may };
            assert_eq!(on_anothers, expected, "{} by {who}", operation.as_str());
        }
    }
}

#[test]
fn by_default_anybody_registers_and_must_verify() {
    assert_eq!(
        AccessPolicy::default(),
        AccessPolicy {
            self_registration: true,
            unverified_users: false
        }
    );
}

#[test]
fn operations_have_names_of_their_own() {
    let names: BTreeSet<&str> = Operation::ALL.map(Operation::as_str).into();
    assert_eq!(names.len(), Operation::ALL.len());
}

/// The operation and policy that a row of the document is about, by its first cell.
fn subject(cell: &str) -> (Operation, AccessPolicy) {
    let (name, condition) = cell.split_once(' ').unwrap_or((cell, ""));
    let operation = Operation::ALL
        .into_iter()
        .find(|operation| operation.as_str() == name)
        .unwrap();
    let policy = AccessPolicy {
        self_registration: condition != "(self-registration off)",
        unverified_users: false,
    };
    (operation, policy)
}

#[test]
fn the_printed_table_says_what_is_enforced() {
    let text = table_md();
    // The matrix behind it is replayed over HTTP.
    let (text, _) = text.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    // Registration has two: with self-registration on and off.
    assert_eq!(rows.len(), Operation::ALL.len() + 1);
    for row in rows {
        let [name, bearer, who, unverified, personal] = row[..] else {
            panic!("five cells: {row:?}");
        };
        let (operation, policy) = subject(name);
        let is = |caller: &Caller| letter(&permit(operation, caller, policy));

        let anonymous = if who == "anybody" { '+' } else { 'm' };
        assert_eq!(is(&Caller::Anonymous), anonymous, "{row:?}");

        let kind = match bearer {
            "refresh token" => TokenKind::Refresh,
            _ => TokenKind::Access,
        };
        let (verified, administrator) = match who {
            "administrators" => ('f', '+'),
            "the operator, on the command line" => ('f', 'f'),
            _ => ('+', '+'),
        };
        assert_eq!(is(&holder(VERIFIED, kind)), verified, "{row:?}");
        assert_eq!(is(&holder(ADMINISTRATOR, kind)), administrator, "{row:?}");
        assert_eq!(is(&Caller::Operator), '+', "{row:?}");

        // Of administrators the table says that they may be unverified themselves.
        let person = match who {
            "administrators" => UNVERIFIED_ADMINISTRATOR,
            _ => UNVERIFIED,
        };
        let expected = if unverified == "may" { '+' } else { 'v' };
        assert_eq!(is(&holder(person, kind)), expected, "{row:?}");

        let with_personal = is(&holder(ADMINISTRATOR, TokenKind::PersonalAccess));
        let expected = matches!(personal, "may" | "not looked at");
        assert_eq!(with_personal == '+', expected, "{row:?}");

        let with_any = is(&holder(ADMINISTRATOR, TokenKind::Invitation));
        assert_eq!(with_any == '+', bearer == "not looked at", "{row:?}");
    }
}
