//! `GET /readyz`: whether the process can serve requests now, and what it lacks if it cannot.
//!
//! The document is that of "Health Check Response Format for HTTP APIs"
//! (draft-inadarei-api-health-check), as `/health`'s is.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{self, Answer};
use crate::error::RETRY_AFTER;
use crate::openapi::SERVICE;
use crate::state::Api;

/// The path, which also names the route in the log.
pub(crate) const PATH: &str = "/readyz";

/// Knows how what the service depends on was when somebody last looked.
///
/// It is asked by every request to `/readyz`, on a thread that answers others too: it answers from
/// memory and never waits for what it tells of.
pub trait Readiness: Send + Sync {
    /// One check for each thing that the service cannot do without.
    fn checks(&self) -> Vec<Check>;

    /// Whether all that stands before the first request is done. Until then every operation on accounts
    /// is refused as `unavailable`: nobody may, say, take the address of the first administrator before
    /// he is made. Once true, it stays true; what goes away later is told by those who miss it.
    fn has_started(&self) -> bool;
}

/// How one thing is that the service cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What it is called, such as `store`.
    pub component: &'static str,
    /// How it was when it was last looked at.
    pub state: CheckState,
}

/// A state, with a few words for people. The words are part of the program, so they hold no secret
/// and no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// All is well.
    Pass,
    /// Requests are served, but not all of them, or not as they should be: `read-only`.
    Warn(&'static str),
    /// It is away, and requests cannot be served: `not reachable`.
    Fail(&'static str),
}

/// What is ready and what is away.
#[derive(Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct Document {
    /// The worst of all checks.
    status: Status,
    /// By what was looked at.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    checks: BTreeMap<&'static str, Vec<Checked>>,
}

/// How one thing is.
#[derive(Serialize, ToSchema)]
#[schema(as = ReadinessCheck)]
struct Checked {
    status: Status,
    /// A few words for people, where not all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = ReadinessStatus)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pass,
    Warn,
    Fail,
}

/// Ask whether requests can be served now.
#[utoipa::path(
    get, path = "/readyz", tag = SERVICE, operation_id = "readyz",
    responses(
        (
            status = 200, description = "They can, some perhaps not: then `checks` says what is wrong.",
            body = Document, content_type = "application/health+json",
        ),
        (
            status = 503, description = "They cannot: `checks` names what is away.",
            headers(("Retry-After" = u64, description = "When to ask again, in seconds.")),
            body = Document, content_type = "application/health+json",
        ),
    ),
)]
pub(crate) async fn readyz(api: web::Data<Api>) -> Answer {
    let checks = api.readiness().map(Readiness::checks).unwrap_or_default();
    let document = Document::of(&checks);
    let mut answer = match document.status {
        Status::Pass | Status::Warn => HttpResponse::build(StatusCode::OK),
        Status::Fail => {
            let mut answer = HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE);
            answer.insert_header((header::RETRY_AFTER, RETRY_AFTER.as_secs()));
            answer
        }
    };
    Ok(answer
        .insert_header((header::CONTENT_TYPE, "application/health+json"))
        .body(answer::json_bytes(&document)?))
}

impl Document {
    fn of(checks: &[Check]) -> Self {
        let mut document = Self {
            status: Status::Pass,
            checks: BTreeMap::new(),
        };
        for Check { component, state } in checks {
            let (status, output) = match *state {
                CheckState::Pass => (Status::Pass, None),
                CheckState::Warn(why) => (Status::Warn, Some(why)),
                CheckState::Fail(why) => (Status::Fail, Some(why)),
            };
            document.status = document.status.max(status);
            let told = document.checks.entry(component).or_default();
            told.push(Checked { status, output });
        }
        document
    }
}
