//! Effects as an outbox keeps them.

use std::time::Duration;

use proptest::prelude::*;
use time::OffsetDateTime;
use users_domain::model::{
    Effect, EffectKind, EffectRecord, Email, EventBuilder, EventOperation, Hold, MailRequest,
    Notice, RequestContext, RequestId, Timestamp, UserEvent, UserId,
};
use uuid::Uuid;

use super::account::complete;

fn event(key: &str, text: &str) -> Effect {
    let event = EventBuilder::new(
        Uuid::from_u128(7),
        EventOperation::IssueToken,
        key,
        OffsetDateTime::UNIX_EPOCH,
        &RequestContext::default(),
    )
    .account(&complete("grace"))
    .text("username", text)
    .build();
    Effect::Event(event)
}

fn read_event(record: &EffectRecord) -> UserEvent {
    match Effect::from_record(record).unwrap() {
        Effect::Event(event) => event,
        effect => panic!("{effect:?}"),
    }
}

fn user(id: &str) -> UserId {
    UserId::from_stored(id.to_owned())
}

fn email(address: &str) -> Email {
    Email::from_stored(address.to_owned())
}

fn verification(id: &str, address: &str) -> MailRequest {
    MailRequest::Verification {
        user: user(id),
        address: email(address),
    }
}

fn reset(address: &str) -> MailRequest {
    let context = RequestContext::new(RequestId::parse("request-1").unwrap());
    MailRequest::reset(email(address), &context)
}

fn notice(notice: Notice, address: Option<&str>) -> MailRequest {
    MailRequest::Notice {
        user: user("user-1"),
        notice,
        address: address.map(email),
    }
}

#[test]
fn a_record_says_what_a_table_must_know() {
    let record = event("user-1", "grace").to_record();
    assert_eq!(record.kind, EffectKind::Event);
    assert_eq!(record.key, "user-1");
    assert_eq!(record.once, None);
    assert_eq!(record.format, 1);
    let ended = Effect::EndSessions {
        user: user("user-1"),
    };
    let record = ended.to_record();
    assert_eq!(record.kind, EffectKind::EndSessions);
    assert_eq!((record.key.as_str(), record.once), ("user-1", None));
    assert_eq!(record.held_until, None);
}

#[test]
fn a_relation_may_be_held_by_who_commits_it() {
    let relation = |hold| Effect::Relation {
        user: user("user-1"),
        hold,
    };
    let free = relation(None).to_record();
    assert_eq!(free.kind, EffectKind::Relation);
    assert_eq!((free.key.as_str(), free.payload.as_str()), ("user-1", "{}"));
    assert_eq!((&free.once, free.held_until), (&None, None));
    let until = OffsetDateTime::UNIX_EPOCH;
    let name = Uuid::from_u128(7);
    let held = relation(Some(Hold { name, until })).to_record();
    assert_eq!(held.once, Some(name.to_string()));
    assert_eq!(held.held_until, Some(until));
    // Whoever reads it back is not the one who held it.
    assert_eq!(Effect::from_record(&held), Ok(relation(None)));
}

#[test]
fn an_account_is_purged_once_for_each_deletion() {
    let purge = |name: &str, micros| Effect::Purge {
        user: user(name),
        deleted_at: Timestamp::UNIX_EPOCH + Duration::from_micros(micros),
    };
    let record = purge("user-1", 7).to_record();
    assert_eq!(record.kind, EffectKind::Purge);
    assert_eq!(record.key, "user-1");
    assert_eq!(record.once, purge("user-1", 7).to_record().once);
    for another in [purge("user-2", 7), purge("user-1", 8)] {
        assert_ne!(record.once, another.to_record().once);
    }
    assert_eq!(Effect::from_record(&record), Ok(purge("user-1", 7)));
    for payload in ["{}", r#"{"deleted_at":9223372036854775807}"#, "[]", ""] {
        let odd = EffectRecord {
            payload: payload.to_owned(),
            ..record.clone()
        };
        assert!(Effect::from_record(&odd).is_err(), "{payload}");
    }
}

