//! The JSON of events, as documented for those who consume them.

use serde_json::Value;
use serde_json::value::RawValue;
use time::macros::datetime;
use users_domain::model::{
    Email, EventBuilder, EventOperation, Metadata, PersonName, RequestContext, RequestId, Tags,
    Timestamp, TokenKind, User, UserEvent, Username,
};
use uuid::Uuid;

use super::account::complete;

const EVENT_ID: &str = "019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10";
const USER_ID: &str = "85d02485-e3d4-4fe5-86a2-1628438f651c";
const NOW: Timestamp = datetime!(2026-11-23 12:14:06.548280 UTC);

fn begin(operation: EventOperation) -> EventBuilder {
    let context = RequestContext::new(RequestId::parse("request-1").unwrap());
    let id = Uuid::parse_str(EVENT_ID).unwrap();
    EventBuilder::new(id, operation, USER_ID, NOW, &context)
}

fn created(user: &User) -> UserEvent {
    begin(EventOperation::Create)
        .account(user)
        .text_if("last_name", Some(user.last_name.as_str()))
        .raw("private_metadata", user.private_metadata.as_raw())
        .text("token_type", TokenKind::Access.event_name())
        .flag("super_admin", false)
        .build()
}

#[test]
fn a_registration_prints_the_account() {
    let user = User {
        updated_at: None,
        updated_by: None,
        ..complete("grace")
    };
    assert_eq!(
        created(&user).json(),
        concat!(
            r#"{"created_at":"2026-11-23T12:14:06.544989Z","#,
            r#""email":"grace@example.com","#,
            r#""event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""first_name":"grace first","#,
            r#""id":"85d02485-e3d4-4fe5-86a2-1628438f651c","#,
            r#""last_name":"grace last","#,
            r#""metadata":{"big":12345678901234567890,"of":"grace"},"#,
            r#""occurred_at":1795436046548280000,"#,
            r#""operation":"user.create","#,
            r#""private_metadata":{"ssn":"grace"},"#,
            r#""request_id":"request-1","#,
            r#""status":"enabled","#,
            r#""super_admin":false,"#,
            r#""tags":["grace tag","cobol"],"#,
            r#""token_type":"access token","#,
            r#""username":"grace"}"#,
        )
    );
}

#[test]
fn what_an_account_does_not_have_is_left_out_but_for_its_metadata() {
    let user = User {
        username: None,
        tags: Tags::default(),
        metadata: Metadata::default(),
        private_metadata: Metadata::default(),
        first_name: PersonName::from_stored(String::new()),
        last_name: PersonName::from_stored(String::new()),
        email: Email::from_stored(String::new()),
        profile_picture: None,
        created_at: None,
        updated_at: None,
        updated_by: Some(String::new()),
        ..complete("grace")
    };
    assert_eq!(
        created(&user).json(),
        concat!(
            r#"{"event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""id":"85d02485-e3d4-4fe5-86a2-1628438f651c","#,
            r#""metadata":{},"#,
            r#""occurred_at":1795436046548280000,"#,
            r#""operation":"user.create","#,
            r#""private_metadata":{},"#,
            r#""request_id":"request-1","#,
            r#""status":"enabled","#,
            r#""super_admin":false,"#,
            r#""token_type":"access token"}"#,
        )
    );
}

#[test]
fn a_login_says_what_was_typed_and_whose_it_was() {
    let event = begin(EventOperation::IssueToken)
        .text("username", "Grace@Example.com")
        .user_id(&complete("grace").id)
        .build();
    assert_eq!(
        event.json(),
        concat!(
            r#"{"event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""occurred_at":1795436046548280000,"#,
            r#""operation":"user.issue_token","#,
            r#""request_id":"request-1","#,
            r#""user_id":"85d02485-e3d4-4fe5-86a2-1628438f651c","#,
            r#""username":"Grace@Example.com"}"#,
        )
    );
}

#[test]
fn a_refresh_says_whose_it_was() {
    let event = begin(EventOperation::RefreshToken)
        .user_id(&complete("grace").id)
        .build();
    assert_eq!(
        event.json(),
        concat!(
            r#"{"event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""occurred_at":1795436046548280000,"#,
            r#""operation":"user.refresh_token","#,
            r#""request_id":"request-1","#,
            r#""user_id":"85d02485-e3d4-4fe5-86a2-1628438f651c"}"#,
        )
    );
}

#[test]
fn a_failed_login_of_nobody_names_nobody() {
    let event = begin(EventOperation::LoginFailed)
        .text_if("user_id", None)
        .build();
    assert_eq!(
        event.json(),
        concat!(
            r#"{"event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""occurred_at":1795436046548280000,"#,
            r#""operation":"user.login_failed","#,
            r#""request_id":"request-1"}"#,
        )
    );
}

