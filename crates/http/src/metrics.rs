//! `GET /metrics`: every metric of the process in Prometheus' text format.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use prometheus::TextEncoder;

use crate::answer::Answer;
use crate::error::{Plain, Problem, Refusal};
use crate::openapi::SERVICE;
use crate::state::Api;

/// Scrape the metrics.
#[utoipa::path(
    get, path = "/metrics", tag = SERVICE, operation_id = "metrics",
    responses(
        (status = 200, description = "Prometheus' text format.", body = String, content_type = "text/plain"),
        (
            status = 503, description = "`busy`: too many large answers are sent at once.",
            headers(("Retry-After" = u64, description = "When to try again, in seconds.")),
            content((Plain = "application/json"), (Problem = "application/problem+json")),
        ),
    ),
)]
pub(crate) async fn metrics(api: web::Data<Api>) -> Answer {
    let text = TextEncoder::new()
        .encode_to_string(&api.registry().gather())
        .map_err(|error| Refusal::internal(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ))
        .body(text))
}
