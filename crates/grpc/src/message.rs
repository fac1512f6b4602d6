//! An account as the message `users.v1.User`.

use prost_types::Timestamp as Message;
use users_domain::model::{Tags, Timestamp, User, Username};
use users_proto::users::v1::User as UserMessage;

use crate::metadata::to_struct;

/// What the platform's other services are told of an account; the rest of the fields stays empty.
pub(crate) fn to_message(user: &User) -> UserMessage {
    UserMessage {
        id: user.id.as_str().to_owned(),
        first_name: user.first_name.as_str().to_owned(),
        last_name: user.last_name.as_str().to_owned(),
        tags: Tags::as_slice(&user.tags).to_vec(),
        metadata: Some(to_struct(&user.metadata)),
        status: number(user.status.as_i16()),
        role: number(user.role.as_i16()),
        username: user
            .username
            .as_ref()
            .map_or_else(String::new, |name| Username::as_str(name).to_owned()),
        email: user.email.as_str().to_owned(),
        created_at: user.created_at.and_then(timestamp),
        updated_at: user.updated_at.and_then(timestamp),
        updated_by: user.updated_by.clone().unwrap_or_default(),
        ..UserMessage::default()
    }
}

/// As the database has it, which is never negative.
fn number(number: i16) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// The message knows the years 1 to 9999 alone.
fn timestamp(moment: Timestamp) -> Option<Message> {
    (1..=9999).contains(&moment.year()).then(|| Message {
        seconds: moment.unix_timestamp(),
        nanos: i32::try_from(moment.nanosecond()).unwrap_or_default(),
    })
}
