//! People for tests: everything about them follows from a name.

use users_domain::error::Invalid;
use users_domain::model::{
    Caller, Email, Metadata, NewUser, Password, PasswordPolicy, PersonName, Principal, Role,
    Status, Tags, Timestamp, TokenClaims, TokenKind, User, UserId, Username,
};
use users_domain::services::Login;

use crate::fakes::{FixedClock, PlainHasher};

/// Ada, a user.
pub fn ada() -> User {
    user("ada")
}

/// Grace, another.
pub fn grace() -> User {
    user("grace")
}

/// An enabled, verified account of a plain user: id `id-of-ada`, address `ada@example.com`, username
/// `ada`, password [`password_of`] in the format of [`PlainHasher`], made at [`FixedClock::START`].
pub fn user(name: &str) -> User {
    User {
        id: id_of(name),
        first_name: PersonName::from_stored(capitalised(name)),
        last_name: PersonName::from_stored("Example".to_owned()),
        username: Some(Username::from_stored(name.to_owned())),
        email: Email::from_stored(email_of(name)),
        secret: Some(PlainHasher::hash_of(&password_of(name))),
        tags: Tags::default(),
        metadata: Metadata::default(),
        private_metadata: Metadata::default(),
        profile_picture: None,
        role: Role::User,
        status: Status::Enabled,
        auth_provider: None,
        created_at: Some(FixedClock::START),
        updated_at: None,
        updated_by: None,
        verified_at: Some(FixedClock::START),
        tokens_valid_from: None,
        sessions_valid_from: None,
        version: 1,
    }
}

/// The same, whose address is not proven.
pub fn an_unverified_user(name: &str) -> User {
    User {
        verified_at: None,
        ..user(name)
    }
}

/// The same, who administers the platform.
pub fn an_admin(name: &str) -> User {
    User {
        role: Role::Admin,
        ..user(name)
    }
}

/// The same, whose account is suspended.
pub fn a_disabled_user(name: &str) -> User {
    User {
        status: Status::Disabled,
        ..user(name)
    }
}

/// What a person of this name sends to get an account.
pub fn new_user(name: &str) -> NewUser {
    let User {
        first_name,
        last_name,
        email,
        ..
    } = user(name);
    NewUser {
        first_name,
        last_name,
        username: Username::from_stored(name.to_owned()),
        email,
        password: accepted_password_of(name),
        tags: Tags::default(),
        metadata: Metadata::default(),
        private_metadata: Metadata::default(),
        profile_picture: None,
        role: Role::User,
        status: Status::Enabled,
    }
}

/// A person's id.
pub fn id_of(name: &str) -> UserId {
    UserId::from_stored(format!("id-of-{name}"))
}

/// A person's address.
pub fn email_of(name: &str) -> String {
    format!("{name}@example.com")
}

/// A person's password; meets the default policy.
pub fn password_of(name: &str) -> String {
    format!("password of {name}")
}

/// The same as the domain accepts it.
#[expect(
    clippy::expect_used,
    reason = "short texts without U+0000 are accepted"
)]
pub fn accepted_password_of(name: &str) -> Password {
    PasswordPolicy::anything()
        .accept(&password_of(name))
        .expect("a name is at most 60 bytes of visible text")
}

/// How a person signs in: by address.
pub fn login(name: &str) -> Result<Login, Invalid> {
    Login::parse(&email_of(name), password_of(name), "")
}

/// Somebody who has proven with a token, issued when his account was made, that an account is his.
pub fn principal(account: User, kind: TokenKind) -> Caller {
    let claims = TokenClaims {
        user: account.id.clone(),
        kind,
        issued_at: account.created_at.map(Timestamp::unix_timestamp),
        expires_at: None,
        id: None,
    };
    Caller::Account(Box::new(Principal::new(account, claims)))
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
