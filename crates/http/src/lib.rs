//! The HTTP API of users as a library on actix-web.
//!
//! [`serve`] answers on sockets that the caller has bound; [`configure`] mounts the API in an
//! actix-web app of the caller's own. Both need an [`Api`]: the services and what they are shown
//! with.
//!
//! Read the source in this order: `routes`, the table of contents; `extract`, what every request
//! is read with; one file an operation under `users`, `tokens`, `verification` and `password`;
//! `error`, the one table from what happened to what the client is told; `pages`, what people see
//! who follow a mailed link; `middleware`, what is done round every request.
//!
//! What holds everywhere:
//!
//! - **The order of checks**: who asks, content type, body or query, values, rights about values.
//!   A bad token is 401 whatever else the request holds.
//! - **Strict about what it knows, indifferent to the rest.** Unknown members and parameters are
//!   ignored. A known one is refused, and named, if it has the wrong type, is given twice, is not
//!   UTF-8, holds U+0000 (passwords that are compared may) or is nested too deep. Member names keep
//!   their case; `null` is the same as absent, but in changes, where it takes away what can be empty.
//! - **Versions**: every answer with one whole account has an `ETag`; with `If-Match`, a change is
//!   made only to the account as it was seen (412 otherwise).
//! - **A mailed code is used up by POST and PUT**, and by a GET of a program's, but neither by HEAD
//!   nor by a browser that shows a page.
//! - **Bounded**: a body has at most [`MAX_BODY_BYTES`] and fifteen seconds to arrive
//!   ([`Api::with_body_timeout`]), and all together hold at most 64 MiB while they do
//!   ([`Api::with_body_budget`]). So do all large answers while they are sent
//!   ([`Api::with_answer_budget`]). On the sockets of [`serve`], heads and the taking of answers have
//!   limits too ([`ServerSettings`]), and a chunked request is the last of its connection. A request
//!   is worked on for 9.5 s ([`Api::with_working_time`]), the arrival of its body aside; then it is
//!   answered 503.
//! - **Errors** are JSON, `{"message", "code", "request_id"}` and `"field"` where one is to blame;
//!   with `Accept: application/problem+json` they are RFC 9457. [`errors_md`] prints the codes.
//! - **Every answer** carries `X-Request-Id`, taken over from the request where it is fit for a
//!   log; so does every log line, within the span `request`. Only what actix-web answers before
//!   there is a request goes without: a malformed head (400), too large a head (431), a head that
//!   never arrives (408), anything after a chunked request (400).
//! - **Probes** need no token and wait for nothing: `/livez` is 200 while the process lives, `/readyz`
//!   is 503 while a [`Readiness`] ([`Api::with_readiness`]) knows of something that is away.
//! - **Nothing is kept by caches** but the published keys and the files of the page at `/docs`.
//! - A client that goes away does not end its request: what was begun is finished.
//!
//! A program with an app of its own mounts the API where it likes:
//!
//! ```no_run
//! # fn mount(api: &users_http::Api) {
//! use actix_web::{App, web};
//!
//! let accounts = web::scope("/accounts").configure(users_http::configure(api));
//! let app = App::new().service(accounts);
//! # }
//! ```

mod accept;
pub mod account_record;
mod answer;
mod byte_budget;
mod docs;
mod enums;
mod error;
mod extract;
mod health;
mod key_set;
mod liveness;
mod metrics;
mod middleware;
mod openapi;
mod pages;
mod password;
mod readiness;
mod routes;
mod server;
mod state;
mod tokens;
mod users;
mod verification;

pub use enums::EnumFormat;
pub use error::errors_md;
pub use extract::MAX_BODY_BYTES;
pub use openapi::openapi;
pub use readiness::{Check, CheckState, Readiness};
pub use routes::configure;
pub use server::{ServerSettings, serve};
pub use state::{About, Api, ApiSettings};
