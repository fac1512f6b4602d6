//! A page of accounts as answers show it.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::UserAnswer;

/// Some accounts, and how many there are in all.
#[derive(Serialize, ToSchema)]
#[schema(as = UserPage)]
pub(crate) struct PageAnswer<'a> {
    pub(super) limit: u64,
    pub(super) offset: u64,
    pub(super) total: u64,
    pub(super) users: Vec<UserAnswer<'a>>,
    /// With what to ask for the page that follows, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}
