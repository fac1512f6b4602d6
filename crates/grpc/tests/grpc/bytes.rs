//! What is said on the wire, byte for byte, written from the field numbers of the contract.

use prost::bytes::{Buf as _, BufMut as _};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status};
use users_domain::model::{Metadata, Tags, Timestamp, User};
use users_testkit::people;

use crate::fixture::Server;

/// Messages as their bytes.
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).into()))
    }
}

pub(crate) async fn call(server: &Server, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    call_at(server, "/users.v1.UsersService/RetrieveUsers", message).await
}

async fn call_at(server: &Server, path: &'static str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut client = tonic::client::Grpc::new(server.channel());
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static(path);
    let answer = client.unary(Request::new(message), path, Raw).await?;
    Ok(answer.into_inner())
}

/// A length-delimited field.
fn field(number: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let tag = u32::from(number) << 3 | 2;
    [
        varint(tag.into()),
        varint(content.len() as u64),
        content.to_vec(),
    ]
    .concat()
}

/// A field of a whole number.
fn number(field: u8, value: u64) -> Vec<u8> {
    [vec![field << 3], varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

fn full() -> User {
    User {
        tags: Tags::from_stored(vec!["a".to_owned(), "b".to_owned()]),
        metadata: Metadata::from_stored(r#"{"n":1.5,"k":"v"}"#.to_owned()),
        private_metadata: Metadata::from_stored(r#"{"secret":"yes"}"#.to_owned()),
        created_at: Some(Timestamp::from_unix_timestamp_nanos(7_000_000_500).unwrap()),
        updated_at: Some(Timestamp::from_unix_timestamp_nanos(-1_500_000_000).unwrap()),
        updated_by: Some("root".to_owned()),
        ..people::an_admin("ada")
    }
}

#[tokio::test]
async fn every_field_stands_at_its_number() {
    let server = Server::of([full()]).await;
    let text = field(1, "k").into_iter().chain(field(2, field(3, "v")));
    // A double (wire type 1) is the value's field 2.
    let double = [vec![2 << 3 | 1], 1.5_f64.to_le_bytes().to_vec()].concat();
    let float = field(1, "n").into_iter().chain(field(2, double));
    let metadata = [
        field(1, text.collect::<Vec<_>>()),
        field(1, float.collect::<Vec<_>>()),
    ]
    .concat();
    let user = [
        field(1, "id-of-ada"),
        field(2, "Ada"),
        field(3, "Example"),
        field(4, "a"),
        field(4, "b"),
        field(5, metadata),
        // status 0 is not written
        number(8, 1),
        field(10, "ada"),
        field(11, "ada@example.com"),
        field(12, [number(1, 7), number(2, 500)].concat()),
        // Seconds before 1970 are negative, the part of a second never is.
        field(
            13,
            [number(1, (-2_i64).cast_unsigned()), number(2, 500_000_000)].concat(),
        ),
        field(14, "root"),
    ];
    let expected = [number(1, 1), number(2, 3), field(4, user.concat())].concat();
    let request = [field(1, "id-of-ada"), number(3, 3)].concat();
    assert_eq!(call(&server, request).await.unwrap(), expected);
}

#[tokio::test]
async fn metadata_is_there_although_it_is_empty_and_absent_times_are_not() {
    let ada = User {
        created_at: None,
        username: None,
        ..people::user("ada")
    };
    let server = Server::of([ada]).await;
    let user = [
        field(1, "id-of-ada"),
        field(2, "Ada"),
        field(3, "Example"),
        field(5, ""),
        field(11, "ada@example.com"),
    ];
    let expected = [number(1, 1), number(2, 1), field(4, user.concat())].concat();
    assert_eq!(
        call(&server, field(1, "id-of-ada")).await.unwrap(),
        expected
    );
}

#[tokio::test]
async fn nobody_found_is_a_limit_alone() {
    let server = Server::of([]).await;
    assert_eq!(call(&server, field(1, "nope")).await.unwrap(), number(2, 1));
    let page = [field(1, "nope"), field(1, "nope"), number(2, 5)].concat();
    let expected = [number(2, 2), number(3, 5)].concat();
    assert_eq!(call(&server, page).await.unwrap(), expected);
}

#[tokio::test]
async fn unknown_fields_are_passed_over() {
    let server = Server::of([people::user("ada")]).await;
    let plain = call(&server, field(1, "id-of-ada")).await.unwrap();
    let request = [field(1, "id-of-ada"), field(15, "x"), number(9, 9)].concat();
    assert_eq!(call(&server, request).await.unwrap(), plain);
}

#[tokio::test]
async fn what_is_no_message_is_internal_as_ever() {
    let server = Server::of([people::user("ada")]).await;
    for message in [vec![0x0a, 0xff], field(1, [0xff, 0xfe]), vec![0xff; 64]] {
        let status = call(&server, message).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
    }
    call(&server, field(1, "id-of-ada")).await.unwrap();
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_before_it_is_read() {
    let server = Server::of([people::user("ada")]).await;
    let status = call(&server, field(1, vec![b'a'; 2 * 1024 * 1024])).await;
    assert_eq!(status.unwrap_err().code(), Code::OutOfRange);
    call(&server, field(1, "id-of-ada")).await.unwrap();
}

#[tokio::test]
async fn other_methods_are_unimplemented() {
    let server = Server::of([]).await;
    for path in [
        "/users.v1.UsersService/DeleteUsers",
        "/auth.v1.AuthService/Authenticate",
        "/nonsense",
    ] {
        let status = call_at(&server, path, Vec::new()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
    }
}