#[test]
fn a_look_at_one_s_own_account_prints_it_without_private_metadata_and_last_name() {
    let event = begin(EventOperation::ViewProfile)
        .account(&complete("grace"))
        .text("token_type", TokenKind::PersonalAccess.event_name())
        .flag("super_admin", false)
        .build();
    assert_eq!(
        event.json(),
        concat!(
            r#"{"created_at":"2026-11-23T12:14:06.544989Z","#,
            r#""email":"grace@example.com","#,
            r#""event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""first_name":"grace first","#,
            r#""id":"85d02485-e3d4-4fe5-86a2-1628438f651c","#,
            r#""metadata":{"big":12345678901234567890,"of":"grace"},"#,
            r#""occurred_at":1795436046548280000,"#,
            r#""operation":"user.view_profile","#,
            r#""request_id":"request-1","#,
            r#""status":"enabled","#,
            r#""super_admin":false,"#,
            r#""tags":["grace tag","cobol"],"#,
            r#""token_type":"pat","#,
            r#""updated_at":"2026-11-23T12:14:19.5Z","#,
            r#""updated_by":"2f6b8275-0047-4d0c-b4bd-61571e82c5ed","#,
            r#""username":"grace"}"#,
        )
    );
}

#[test]
fn a_look_at_a_list_says_what_was_asked_for() {
    let tags = ["navy".to_owned(), "cobol".to_owned()];
    let event = begin(EventOperation::List)
        .integer("total", 4)
        .integer("offset", 0)
        .integer("limit", u64::MAX)
        .text("order", "updated_at")
        .text("dir", "desc")
        .text("status", "all")
        .text_if("email", Some("example"))
        .text_if("first_name", None)
        .texts_if("tags", &tags)
        .text("token_type", TokenKind::Access.event_name())
        .flag("super_admin", true)
        .build();
    assert_eq!(
        event.json(),
        concat!(
            r#"{"dir":"desc","#,
            r#""email":"example","#,
            r#""event_id":"019ab0e3-73e4-7cc5-9d1b-7c2f5a8e4d10","#,
            r#""limit":18446744073709551615,"#,
            r#""occurred_at":1795436046548280000,"#,
            r#""offset":0,"#,
            r#""operation":"user.list","#,
            r#""order":"updated_at","#,
            r#""request_id":"request-1","#,
            r#""status":"all","#,
            r#""super_admin":true,"#,
            r#""tags":["navy","cobol"],"#,
            r#""token_type":"access token","#,
            r#""total":4}"#,
        )
    );
}

#[test]
fn an_event_without_a_request_has_an_empty_request_id() {
    let event = EventBuilder::new(
        Uuid::nil(),
        EventOperation::Create,
        "",
        NOW,
        &RequestContext::default(),
    )
    .build();
    let json: Value = serde_json::from_str(event.json()).unwrap();
    assert_eq!(json["request_id"], "");
}

#[test]
fn an_event_is_known_by_its_id_operation_and_key() {
    let event = begin(EventOperation::Create).build();
    assert_eq!(event.id().to_string(), EVENT_ID);
    assert_eq!(event.operation(), "user.create");
    assert_eq!(event.key(), USER_ID);
}

/// Consumers take the member for an object.
#[test]
fn stored_metadata_that_is_no_object_is_not_told() {
    for odd in ["null", "7", "\"text\"", "[1]"] {
        let user = User {
            metadata: Metadata::from_stored(odd.to_owned()),
            ..complete("grace")
        };
        let event = begin(EventOperation::ViewProfile).account(&user).build();
        let json: Value = serde_json::from_str(event.json()).unwrap();
        assert_eq!(json.get("metadata"), None, "{odd}");
    }
}

#[test]
fn metadata_is_told_digit_for_digit_however_deep() {
    let deep = format!(
        r#"{{"n":123456789012345678901234567890,"d":{}{}}}"#,
        "[".repeat(6_000),
        "]".repeat(6_000)
    );
    let user = User {
        metadata: Metadata::from_stored(deep.clone()),
        ..complete("grace")
    };
    let json = created(&user).json().to_owned();
    assert!(json.contains(&format!(r#""metadata":{deep}"#)));
    assert!(serde_json::from_str::<&RawValue>(&json).is_ok());
}

#[test]
fn odd_characters_are_escaped_and_never_break_the_json() {
    let odd = "quote \" backslash \\ newline \n nul \0 <&> \u{2028} ü";
    let user = User {
        username: Some(Username::from_stored(odd.to_owned())),
        ..complete("grace")
    };
    let json: Value = serde_json::from_str(created(&user).json()).unwrap();
    assert_eq!(json["username"], odd);
}
