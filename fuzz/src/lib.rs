//! What strangers send, thrown at every parser that meets it.
//!
//! A target takes any bytes and panics if a promise is broken: not only "it does not panic", but
//! what holds of everything that is accepted, and of every refusal. The same functions are run by
//! cargo-fuzz (`cargo xtask fuzz`; the programs are in `fuzz_targets`), which looks for bytes that
//! break one, and by `tests/replay.rs`, which gives them the seeds in `corpus` again, so that
//! neither can rot.
//!
//! Parsers of the HTTP API are reached through the API itself ([`body`], [`query`], [`header`],
//! [`token`]): so whatever the parsers let through meets the services behind them too.
#![expect(
    clippy::expect_used,
    reason = "a target that cannot be set up must panic, as one that found something"
)]

mod answer;
mod api;
mod body;
mod cursor;
mod duration;
mod email;
mod embedded_auth;
mod header;
mod mail;
mod password_hash;
mod profile;
mod query;
mod settings;
mod template;
mod text;
mod token;

pub use body::body;
pub use cursor::cursor;
pub use duration::duration;
pub use email::email;
pub use header::header;
pub use mail::mail;
pub use password_hash::password_hash;
pub use profile::profile;
pub use query::query;
pub use settings::settings;
pub use template::{forgive_caught_panics, template};
pub use token::token;

/// A function that must hold its promises whatever it is given.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of its program, of its folder of seeds and of its dictionary.
    pub name: &'static str,
    /// Takes one input; panics if a promise is broken.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 12] = [
    Target {
        name: "body",
        run: body,
    },
    Target {
        name: "cursor",
        run: cursor,
    },
    Target {
        name: "duration",
        run: duration,
    },
    Target {
        name: "email",
        run: email,
    },
    Target {
        name: "header",
        run: header,
    },
    Target {
        name: "mail",
        run: mail,
    },
    Target {
        name: "password_hash",
        run: password_hash,
    },
    Target {
        name: "profile",
        run: profile,
    },
    Target {
        name: "query",
        run: query,
    },
    Target {
        name: "settings",
        run: settings,
    },
    Target {
        name: "template",
        run: template,
    },
    Target {
        name: "token",
        run: token,
    },
];
