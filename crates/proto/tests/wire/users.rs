//! What other services ask us.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Timestamp, Value};
use users_proto::users::v1 as users;

use super::{Wire, text};

/// `{"k": 1.5}`
fn metadata() -> Struct {
    entry("k", Kind::NumberValue(1.5))
}

fn entry(key: &str, kind: Kind) -> Struct {
    Struct {
        fields: [(text(key), Value { kind: Some(kind) })].into(),
    }
}

/// Two nanoseconds past the first second.
fn timestamp() -> Timestamp {
    Timestamp {
        seconds: 1,
        nanos: 2,
    }
}

#[test]
fn messages_of_the_users_service_are_as_documented() {
    Wire::of(users::RetrieveUsersReq {
        ids: vec![text("a"), text("b")],
        offset: 1,
        limit: 300,
    })
    .is(&[
        "0a 01 61", // 1 ids
        "0a 01 62", // 1 ids
        "10 01",    // 2 offset
        "18 ac 02", // 3 limit
    ]);

    Wire::of(users::User {
        id: text("a"),
        first_name: text("b"),
        last_name: text("c"),
        tags: vec![text("d"), text("e")],
        metadata: Some(metadata()),
        private_metadata: Some(metadata()),
        status: 1,
        role: 1,
        profile_picture: text("f"),
        username: text("g"),
        email: text("h"),
        created_at: Some(timestamp()),
        updated_at: Some(timestamp()),
        updated_by: text("i"),
        verified_at: Some(timestamp()),
        auth_provider: text("j"),
        permissions: vec![text("k")],
    })
    .is(&[
        "0a 01 61",                                              // 1 id
        "12 01 62",                                              // 2 first_name
        "1a 01 63",                                              // 3 last_name
        "22 01 64",                                              // 4 tags
        "22 01 65",                                              // 4 tags
        "2a 10 0a 0e 0a 01 6b 12 09 11 00 00 00 00 00 00 f8 3f", // 5 metadata
        "32 10 0a 0e 0a 01 6b 12 09 11 00 00 00 00 00 00 f8 3f", // 6 private_metadata
        "38 01",                                                 // 7 status
        "40 01",                                                 // 8 role
        "4a 01 66",                                              // 9 profile_picture
        "52 01 67",                                              // 10 username
        "5a 01 68",                                              // 11 email
        "62 04 08 01 10 02",                                     // 12 created_at
        "6a 04 08 01 10 02",                                     // 13 updated_at
        "72 01 69",                                              // 14 updated_by
        "7a 04 08 01 10 02",                                     // 15 verified_at
        "82 01 01 6a",                                           // 16 auth_provider
        "8a 01 01 6b",                                           // 17 permissions
    ]);

    Wire::of(users::RetrieveUsersRes {
        total: 3,
        limit: 2,
        offset: 1,
        users: vec![users::User {
            id: text("a"),
            ..users::User::default()
        }],
    })
    .is(&[
        "08 03",          // 1 total
        "10 02",          // 2 limit
        "18 01",          // 3 offset
        "22 03 0a 01 61", // 4 users
    ]);
}

#[test]
fn every_kind_of_metadata_is_as_documented() {
    let user = |metadata| users::User {
        metadata: Some(metadata),
        ..users::User::default()
    };
    let list = |kind| ListValue {
        values: vec![Value { kind: Some(kind) }],
    };
    // None at all is told from none known.
    Wire::of(user(Struct::default())).is(&["2a 00"]);
    for (kind, value) in [
        (Kind::NullValue(0), "08 00"),
        (Kind::NumberValue(0.0), "11 00 00 00 00 00 00 00 00"),
        (Kind::StringValue(text("s")), "1a 01 73"),
        (Kind::BoolValue(false), "20 00"),
        (Kind::StructValue(Struct::default()), "2a 00"),
        (
            Kind::ListValue(list(Kind::BoolValue(true))),
            "32 04 0a 02 20 01",
        ),
    ] {
        // An entry is its key and the length and bytes of its value.
        let length = value.split(' ').count();
        let (outer, inner) = (length + 7, length + 5);
        let bytes = format!("2a {outer:02x} 0a {inner:02x} 0a 01 6b 12 {length:02x} {value}");
        Wire::of(user(entry("k", kind))).is(&[&bytes]);
    }
}

#[test]
fn the_published_description_is_that_of_this_package_alone() {
    use prost::Message as _;
    let described = prost_types::FileDescriptorSet::decode(users::DESCRIPTOR).expect("a set");
    let packages: Vec<&str> = described
        .file
        .iter()
        .map(prost_types::FileDescriptorProto::package)
        .collect();
    assert!(packages.contains(&"users.v1"), "{packages:?}");
    let others: Vec<_> = packages
        .iter()
        .filter(|package| !["users.v1", "google.protobuf"].contains(package))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}
