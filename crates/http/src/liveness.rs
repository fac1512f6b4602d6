//! `GET /livez`: that the process lives, whatever else is away.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{self, Answer};
use crate::openapi::SERVICE;

/// That the process lives.
#[derive(Serialize, ToSchema)]
#[schema(as = Liveness)]
pub(crate) struct Liveness {
    status: &'static str,
}

/// Ask whether the process lives.
///
/// One that does not answer is better started anew. One that waits for its store is not: that is what
/// `/readyz` tells.
#[utoipa::path(
    get, path = "/livez", tag = SERVICE, operation_id = "livez",
    responses((status = 200, description = "It does.", body = Liveness, content_type = "application/health+json")),
)]
pub(crate) async fn livez() -> Answer {
    let body = answer::json_bytes(&Liveness { status: "pass" })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/health+json"))
        .body(body))
}
