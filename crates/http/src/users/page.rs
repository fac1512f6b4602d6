//! A page of accounts as answers show it.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::UserAnswer;

/// Some accounts, and how many there are in all.
#[derive(Serialize, ToSchema)]
#[schema(as = UserPage, examples(json!({ "limit": 10, "offset": 0, "total": 1, "users": [{
    "id": "c0b0c68c-5b93-4a93-8f1a-5d63a3f5c3c7", "first_name": "Ada", "last_name": "Lovelace",
    "email": "ada@example.com", "credentials": { "username": "ada" }, "role": 0, "status": 0,
    "created_at": "2026-10-24T13:31:52.120931Z"
}] })))]
pub(crate) struct PageAnswer<'a> {
    pub(super) limit: u64,
    pub(super) offset: u64,
    pub(super) total: u64,
    pub(super) users: Vec<UserAnswer<'a>>,
    /// With what to ask for the page that follows, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}
