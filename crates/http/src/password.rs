//! A new password for somebody who lost his.

mod new_password;
mod reset_page;
mod reset_secret;
mod send_password_reset;

pub(crate) use reset_page::{
    __path_reset_page, __path_reset_secret_by_form, reset_page, reset_secret_by_form,
};
pub(crate) use reset_secret::{__path_reset_secret, reset_secret};
pub(crate) use send_password_reset::{__path_send_password_reset, send_password_reset};
