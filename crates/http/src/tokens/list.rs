//! `GET /users/tokens/refresh-tokens`: see one's own sessions.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;
use users_domain::model::{RefreshSession, SessionDescription};

use crate::answer::{Answer, json, time};
use crate::extract::Call;
use crate::state::Api;

#[derive(Serialize)]
struct SessionsAnswer<'a> {
    refresh_tokens: Vec<SessionAnswer<'a>>,
}

/// A session; its id is what ends it, and opens nothing.
#[derive(Serialize)]
struct SessionAnswer<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

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
    fn new(session: &'a RefreshSession) -> Self {
        Self {
            id: session.id.as_str(),
            description: session.description.as_ref().map(SessionDescription::as_str),
            created_at: time(session.created_at),
            expires_at: time(session.expires_at),
        }
    }
}
