//! `GET /docs`: the API to read and to try, as a page that loads nothing from elsewhere.
//!
//! The page is Swagger UI with the document of `openapi`; its files are in the binary.

mod packed;

use actix_web::http::header::{
    ACCEPT_ENCODING, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ContentType, Encoding, Header as _, REFERRER_POLICY, VARY, X_FRAME_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::Deserialize;

use crate::answer::{Answer, Sliced};
use crate::error::{Plain, Problem, Refusal};
use crate::openapi::SERVICE;

use packed::Packed;

const PAGE: &str = include_str!("../templates/docs.html");
const STYLE: &str = include_str!("../templates/docs.css");
/// Starts Swagger UI: the policy lets no script through that stands in the page.
const SCRIPT: &str = include_str!("../templates/docs.js");

/// What the page loads.
pub(crate) const ASSETS: [&str; 4] = [
    "page.css",
    "page.js",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
];

static SWAGGER_SCRIPT: Packed = Packed::new(include_bytes!(concat!(
    env!("OUT_DIR"),
    "/swagger-ui-bundle.js.gz"
)));
static SWAGGER_STYLE: Packed = Packed::new(include_bytes!(concat!(
    env!("OUT_DIR"),
    "/swagger-ui.css.gz"
)));

/// Content Security Policy, level 3: everything from here; Swagger UI brings its icons as `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; \
    base-uri 'none'";

/// The files change with the binary only.
const CACHING: &str = "public, max-age=3600";

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Read and try the API.
///
/// A page for browsers, which loads nothing from elsewhere.
#[utoipa::path(
    get, path = "/docs", tag = SERVICE, operation_id = "docs",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn docs() -> Answer {
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .body(PAGE))
}

/// A file of the page.
#[derive(Deserialize)]
pub(crate) struct Asset {
    /// The name of the file.
    asset: String,
}

/// Get a file of the page at `/docs`.
#[utoipa::path(
    get, path = "/docs/{asset}", tag = SERVICE, operation_id = "docs_asset",
    params(Asset),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/javascript"),
            (String = "text/css"),
        )),
        (status = 404, description = "`no_such_path`: nothing is at this path.", content(
            (Plain = "application/json"),
            (Problem = "application/problem+json"),
        )),
    ),
)]
pub(crate) async fn asset(request: HttpRequest, path: web::Path<Asset>) -> Answer {
    match path.asset.as_str() {
        "page.css" => Ok(file(CSS).body(STYLE)),
        "page.js" => Ok(file(JAVASCRIPT).body(SCRIPT)),
        "swagger-ui.css" => unpacked_if_need_be(&SWAGGER_STYLE, CSS, &request),
        "swagger-ui-bundle.js" => unpacked_if_need_be(&SWAGGER_SCRIPT, JAVASCRIPT, &request),
        _ => Err(Refusal::no_such_path()),
    }
}

fn file(kind: &'static str) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CACHE_CONTROL, CACHING));
    answer
}

fn unpacked_if_need_be(packed: &Packed, kind: &'static str, request: &HttpRequest) -> Answer {
    let mut answer = file(kind);
    answer.insert_header((VARY, ACCEPT_ENCODING.as_str()));
    if reads_gzip(request) {
        answer.insert_header((CONTENT_ENCODING, "gzip"));
        return Ok(answer.body(Sliced::shared(packed.gzip())));
    }
    let plain = packed.plain().map_err(|error| Refusal::internal(&error))?;
    Ok(answer.body(Sliced::shared(plain)))
}

/// Whether gzip is what the client reads best (RFC 9110, section 12.5.3). Who refuses everything, or
/// says it in a way that cannot be read, gets the file as it is.
fn reads_gzip(request: &HttpRequest) -> bool {
    let choices = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate(choices.iter()) == Some(Encoding::gzip()))
}
