//! Operations on accounts.

mod answer;
mod create;
mod list;
mod view_profile;

pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use view_profile::view_profile;

#[cfg(test)]
pub(crate) use create::NewUserBody;
