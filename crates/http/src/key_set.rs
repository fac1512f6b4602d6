//! `GET /.well-known/jwks.json`: the public keys that tokens are verified with (RFC 7517).

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, web};
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::error::{Plain, Problem, Refusal};
use crate::openapi::SERVICE;
use crate::state::Api;

/// What the platform's auth service says about its own keys; verifiers rely on it.
const CACHING: &str = "public, max-age=900, stale-while-revalidate=60";

/// Public keys (RFC 7517, section 5).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the port writes")]
struct KeySet {
    keys: Vec<Key>,
}

/// A public key (RFC 7517, section 4).
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what the port writes")]
struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
}

/// Get the public keys that tokens are verified with.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = SERVICE, operation_id = "key_set",
    responses(
        (status = 200, description = "A JSON Web Key Set (RFC 7517).", body = KeySet),
        (status = 404, description = "`no_such_path`: tokens are issued by another service, which \
            publishes their keys.", content(
            (Plain = "application/json"),
            (Problem = "application/problem+json"),
        )),
    ),
)]
pub(crate) async fn key_set(api: web::Data<Api>) -> Answer {
    // An empty set would have a verifier refuse every token, and nobody would see why.
    let mut keys = api.keys().ok_or_else(Refusal::no_such_path)?.key_set();
    keys.push('\n');
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::json())
        .insert_header((header::CACHE_CONTROL, CACHING))
        .body(keys))
}
