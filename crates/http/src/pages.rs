//! The few pages that people see: what the links in mails lead to.
//!
//! They work without scripts and below any path, load nothing, and are shown in no frame. The code
//! in a link is as good as a key, so no page tells its address to another place, and no cache
//! keeps it.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HeaderMap, HeaderValue, REFERRER_POLICY,
};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use users_domain::error::{Error, Invalid};

use crate::accept;
use crate::answer::Answer;
use crate::error::Refusal;
use crate::extract::mailed_code::TOKEN;

/// Stands in every page; its digest is all that the policy lets through.
const STYLE: &str = include_str!("../templates/style.css");

/// Content Security Policy, level 3.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
});

/// Asks whether the address shall be verified: mail scanners follow links, people press buttons.
#[derive(Template)]
#[template(path = "verify_email.html")]
pub(crate) struct VerifyEmailPage<'a> {
    pub(crate) title: &'static str,
    pub(crate) token: &'a str,
}

/// Asks for a new password, and says what was wrong with the one before.
#[derive(Template)]
#[template(path = "reset_secret.html")]
pub(crate) struct ResetSecretPage<'a> {
    pub(crate) title: &'static str,
    pub(crate) token: &'a str,
    pub(crate) fault: Option<String>,
}

/// Says how something ended.
#[derive(Template)]
#[template(path = "outcome.html")]
struct OutcomePage<'a> {
    title: &'static str,
    message: &'a str,
    failed: bool,
}

/// Whether a request comes from a browser that shows its answer to a person.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    accept::lists(headers, "text/html")
}

/// A page that asks for something.
pub(crate) fn question(page: &impl Template) -> Answer {
    written(StatusCode::OK, page)
}

/// The same page again, because something was wrong.
pub(crate) fn again(page: &impl Template, refusal: &Refusal) -> Answer {
    let mut answer = written(refusal.status(), page)?;
    for (name, value) in refusal.headers() {
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
}

/// The page after something was done.
pub(crate) fn done(title: &'static str, message: &str) -> Answer {
    let page = OutcomePage {
        title,
        message,
        failed: false,
    };
    written(StatusCode::OK, &page)
}

/// The page after something was not done.
pub(crate) fn failed(title: &'static str, error: Error) -> Answer {
    let page = OutcomePage {
        title,
        message: &sentence(&error),
        failed: true,
    };
    again(&page, &error.into())
}

/// An error as a person is told of it.
pub(crate) fn sentence(error: &Error) -> String {
    let text = match error {
        Error::Invalid(Invalid { field, reason }) => {
            let subject = match *field {
                "password" => "the new password",
                "confirm_password" => "the repeated password",
                TOKEN => "the code in the link",
                other => other,
            };
            format!("{subject} {reason}")
        }
        Error::Busy { .. } | Error::Unavailable { .. } => {
            "this does not work right now, try again a little later".to_owned()
        }
        other => other.to_string(),
    };
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

fn written(status: StatusCode, page: &impl Template) -> Answer {
    let text = page.render().map_err(|error| Refusal::internal(&error))?;
    Ok(HttpResponse::build(status)
        .insert_header(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .insert_header((REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .body(text))
}
