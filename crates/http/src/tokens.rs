//! Operations on tokens.

mod answer;
mod issue;
mod list;
mod refresh;
mod revoke;

pub(crate) use issue::{__path_issue, issue};
pub(crate) use list::{__path_list, list};
pub(crate) use refresh::{__path_refresh, refresh};
pub(crate) use revoke::{__path_revoke, MAX_ID_BYTES, revoke};

#[cfg(test)]
pub(crate) use issue::LoginBody;
