//! What other services ask us.

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Timestamp as WireTime};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use users_domain::model::{
    Email, Metadata, PersonName, Role, Status, Tags, Timestamp, User, UserId, Username,
};
use users_grpc::{GrpcSettings, serve};
use users_proto::users::v1::{RetrieveUsersReq, RetrieveUsersRes, User as WireUser};
use users_testkit::{Fakes, people};

use super::case::{Files, bytes};
use super::raw_codec::RawCodec;
use crate::Result;
use crate::accounts::Accounts;

/// Two accounts that answers leave out, and what they are.
const REGISTERED_AS_ADMINISTRATOR: &str = "634f115d-dfc7-4000-8e89-846e70dded3b";
const REGISTERED_AS_DISABLED: &str = "f1f03709-666c-4730-9d0b-72ca719b235c";

/// Sends each recorded request to a server of our own and prints its answer.
pub(crate) async fn replay(files: &Files, accounts: &Accounts) -> Result<()> {
    let retrieved = files.calls_of("RetrieveUsers");
    let mut known = Vec::new();
    for (_, record) in &retrieved {
        known.extend(answered(record)?);
    }
    for (file, record) in retrieved {
        let fakes = Fakes::new();
        for user in there(file, record, accounts, &known)? {
            fakes.store.put(user);
        }
        ask(file, record, &fakes).await?;
    }
    let of_ours = ["check--users", "check--overall", "check--unknown", "list--"];
    for rpc in ["Check", "List"] {
        for (file, record) in files.calls_of(rpc) {
            if of_ours.iter().any(|name| file.contains(name)) {
                ask(file, record, &Fakes::new()).await?;
            }
        }
    }
    Ok(())
}

async fn ask(file: &str, record: &Value, fakes: &Fakes) -> Result<()> {
    let path = record["method"].as_str().ok_or("a call of nothing")?;
    let message = bytes(record["request_hex"].as_str().unwrap_or_default())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = Endpoint::from_shared(format!("http://{}", listener.local_addr()?))?;
    let (_ready, ready) = watch::channel(true);
    // Ends with the request.
    let (done, end) = tokio::sync::oneshot::channel::<()>();
    let serving = serve(listener, fakes.users(), GrpcSettings::new(ready), async {
        let _ = end.await;
    });
    let asking = async {
        let answer = call(endpoint, path, message).await;
        let _ = done.send(());
        answer
    };
    let (served, answer) = tokio::join!(serving, asking);
    served?;
    let (code, message) = match answer? {
        Ok(message) => (0, Some(message)),
        Err(status) => (i32::from(status.code()), None),
    };
    println!(
        "{}",
        json!({ "asked_of_us": file, "code": code, "message": message })
    );
    Ok(())
}

async fn call(
    endpoint: Endpoint,
    path: &str,
    message: Vec<u8>,
) -> Result<std::result::Result<Vec<u8>, tonic::Status>> {
    let mut client: Grpc<Channel> = Grpc::new(endpoint.connect().await?);
    client.ready().await?;
    let path = PathAndQuery::try_from(path)?;
    let answer = client.unary(Request::new(message), path, RawCodec).await;
    Ok(answer.map(tonic::Response::into_inner))
}

/// Those who are in the recorded answer.
fn answered(record: &Value) -> Result<Vec<User>> {
    let answer = bytes(record["response_hex"].as_str().unwrap_or_default())?;
    let answer = RetrieveUsersRes::decode(&answer[..])?;
    Ok(answer.users.into_iter().map(account).collect())
}

/// Everybody who is in the recorded answer, and those who were asked for and left out: by their state,
/// or by the page.
fn there(file: &str, record: &Value, accounts: &Accounts, known: &[User]) -> Result<Vec<User>> {
    let mut there = answered(record)?;
    let request = bytes(record["request_hex"].as_str().unwrap_or_default())?;
    // What is no message asks for nobody.
    let request = RetrieveUsersReq::decode(&request[..]).unwrap_or_default();
    for id in request.ids {
        if there.iter().any(|user| user.id.as_str() == id) {
            continue;
        }
        let status = if file.contains("deleted") {
            Status::Deleted
        } else if file.contains("disabled") || id == REGISTERED_AS_DISABLED {
            Status::Disabled
        } else {
            Status::Enabled
        };
        let is_administrator = id == REGISTERED_AS_ADMINISTRATOR || file.contains("--admin");
        if is_administrator {
            let id = UserId::from_stored(id);
            there.push(User {
                id,
                role: Role::Admin,
                ..accounts.admin.clone()
            });
        } else if status != Status::Enabled {
            there.push(User {
                id: UserId::from_stored(id),
                status,
                ..people::user("left-out")
            });
        } else {
            let elsewhere = known.iter().find(|user| user.id.as_str() == id);
            there.extend(elsewhere.cloned());
        }
    }
    Ok(there)
}

/// The account behind a user in an answer.
fn account(user: WireUser) -> User {
    let updated_by = Some(user.updated_by).filter(|id| !id.is_empty());
    User {
        id: UserId::from_stored(user.id),
        first_name: PersonName::from_stored(user.first_name),
        last_name: PersonName::from_stored(user.last_name),
        tags: Tags::from_stored(user.tags),
        metadata: user.metadata.map_or_else(Metadata::default, |metadata| {
            Metadata::from_stored(object(metadata).to_string())
        }),
        username: Some(Username::from_stored(user.username)),
        email: Email::from_stored(user.email),
        created_at: user.created_at.map(moment),
        updated_at: user.updated_at.map(moment),
        updated_by,
        ..people::user("asked-for")
    }
}

fn moment(time: WireTime) -> Timestamp {
    OffsetDateTime::UNIX_EPOCH
        + Duration::seconds(time.seconds)
        + Duration::nanoseconds(time.nanos.into())
}

fn object(fields: Struct) -> Value {
    let fields = fields.fields.into_iter();
    Value::Object(fields.map(|(name, it)| (name, value(it.kind))).collect())
}

fn value(kind: Option<Kind>) -> Value {
    match kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::NumberValue(number)) => json!(number),
        Some(Kind::StringValue(text)) => json!(text),
        Some(Kind::BoolValue(it)) => json!(it),
        Some(Kind::StructValue(fields)) => object(fields),
        Some(Kind::ListValue(list)) => {
            let values = list.values.into_iter();
            values.map(|it| value(it.kind)).collect()
        }
    }
}
