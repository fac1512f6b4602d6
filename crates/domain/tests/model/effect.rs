//! Effects as an outbox keeps them.

use proptest::prelude::*;
use time::OffsetDateTime;
use users_domain::model::{
    Effect, EffectKind, EffectRecord, EventBuilder, EventOperation, RequestContext,
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

#[test]
fn a_record_says_what_a_table_must_know() {
    let record = event("user-1", "grace").to_record();
    assert_eq!(record.kind, EffectKind::Event);
    assert_eq!(record.key, "user-1");
    assert_eq!(record.format, 1);
}

#[test]
fn the_format_of_a_record_stays_readable() {
    let record = EffectRecord {
        kind: EffectKind::Event,
        key: "user-1".to_owned(),
        format: 1,
        payload: concat!(
            r#"{"id":"00000000-0000-0000-0000-000000000007","#,
            r#""operation":"user.issue_token","#,
            r#""event":{"username":"grace"}}"#,
        )
        .to_owned(),
    };
    let Effect::Event(event) = Effect::from_record(&record).unwrap();
    assert_eq!(event.id(), Uuid::from_u128(7));
    assert_eq!(event.operation(), "user.issue_token");
    assert_eq!(event.key(), "user-1");
    assert_eq!(event.json(), r#"{"username":"grace"}"#);
    assert_eq!(Effect::Event(event).to_record(), record);
}

#[test]
fn an_event_that_an_older_or_newer_program_names_is_carried_on() {
    let mut record = event("user-1", "grace").to_record();
    record.payload = record
        .payload
        .replace("user.issue_token", "user.of_tomorrow");
    let Effect::Event(event) = Effect::from_record(&record).unwrap();
    assert_eq!(event.operation(), "user.of_tomorrow");
}

#[test]
fn a_record_of_another_format_is_unknown() {
    let record = event("user-1", "grace").to_record();
    for format in [i32::MIN, 0, 2, i32::MAX] {
        let unknown = Effect::from_record(&EffectRecord {
            format,
            ..record.clone()
        })
        .unwrap_err();
        assert_eq!((unknown.kind, unknown.format), ("event", format));
        assert!(unknown.to_string().contains("another version"), "{unknown}");
    }
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
        let unknown = Effect::from_record(&EffectRecord {
            kind: EffectKind::Event,
            key: "user-1".to_owned(),
            format: 1,
            payload: payload.to_owned(),
        })
        .unwrap_err();
        assert!(!unknown.to_string().contains("marked"), "{unknown}");
        assert!(!format!("{unknown:?}").contains("marked"), "{unknown:?}");
    }
}

proptest! {
    #![proptest_config(crate::fixed_cases())]

    #[test]
    fn an_effect_survives_its_record(key in any::<String>(), text in any::<String>()) {
        let effect = event(&key, &text);
        let record = effect.to_record();
        prop_assert_eq!(Effect::from_record(&record), Ok(effect));
    }

    #[test]
    fn no_payload_makes_reading_panic(payload in any::<String>(), format in 0..3_i32) {
        let _ = Effect::from_record(&EffectRecord {
            kind: EffectKind::Event,
            key: String::new(),
            format,
            payload,
        });
    }
}
