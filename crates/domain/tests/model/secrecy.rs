//! What `{:?}` prints ends up in logs: no secret and nothing of a person's own is in it.

use std::fmt::Debug;

use time::OffsetDateTime;
use users_domain::model::{
    AdoptedCode, BearerToken, Caller, Change, CodePurpose, CodeRecord, Cursor, Effect,
    EventBuilder, EventOperation, Mail, MailContent, MailRequest, NewUser, Notice, OneTimeCode,
    Order, Page, Password, PasswordAttempt, PasswordPolicy, Position, Principal, Proof,
    RefreshSession, RequestContext, SessionDescription, Sort, SortDirection, TagFilter,
    TokenClaims, TokenId, TokenKind, TokenPair, UserFilter, UserQuery, UserView,
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
        more: false,
    });
    assert_silent(&UserView::Full(Box::new(user.clone())));
    assert_silent(&UserView::Public(Box::new(user.clone())));
    assert_silent(&Caller::Account(Box::new(Principal::new(
        user.clone(),
        claims(),
    ))));
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
    let sort = Sort {
        order: Order::Email,
        direction: SortDirection::Ascending,
    };
    let cursor = Cursor::after(&complete(MARK), &filter, sort);
    assert_silent(&cursor.key);
    assert_silent(&UserQuery {
        filter,
        position: Position::After(cursor),
        ..UserQuery::default()
    });
}

/// Neither as it stands in the mail nor as it is kept.
#[test]
fn a_code_is_never_printed() {
    let code = OneTimeCode::new([7; OneTimeCode::BYTES]);
    let (text, hex) = (code.expose().to_owned(), code.digest().to_hex());
    let proof = Proof::Digest(code.digest());
    let adopted = Proof::Adopted(AdoptedCode::new(
        complete(MARK).id,
        complete(MARK).email,
        text.clone(),
    ));
    let record = CodeRecord {
        digest: code.digest(),
        purpose: CodePurpose::ResetSecret,
        user: complete(MARK).id,
        email: complete(MARK).email,
        created_at: OffsetDateTime::UNIX_EPOCH,
        expires_at: OffsetDateTime::UNIX_EPOCH,
    };
    let expires_at = OffsetDateTime::UNIX_EPOCH;
    let contents = [
        MailContent::Verification {
            code: code.clone(),
            expires_at,
        },
        MailContent::Reset {
            code: code.clone(),
            expires_at,
        },
        MailContent::Notice(Notice::EmailChanged),
    ];
    let mails = contents.map(|content| Mail {
        id: Uuid::nil(),
        to: complete(MARK).email,
        username: complete(MARK).username,
        content,
        written_at: OffsetDateTime::UNIX_EPOCH,
    });
    for printed in [
        format!("{code:?}"),
        format!("{proof:?}"),
        format!("{adopted:?}"),
        format!("{record:?}"),
        format!("{mails:?}"),
    ] {
        for secret in [text.as_str(), hex.as_str(), "marked"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

#[test]
fn to_whom_a_mail_shall_go_is_not_printed() {
    let user = complete(MARK);
    let requests = [
        MailRequest::Verification {
            user: user.id.clone(),
            address: user.email.clone(),
        },
        MailRequest::reset(user.email.clone(), &RequestContext::default()),
        MailRequest::Notice {
            user: user.id,
            notice: Notice::EmailChanged,
            address: Some(user.email),
        },
    ];
    for request in requests {
        let effect = Effect::Mail(request);
        assert_silent(&effect);
        assert_silent(&effect.to_record());
    }
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
