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

pub(crate) use answer::UserAnswer;
pub(crate) use create::{__path_create, create};
pub(crate) use delete::{__path_delete, delete};
pub(crate) use disable::{__path_disable, disable};
pub(crate) use enable::{__path_enable, enable};
pub(crate) use list::{__path_list, list};
pub(crate) use search::{__path_search, search};
pub(crate) use update::{__path_update, update};
pub(crate) use update_email::{__path_update_email, update_email};
pub(crate) use update_profile_picture::{__path_update_profile_picture, update_profile_picture};
pub(crate) use update_role::{__path_update_role, update_role};
pub(crate) use update_secret::{__path_update_secret, update_secret};
pub(crate) use update_tags::{__path_update_tags, update_tags};
pub(crate) use update_username::{__path_update_username, update_username};
pub(crate) use view::{__path_view, view};
pub(crate) use view_profile::{__path_view_profile, view_profile};

#[cfg(test)]
pub(crate) use create::NewUserBody;
