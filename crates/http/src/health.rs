//! `GET /health`: that the process answers, and which one it is.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::state::Api;

/// The document, as the platform's other services write it.
#[derive(Serialize)]
struct Health<'a> {
    status: &'static str,
    version: &'a str,
    commit: &'a str,
    description: &'static str,
    build_time: &'a str,
    instance_id: &'a str,
}

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
