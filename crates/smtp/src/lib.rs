//! Mails behind the port `Mailer`: what they say, how they look, and where they go.
//!
//! A [`Renderer`] turns a mail of the domain into a MIME message: it makes the link from the code
//! ([`Links`]), fills in a Go `text/template` ([`Templates`]), and signs as the [`Sender`]. The
//! mailers differ only in where they take the message:
//!
//! - [`FileMailer`] writes it into a folder and announces it: nothing else need be installed.
//! - [`LogMailer`] takes it nowhere.
//!
//! ```no_run
//! # fn open() -> Result<(), Box<dyn std::error::Error>> {
//! use std::{path::Path, sync::Arc};
//! use users_smtp::{FileMailer, LinkPrefix, Links, Renderer, Sender, Templates};
//!
//! let links = Links {
//!     verification: LinkPrefix::parse("http://localhost:9002/verify-email")?,
//!     reset: LinkPrefix::parse("http://localhost:9002/password/reset")?,
//! };
//! let sender = Sender::parse("Users", "users@example.com")?;
//! let renderer = Renderer::new(sender, links, Templates::builtin());
//! let mailer = FileMailer::open(
//!     Path::new("./data/mail"),
//!     renderer,
//!     Arc::new(|mail| { /* show mail.link to whoever develops */ }),
//! )?;
//! # Ok(()) }
//! ```

mod file;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod kind;
mod links;
mod log;
mod message;
mod recipient;
mod sender;
mod template;
mod templates;

pub use file::{Announce, Announcement, FileMailer, OpenError};
pub use kind::MailKind;
pub use links::{InvalidLinkPrefix, LinkPrefix, Links};
pub use log::LogMailer;
pub use message::{RenderedMail, Renderer};
pub use sender::{InvalidSender, Sender};
pub use templates::{TemplateError, Templates};
