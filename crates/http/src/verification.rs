//! Proving e-mail addresses.

mod send_verification;
mod verify_email;
mod verify_email_page;

pub(crate) use send_verification::{__path_send_verification, send_verification};
pub(crate) use verify_email::{__path_verify_email, verify_email};
pub(crate) use verify_email_page::{__path_verify_email_by_form, verify_email_by_form};
