//! `GET /users`: see a list of accounts.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LINK};
use actix_web::web;
use users_domain::model::{Cursor, Page, User, UserQuery};

use super::answer::UserAnswer;
use super::page::PageAnswer;
use crate::answer::{Answer, json};
use crate::error::Refusal;
use crate::extract::{Call, ListQuery};
use crate::openapi::ACCOUNTS;
use crate::state::Api;

/// See a list of accounts.
///
/// Also at `/users/`. Sorted by `created_at` or `id`, following `next_cursor` shows nobody twice and
/// passes nobody over, whatever happens meanwhile. By another order, an account that is changed
/// meanwhile may be missed or shown again.
#[utoipa::path(
    get, path = "/users", tag = ACCOUNTS, operation_id = "list",
    params(ListQuery),
    responses((
        status = 200, description = "A page of accounts.", body = PageAnswer,
        headers(("Link" = String, description = "The next page (RFC 8288), if there is one.")),
    )),
)]
pub(crate) async fn list(api: web::Data<Api>, call: Call<ListQuery>) -> Answer {
    let ListQuery { query, limit, list } = call.input;
    let page = api
        .users()
        .directory
        .list(&call.context, &call.caller, &query)
        .await?;
    let enums = api.settings().enums;
    let users = page.items.iter();
    let next = next(&page, &query);
    let mut answer = json(
        StatusCode::OK,
        &PageAnswer {
            limit,
            offset: query.position.offset(),
            total: page.total,
            users: users.map(|user| UserAnswer::in_list(user, enums)).collect(),
            next_cursor: next.clone(),
        },
    )?;
    if let Some(cursor) = next {
        let link = link(&list, &cursor).map_err(|error| Refusal::internal(&error))?;
        answer.headers_mut().insert(LINK, link);
    }
    Ok(answer)
}

/// Where the next page begins; there is none after the last, and none after a total alone.
fn next(page: &Page<User>, query: &UserQuery) -> Option<String> {
    let last = page.items.last().filter(|_| page.more)?;
    Some(Cursor::after(last, &query.filter, query.sort).to_text())
}

/// The address of the next page (RFC 8288): the present one with another query, so that it is right
/// wherever the API is mounted.
fn link(
    list: &str,
    cursor: &str,
) -> Result<HeaderValue, actix_web::http::header::InvalidHeaderValue> {
    let joint = if list.is_empty() { "" } else { "&" };
    HeaderValue::try_from(format!("<?{list}{joint}cursor={cursor}>; rel=\"next\""))
}
