//! Writing answers.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use serde::Serialize;

use crate::error::Refusal;

/// What a handler gives back.
pub(crate) type Answer = Result<HttpResponse, Refusal>;

/// A JSON document, ended by a newline as clients of the platform know it.
pub(crate) fn json(status: StatusCode, document: &impl Serialize) -> Answer {
    let body = json_bytes(document)?;
    Ok(HttpResponse::build(status)
        .insert_header(ContentType::json())
        .body(body))
}

/// The bytes of a JSON document.
pub(crate) fn json_bytes(document: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    let mut body = serde_json::to_vec(document).map_err(|error| Refusal::internal(&error))?;
    body.push(b'\n');
    Ok(body)
}
