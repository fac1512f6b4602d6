//! What `{:?}` prints ends up in logs: no secret and nothing of a person's own is in it.

use std::fmt::Debug;

use time::OffsetDateTime;
use users_domain::model::{
    BearerToken, Caller, Change, Effect, EventBuilder, EventOperation, NewUser, Page, Password,
    PasswordAttempt, PasswordPolicy, Principal, RefreshSession, RequestContext, SessionDescription,
    TagFilter, TokenClaims, TokenId, TokenKind, TokenPair, UserFilter, UserQuery,
};
use users_domain::ports::{IssueToken, RefreshToken};
use users_domain::services::{FirstAdministrator, Login};
use uuid::Uuid;

use super::account::complete;

const MARK: &str = "marked-7f3a";

fn assert_silent(value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains("marked"), "{text}");
    }
}

fn marked() -> String {
    MARK.to_owned()
}

fn password() -> Password {
    PasswordPolicy::anything().accept(MARK).unwrap()
}

fn token() -> BearerToken {
    BearerToken::new(marked())
}

fn claims() -> TokenClaims {
    TokenClaims {
        user: complete(MARK).id,
        kind: TokenKind::Access,
        issued_at: Some(0),
        expires_at: None,
        id: None,
    }
}

#[test]
fn secrets_are_never_printed() {
    assert_silent(&password());
    assert_silent(&PasswordAttempt::new(marked()));
    assert_silent(&complete(MARK).secret);
    assert_silent(&token());
    assert_silent(&TokenPair {
        access: token(),
        refresh: token(),
    });
}

#[test]
fn an_account_is_printed_without_the_person() {
    let user = complete(MARK);
    assert_silent(&user);
    assert_silent(&user.tags);
    assert_silent(&user.profile_picture);
    assert_silent(&Page {
        items: vec![user.clone()],
        total: 1,
    });
    assert_silent(&Caller::Account(Box::new(Principal {
        account: user.clone(),
        claims: claims(),
    })));
    assert_silent(&NewUser {
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        username: user.username.clone().unwrap(),
        email: user.email.clone(),
        password: password(),
        tags: user.tags.clone(),
        metadata: user.metadata.clone(),
        private_metadata: user.private_metadata.clone(),
        profile_picture: user.profile_picture.clone(),
        role: user.role,
        status: user.status,
    });
    assert_silent(&FirstAdministrator {
        email: format!("{MARK}@example.com"),
        username: user.username.clone().unwrap(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        password: password(),
    });
}

#[test]
fn what_somebody_signs_in_with_is_not_printed() {
    assert_silent(&Login::parse(MARK, marked(), MARK).unwrap());
    let description = SessionDescription::parse(MARK).unwrap();
    assert_silent(&IssueToken {
        user: complete(MARK).id,
        role: complete(MARK).role,
        verified: true,
        description: Some(description.clone()),
        not_before: None,
    });
    assert_silent(&RefreshToken {
        token: token(),
        user: complete(MARK).id,
        role: complete(MARK).role,
        verified: true,
        not_before: None,
    });
    assert_silent(&RefreshSession {
        id: TokenId::new("session-1".to_owned()),
        user: complete(MARK).id,
        description: Some(description),
        generation: 0,
        created_at: OffsetDateTime::UNIX_EPOCH,
        expires_at: OffsetDateTime::UNIX_EPOCH,
        rotated_at: None,
    });
}

#[test]
fn what_somebody_looks_for_is_not_printed() {
    let tags = vec![marked()];
    assert_silent(&TagFilter::Any(tags.clone()));
    let filter = UserFilter {
        id: None,
        username: Some(marked()),
        email: Some(marked()),
        first_name: Some(marked()),
        last_name: Some(marked()),
        tags: Some(TagFilter::All(tags)),
        ..UserFilter::default()
    };
    assert_silent(&UserQuery {
        filter,
        ..UserQuery::default()
    });
}

#[test]
fn an_event_is_printed_without_what_it_tells() {
    let user = complete(MARK);
    let builder = EventBuilder::new(
        Uuid::nil(),
        EventOperation::Create,
        user.id.as_str(),
        OffsetDateTime::UNIX_EPOCH,
        &RequestContext::default(),
    )
    .account(&user)
    .raw("private_metadata", user.private_metadata.as_raw());
    assert_silent(&builder);
    let event = builder.build();
    assert_silent(&event);
    assert!(format!("{event:?}").contains("user.create"));
    let effect = Effect::Event(event);
    assert_silent(&effect);
    assert_silent(&effect.to_record());
    assert_silent(&Change {
        user,
        effects: vec![effect],
    });
}

/// The key may be an address where there is no user id.
#[test]
fn the_key_of_an_event_is_not_printed() {
    let event = EventBuilder::new(
        Uuid::nil(),
        EventOperation::LoginFailed,
        MARK,
        OffsetDateTime::UNIX_EPOCH,
        &RequestContext::default(),
    );
    assert_silent(&event);
    let effect = Effect::Event(event.build());
    assert_silent(&effect);
    assert_silent(&effect.to_record());
}
