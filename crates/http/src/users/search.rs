//! `GET /users/search`: find people by name or id.

use actix_web::http::StatusCode;
use actix_web::web;

use super::answer::UserAnswer;
use super::page::PageAnswer;
use crate::answer::{Answer, json};
use crate::extract::{Call, SearchQuery};
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// Find people by name or id.
///
/// At least one of `id`, `username`, `first_name` and `last_name` is needed; the first two with three
/// bytes or more. Enabled accounts whose role is user are found, verified or not.
#[utoipa::path(
    get, path = "/users/search", tag = ACCOUNTS, operation_id = "search",
    params(SearchQuery),
    responses((status = 200, description = "A page of what may be shown of enabled accounts.", body = PageAnswer)),
)]
pub(crate) async fn search(api: web::Data<Api>, call: Call<SearchQuery>) -> Answer {
    let SearchQuery(search) = call.input;
    let page = api
        .users()
        .directory
        .search(&call.context, &call.caller, &search)
        .await?;
    let enums = api.settings().enums;
    let users = page.items.iter();
    json(
        StatusCode::OK,
        &PageAnswer {
            limit: search.limit,
            offset: search.offset,
            total: page.total,
            users: users.map(|user| UserAnswer::found(user, enums)).collect(),
            next_cursor: None,
        },
    )
}
