//! Proving e-mail addresses.

mod send_verification;
mod verify_email;
mod verify_email_page;

pub(crate) use send_verification::send_verification;
pub(crate) use verify_email::verify_email;
pub(crate) use verify_email_page::verify_email_by_form;
