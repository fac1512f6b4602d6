//! Operations on accounts.

mod answer;
mod create;
mod delete;
mod disable;
mod enable;
mod list;
mod page;
mod search;
mod update;
mod update_email;
mod update_profile_picture;
mod update_role;
mod update_secret;
mod update_tags;
mod update_username;
mod view;
mod view_profile;

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use disable::disable;
pub(crate) use enable::enable;
pub(crate) use list::list;
pub(crate) use search::search;
pub(crate) use update::update;
pub(crate) use update_email::update_email;
pub(crate) use update_profile_picture::update_profile_picture;
pub(crate) use update_role::update_role;
pub(crate) use update_secret::update_secret;
pub(crate) use update_tags::update_tags;
pub(crate) use update_username::update_username;
pub(crate) use view::view;
pub(crate) use view_profile::view_profile;

#[cfg(test)]
pub(crate) use create::NewUserBody;
