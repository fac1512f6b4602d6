//! `GET /users/tokens/refresh-tokens`: see one's own sessions.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use users_domain::model::{Session, SessionDescription};
use utoipa::ToSchema;

use crate::answer::{Answer, json, time};
use crate::extract::Call;
use crate::openapi::{SESSIONS, fields};
use crate::state::Api;

/// All sessions of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = Sessions, examples(json!({ "refresh_tokens": [{
    "id": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", "description": "laptop",
    "created_at": "2026-10-24T13:31:52Z", "expires_at": "2026-10-25T13:31:52Z"
}] })))]
pub(crate) struct SessionsAnswer<'a> {
    refresh_tokens: Vec<SessionAnswer<'a>>,
}

/// A session; its id is what ends it, and opens nothing.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionAnswer<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::moment)]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = fields::moment)]
    expires_at: Option<String>,
}

/// See one's own sessions.
#[utoipa::path(
    get, path = "/users/tokens/refresh-tokens", tag = SESSIONS, operation_id = "list_refresh_tokens",
    responses((status = 200, description = "All that have not ended.", body = SessionsAnswer)),
)]
pub(crate) async fn list(api: web::Data<Api>, call: Call<()>) -> Answer {
    let sessions = api
        .users()
        .credentials
        .list_refresh_tokens(&call.caller)
        .await?;
    let refresh_tokens = sessions.iter().map(SessionAnswer::new).collect();
    json(StatusCode::OK, &SessionsAnswer { refresh_tokens })
}

impl<'a> SessionAnswer<'a> {
    fn new(session: &'a Session) -> Self {
        Self {
            id: session.id.as_str(),
            description: session.description.as_ref().map(SessionDescription::as_str),
            created_at: session.created_at.and_then(time),
            expires_at: session.expires_at.and_then(time),
        }
    }
}
