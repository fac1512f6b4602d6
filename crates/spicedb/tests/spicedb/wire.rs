//! What is said on the wire, byte for byte, written from the field numbers of the contract.

use users_domain::model::Role;
use users_domain::ports::PlatformRelations as _;

use crate::fixture::{KEY, adapter, id, server};

/// `platform` and `magistrala`, as fields 1 and 2 of an object.
const PLATFORM: &str = "0a08706c6174666f726d120a6d616769737472616c61";
/// `user` and `u-1`, as fields 1 and 2 of an object.
const USER: &str = "0a04757365721203752d31";
/// `member`.
const MEMBER: &str = "6d656d626572";
/// `administrator`.
const ADMINISTRATOR: &str = "61646d696e6973747261746f72";

/// Field 1 of a write: an update, whose fields are the operation and the relationship.
fn update(operation: u8, relation: &str) -> String {
    let object = field(1, PLATFORM);
    let relation = field(2, relation);
    let subject = field(3, &field(1, USER));
    let relationship = field(2, &format!("{object}{relation}{subject}"));
    field(1, &format!("08{operation:02x}{relationship}"))
}

/// A length-delimited field of less than 128 bytes.
fn field(number: u8, content: &str) -> String {
    let tag = (number << 3) | 2;
    format!("{tag:02x}{:02x}{content}", content.len() / 2)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex
        .chars()
        .map(|digit| digit.to_digit(16).unwrap())
        .collect();
    let pairs = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    pairs.map(|byte| u8::try_from(byte).unwrap()).collect()
}

#[tokio::test]
async fn a_role_is_one_write_of_two_updates() {
    const TOUCH: u8 = 2;
    const DELETE: u8 = 3;

    let server = server();
    let adapter = adapter(&server);
    for (role, administrator) in [(Role::User, DELETE), (Role::Admin, TOUCH)] {
        server.forget_calls();
        adapter.put(&id("u-1"), role).await.unwrap();
        let calls = server.calls();
        let [call] = calls.as_slice() else {
            panic!("{calls:?}");
        };
        assert_eq!(
            call.path,
            "/authzed.api.v1.PermissionsService/WriteRelationships"
        );
        assert_eq!(
            call.message,
            bytes(&(update(TOUCH, MEMBER) + &update(administrator, ADMINISTRATOR)))
        );
    }
}

#[tokio::test]
async fn who_is_removed_is_named_as_a_subject_and_nothing_else_is() {
    let server = server();
    let adapter = adapter(&server);
    adapter.put(&id("u-1"), Role::Admin).await.unwrap();
    server.forget_calls();
    adapter.remove(&id("u-1")).await.unwrap();
    let calls = server.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    assert_eq!(
        call.path,
        "/authzed.api.v1.PermissionsService/DeleteRelationships"
    );
    assert_eq!(call.message, bytes(&field(1, &field(4, USER))));
}

#[tokio::test]
async fn a_call_carries_the_key_and_no_trace() {
    let server = server();
    let adapter = adapter(&server);
    adapter.put(&id("u-1"), Role::User).await.unwrap();
    adapter.check().await.unwrap();
    for call in server.calls() {
        let bearer = format!("Bearer {KEY}");
        assert_eq!(call.metadata("authorization"), Some(bearer.as_str()));
        assert_eq!(call.metadata("traceparent"), None);
        assert_eq!(call.metadata("content-type"), Some("application/grpc"));
        assert!(call.metadata("grpc-timeout").is_some());
    }
}

#[tokio::test]
async fn ids_that_it_cannot_hold_are_not_asked_about() {
    let server = server();
    let adapter = adapter(&server);
    adapter.put(&id("*"), Role::Admin).await.unwrap_err();
    adapter.remove(&id("*")).await.unwrap();
    assert!(server.calls().is_empty());
}