#[test]
fn mails_to_one_person_keep_their_order() {
    for (request, key) in [
        (verification("user-1", "grace@example.com"), "user-1"),
        (notice(Notice::PasswordChanged, None), "user-1"),
        (notice(Notice::EmailChanged, Some("a@b.c")), "user-1"),
        // Whose address it is, if anybody's, is not known yet.
        (reset("Grace@Example.com"), "grace@example.com"),
    ] {
        let record = Effect::Mail(request).to_record();
        assert_eq!(record.kind, EffectKind::Mail);
        assert_eq!(record.key, key);
    }
}

#[test]
fn a_link_is_asked_for_once_and_a_notice_every_time() {
    let name = |request| Effect::Mail(request).to_record().once;
    for same in [
        [
            verification("1", "grace@example.com"),
            verification("1", "grace@example.com"),
        ],
        [reset("grace@example.com"), reset("Grace@Example.COM")],
    ] {
        let [one, other] = same.map(name);
        assert!(one.is_some());
        assert_eq!(one, other);
    }
    let different = [
        verification("1", "grace@example.com"),
        verification("2", "grace@example.com"),
        verification("1", "GRACE@example.com"),
        verification("1", "hopper@example.com"),
        reset("grace@example.com"),
        reset("hopper@example.com"),
    ];
    for (number, one) in different.iter().enumerate() {
        for other in &different[number + 1..] {
            assert_ne!(name(one.clone()), name(other.clone()), "{one:?} {other:?}");
        }
    }
    assert_eq!(name(notice(Notice::PasswordChanged, None)), None);
    let told = notice(Notice::EmailChanged, Some("grace@example.com"));
    assert_eq!(name(told), None);
}

