//! The API as an OpenAPI 3.1 document, and `GET /openapi.json`.
//!
//! Each handler describes what it is asked with and what it answers when all goes well; what
//! follows from elsewhere is added here: who may ask, from the table of rights, and how an
//! operation can be refused, from `refusals`.

pub(crate) mod fields;
pub(crate) mod parameters;
mod refusals;

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use users_domain::authorization::{AccessPolicy, Bearer, Operation};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation as Described, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Header, OpenApi as Document, RefOr, Response, ServerBuilder};
use utoipa::{Modify, OpenApi as _};

use crate::answer::{Answer, Sliced};
use crate::error::{Plain, Problem};
use crate::routes;

/// Groups of operations.
pub(crate) const ACCOUNTS: &str = "Accounts";
pub(crate) const SESSIONS: &str = "Sessions";
pub(crate) const VERIFICATION: &str = "E-mail verification";
pub(crate) const RESET: &str = "Password reset";
pub(crate) const SERVICE: &str = "Service";

const ACCESS_TOKEN: &str = "access_token";
const REFRESH_TOKEN: &str = "refresh_token";

const DESCRIPTION: &str = "\
Register, log in and manage users.

- Unknown members and parameters are ignored. A known one is refused, and named in `field`, if it has \
the wrong type, is given twice, is not UTF-8, holds U+0000 or is nested deeper than 64 levels. `null` \
is the same as absent, but in changes, where it takes away what can be empty.
- Every path that knows GET knows HEAD. Another method is 405 `method_not_allowed` with `Allow`, \
another path 404 `no_such_path`, a fault of the service 500 `internal_error`.
- Errors are JSON; with `Accept: application/problem+json` they are RFC 9457.
- Every answer with one whole account has an `ETag`; with `If-Match`, a change is made only to the \
account as it was seen.
- Every answer has an `X-Request-Id`: the request's, if it sent one that is fit for a log.";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Users", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(
        crate::users::create,
        crate::users::list,
        crate::users::view_profile,
        crate::users::search,
        crate::users::update_secret,
        crate::users::view,
        crate::users::update,
        crate::users::delete,
        crate::users::update_username,
        crate::users::update_profile_picture,
        crate::users::update_tags,
        crate::users::update_email,
        crate::users::update_role,
        crate::users::enable,
        crate::users::disable,
        crate::tokens::issue,
        crate::tokens::refresh,
        crate::tokens::list,
        crate::tokens::revoke,
        crate::verification::send_verification,
        crate::verification::verify_email,
        crate::verification::verify_email_by_form,
        crate::password::send_password_reset,
        crate::password::reset_page,
        crate::password::reset_secret_by_form,
        crate::password::reset_secret,
        crate::health::health,
        crate::liveness::livez,
        crate::readiness::readyz,
        crate::metrics::metrics,
        crate::key_set::key_set,
        crate::openapi::openapi_json,
        crate::docs::docs,
        crate::docs::asset,
    ),
    components(schemas(Plain, Problem)),
    tags(
        (name = ACCOUNTS, description = "Who there is."),
        (name = SESSIONS, description = "Signing in and staying signed in."),
        (name = VERIFICATION, description = "Whose address it is."),
        (name = RESET, description = "For those who lost their password."),
        (name = SERVICE, description = "The service itself."),
    ),
    modifiers(&WhatFollows),
)]
struct Api;

/// The document, as `/openapi.json` shows it.
pub fn openapi() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        // A tree of maps and texts always serializes.
        Api::openapi().to_pretty_json().unwrap_or_default()
    });
    &TEXT
}

/// Get this document.
#[utoipa::path(
    get, path = "/openapi.json", tag = SERVICE, operation_id = "openapi_json",
    responses((status = 200, description = "OpenAPI 3.1.", body = serde_json::Value)),
)]
pub(crate) async fn openapi_json() -> Answer {
    let document = Bytes::from_static(openapi().as_bytes());
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::json())
        .body(Sliced::shared(document)))
}

/// Adds to what handlers say of themselves what follows from elsewhere.
struct WhatFollows;

impl Modify for WhatFollows {
    fn modify(&self, document: &mut Document) {
        document.info.description = Some(DESCRIPTION.to_owned());
        // Below whatever the document lies at.
        let server = ServerBuilder::new()
            .url(".")
            .description(Some("This service"));
        document.servers = Some(vec![server.build()]);
        if let Some(components) = &mut document.components {
            for (name, description) in [
                (
                    ACCESS_TOKEN,
                    "An access token; where nothing is changed, a personal access token too.",
                ),
                (REFRESH_TOKEN, "A refresh token."),
            ] {
                let scheme = HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .description(Some(description))
                    .build();
                components.add_security_scheme(name, SecurityScheme::Http(scheme));
            }
        }
        for endpoint in routes::endpoints() {
            let Some(item) = document.paths.paths.get_mut(endpoint.path()) else {
                continue;
            };
            for (method, operation) in endpoint.operations() {
                if let Some(described) = operation_mut(item, method) {
                    described.security = Some(security(*operation));
                    refusals::describe(*operation, described);
                }
            }
            for described in every_operation(item) {
                describe_headers(described);
            }
        }
    }
}

/// What must come along (the operator may ask for more at a registration).
fn security(operation: Operation) -> Vec<SecurityRequirement> {
    let with = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
    match operation.rule(AccessPolicy::default()).bearer {
        Bearer::Ignored => Vec::new(),
        Bearer::Optional => vec![SecurityRequirement::default(), with(ACCESS_TOKEN)],
        Bearer::Access => vec![with(ACCESS_TOKEN)],
        Bearer::Refresh => vec![with(REFRESH_TOKEN)],
    }
}

fn operation_mut<'i>(item: &'i mut PathItem, method: &Method) -> Option<&'i mut Described> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}

fn every_operation(item: &mut PathItem) -> impl Iterator<Item = &mut Described> {
    let PathItem {
        get,
        post,
        put,
        patch,
        delete,
        ..
    } = item;
    [get, post, put, patch, delete].into_iter().flatten()
}

/// Describes the headers that follow from what an answer holds.
fn describe_headers(described: &mut Described) {
    for response in described.responses.responses.values_mut() {
        let RefOr::T(response) = response else {
            continue;
        };
        response.headers.insert(
            "X-Request-Id".to_owned(),
            RefOr::T(header("What the log names the request by.")),
        );
        if holds_account(response) {
            response.headers.insert(
                "ETag".to_owned(),
                RefOr::T(header(
                    "The version of the account, where all of it is shown.",
                )),
            );
        }
    }
}

fn holds_account(response: &Response) -> bool {
    response.content.values().any(|content| {
        matches!(content, RefOr::T(content)
            if matches!(&content.schema, Some(RefOr::Ref(schema)) if schema.ref_location.ends_with("/User")))
    })
}

fn header(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .build()
}

#[cfg(test)]
mod tests;
