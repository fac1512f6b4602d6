//! `GET /users`: see a list of accounts.

use actix_web::http::StatusCode;
use actix_web::web;
use serde::Serialize;

use super::answer::UserAnswer;
use crate::answer::{Answer, json};
use crate::extract::{Call, ListQuery};
use crate::state::Api;

/// A page of accounts, and how many there are in all.
#[derive(Serialize)]
struct PageAnswer<'a> {
    limit: u64,
    offset: u64,
    total: u64,
    users: Vec<UserAnswer<'a>>,
}

pub(crate) async fn list(api: web::Data<Api>, call: Call<ListQuery>) -> Answer {
    let ListQuery { query, limit } = call.input;
    let page = api
        .users()
        .directory
        .list(&call.context, &call.caller, &query)
        .await?;
    let enums = api.settings().enums;
    let users = page.items.iter();
    json(
        StatusCode::OK,
        &PageAnswer {
            limit,
            offset: query.offset,
            total: page.total,
            users: users.map(|user| UserAnswer::in_list(user, enums)).collect(),
        },
    )
}
