//! `GET /.well-known/jwks.json`: the public keys that tokens are verified with (RFC 7517).

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, web};

use crate::answer::Answer;
use crate::state::Api;

/// What the platform's auth service says about its own keys; verifiers rely on it.
const CACHING: &str = "public, max-age=900, stale-while-revalidate=60";

pub(crate) async fn key_set(api: web::Data<Api>) -> Answer {
    let mut keys = api.keys().key_set();
    keys.push('\n');
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::json())
        .insert_header((header::CACHE_CONTROL, CACHING))
        .body(keys))
}