#[test]
fn the_format_of_a_record_stays_readable() {
    let record = EffectRecord {
        kind: EffectKind::Event,
        key: "user-1".to_owned(),
        once: None,
        held_until: None,
        format: 1,
        payload: concat!(
            r#"{"id":"00000000-0000-0000-0000-000000000007","#,
            r#""operation":"user.issue_token","#,
            r#""event":{"username":"grace"}}"#,
        )
        .to_owned(),
    };
    let event = read_event(&record);
    assert_eq!(event.id(), Uuid::from_u128(7));
    assert_eq!(event.operation(), "user.issue_token");
    assert_eq!(event.key(), "user-1");
    assert_eq!(event.json(), r#"{"username":"grace"}"#);
    assert_eq!(Effect::Event(event).to_record(), record);
}

#[test]
fn the_format_of_a_mails_record_stays_readable() {
    for (request, payload) in [
        (
            verification("user-1", "Grace@example.com"),
            r#"{"mail":"verification","user":"user-1","address":"Grace@example.com"}"#,
        ),
        (
            reset("Grace@example.com"),
            r#"{"mail":"reset","address":"Grace@example.com","request_id":"request-1"}"#,
        ),
        (
            MailRequest::reset(email("grace@example.com"), &RequestContext::default()),
            r#"{"mail":"reset","address":"grace@example.com","request_id":null}"#,
        ),
        (
            notice(Notice::EmailChanged, Some("old@example.com")),
            r#"{"mail":"notice","user":"user-1","notice":"email_changed","address":"old@example.com"}"#,
        ),
        (
            notice(Notice::PasswordChanged, None),
            r#"{"mail":"notice","user":"user-1","notice":"password_changed","address":null}"#,
        ),
    ] {
        let record = Effect::Mail(request.clone()).to_record();
        assert_eq!((record.format, record.payload.as_str()), (1, payload));
        assert_eq!(Effect::from_record(&record), Ok(Effect::Mail(request)));
    }
}

#[test]
fn ended_sessions_are_known_by_whose_they_are() {
    let ended = Effect::EndSessions {
        user: user("user-1"),
    };
    let record = ended.to_record();
    assert_eq!((record.format, record.payload.as_str()), (1, "{}"));
    assert_eq!(Effect::from_record(&record), Ok(ended));
}

#[test]
fn an_event_that_an_older_or_newer_program_names_is_carried_on() {
    let mut record = event("user-1", "grace").to_record();
    record.payload = record
        .payload
        .replace("user.issue_token", "user.of_tomorrow");
    assert_eq!(read_event(&record).operation(), "user.of_tomorrow");
}

#[test]
fn a_record_of_another_format_is_unknown() {
    let records = [
        event("user-1", "grace").to_record(),
        Effect::Mail(reset("grace@example.com")).to_record(),
        Effect::EndSessions {
            user: user("user-1"),
        }
        .to_record(),
    ];
    for record in records {
        for format in [i32::MIN, 0, 2, i32::MAX] {
            let unknown = Effect::from_record(&EffectRecord {
                format,
                ..record.clone()
            })
            .unwrap_err();
            let expected = (record.kind.as_str(), format);
            assert_eq!((unknown.kind, unknown.format), expected);
            assert!(unknown.to_string().contains("another version"), "{unknown}");
        }
    }
}

fn assert_damaged(kind: EffectKind, payload: &str) {
    let unknown = Effect::from_record(&EffectRecord {
        kind,
        key: "user-1".to_owned(),
        once: None,
        held_until: None,
        format: 1,
        payload: payload.to_owned(),
    })
    .unwrap_err();
    assert!(!unknown.to_string().contains("marked"), "{unknown}");
    assert!(!format!("{unknown:?}").contains("marked"), "{unknown:?}");
}

#[test]
fn a_damaged_record_is_unknown_and_not_repeated() {
    for payload in [
        "",
        "marked-7f3a",
        "\"marked-7f3a\"",
        "{}",
        r#"{"id":"marked-7f3a","operation":"user.create","event":{}}"#,
        r#"{"id":"00000000-0000-0000-0000-000000000007","operation":["marked-7f3a"],"event":{}}"#,
        r#"{"id":"00000000-0000-0000-0000-000000000007","operation":"user.create"}"#,
        r#"{"id":"00000000-0000-0000-0000-000000000007","operation":"user.create","event":{marked-7f3a}}"#,
    ] {
        assert_damaged(EffectKind::Event, payload);
    }
    for payload in [
        "",
        "marked-7f3a",
        "{}",
        r#"{"mail":"marked-7f3a","user":"user-1"}"#,
        r#"{"mail":"verification","address":"marked-7f3a"}"#,
        r#"{"mail":"reset","user":"marked-7f3a"}"#,
        r#"{"mail":"notice","user":"user-1","notice":"marked-7f3a","address":null}"#,
    ] {
        assert_damaged(EffectKind::Mail, payload);
    }
}

/// A mail, for any texts.
fn any_mail() -> impl Strategy<Value = MailRequest> {
    let notices = prop_oneof![Just(Notice::EmailChanged), Just(Notice::PasswordChanged)];
    prop_oneof![
        (any::<String>(), any::<String>()).prop_map(|(id, address)| verification(&id, &address)),
        any::<String>().prop_map(|address| reset(&address)),
        (notices, any::<Option<String>>())
            .prop_map(|(what, address)| notice(what, address.as_deref())),
    ]
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn an_effect_survives_its_record(key in any::<String>(), text in any::<String>()) {
        let ended = Effect::EndSessions { user: user(&key) };
        let relation = Effect::Relation { user: user(&key), hold: None };
        for effect in [event(&key, &text), ended, relation] {
            let record = effect.to_record();
            prop_assert_eq!(Effect::from_record(&record), Ok(effect));
        }
    }

    #[test]
    fn a_mail_survives_its_record(mail in any_mail()) {
        let effect = Effect::Mail(mail);
        let record = effect.to_record();
        prop_assert_eq!(Effect::from_record(&record), Ok(effect));
    }

    #[test]
    fn no_payload_makes_reading_panic(payload in any::<String>(), format in 0..3_i32) {
        for kind in EffectKind::ALL {
            let _ = Effect::from_record(&EffectRecord {
                kind,
                key: String::new(),
                once: None,
                held_until: None,
                format,
                payload: payload.clone(),
            });
        }
    }
}
