//! What it tells about itself.

use futures::stream;
use prost_types::{DescriptorProto, FileDescriptorProto, MethodDescriptorProto};
use tonic_reflection::pb::{v1, v1alpha};

use crate::fixture::Server;

/// All that is served.
const SERVICES: [&str; 4] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "users.v1.UsersService",
];

/// The messages and methods of a file.
fn names(file: &[u8]) -> Vec<String> {
    let file: FileDescriptorProto = prost::Message::decode(file).unwrap();
    let methods = file.service.iter().flat_map(|service| &service.method);
    let messages = file.message_type.iter().map(DescriptorProto::name);
    messages
        .chain(methods.map(MethodDescriptorProto::name))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn its_services_are_listed_and_described() {
    use v1::server_reflection_request::MessageRequest;
    use v1::server_reflection_response::MessageResponse;

    let server = Server::of([]).await;
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(server.channel());
    let ask = |message_request| v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message_request),
    };
    let questions = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol(
            "users.v1.UsersService".to_owned(),
        )),
        ask(MessageRequest::FileContainingSymbol(
            "auth.v1.AuthService".to_owned(),
        )),
    ];
    let answers = client.server_reflection_info(stream::iter(questions)).await;
    let mut answers = answers.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no list");
    };
    let mut services: Vec<&str> = list.service.iter().map(|it| it.name.as_str()).collect();
    services.sort_unstable();
    assert_eq!(services, SERVICES);
    let Some(MessageResponse::FileDescriptorResponse(files)) =
        answers.message().await.unwrap().unwrap().message_response
    else {
        panic!("no file");
    };
    let described: Vec<String> = files
        .file_descriptor_proto
        .iter()
        .flat_map(|file| names(file))
        .collect();
    for name in ["RetrieveUsers", "RetrieveUsersReq", "User"] {
        assert!(described.iter().any(|it| it == name), "{described:?}");
    }
    // What others speak is not told.
    let status = answers.message().await;
    assert!(!matches!(
        status,
        Ok(Some(v1::ServerReflectionResponse {
            message_response: Some(MessageResponse::FileDescriptorResponse(_)),
            ..
        }))
    ));
}

#[tokio::test]
async fn older_clients_are_answered_too() {
    use v1alpha::server_reflection_request::MessageRequest;
    use v1alpha::server_reflection_response::MessageResponse;

    let server = Server::of([]).await;
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(server.channel());
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = client
        .server_reflection_info(stream::iter([question]))
        .await;
    let answer = answers
        .unwrap()
        .into_inner()
        .message()
        .await
        .unwrap()
        .unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list");
    };
    let mut services: Vec<&str> = list.service.iter().map(|it| it.name.as_str()).collect();
    services.sort_unstable();
    assert_eq!(services, SERVICES);
}
