//! Operations on tokens.

mod answer;
mod issue;
mod list;
mod refresh;
mod revoke;

pub(crate) use issue::issue;
pub(crate) use list::list;
pub(crate) use refresh::refresh;
pub(crate) use revoke::revoke;

#[cfg(test)]
pub(crate) use issue::LoginBody;
