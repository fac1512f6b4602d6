//! `GET /health`: that the process answers, and which one it is.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{self, Answer};
use crate::openapi::SERVICE;
use crate::state::Api;

/// The document, as the platform's other services write it.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct Health<'a> {
    status: &'static str,
    version: &'a str,
    commit: &'a str,
    description: &'static str,
    build_time: &'a str,
    instance_id: &'a str,
}

/// Ask whether the process answers.
#[utoipa::path(
    get, path = "/health", tag = SERVICE, operation_id = "health",
    responses((status = 200, description = "It does, and says which one it is.", body = Health, content_type = "application/health+json")),
)]
pub(crate) async fn health(api: web::Data<Api>) -> Answer {
    let about = &api.settings().about;
    let body = answer::json_bytes(&Health {
        status: "pass",
        version: &about.version,
        commit: &about.commit,
        description: "users service",
        build_time: &about.build_time,
        instance_id: &about.instance_id,
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/health+json"))
        .body(body))
}
