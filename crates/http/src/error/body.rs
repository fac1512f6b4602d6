//! How a refusal looks: plain JSON, or RFC 9457 for clients that ask for it.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap};
use serde::Serialize;
use users_domain::model::RequestId;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::{Code, Refusal};
use crate::{accept, answer};

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct Plain<'a> {
    /// For people; never the same for ever.
    message: &'a str,
    /// For programs; never changes its meaning.
    #[schema(schema_with = codes)]
    code: &'a str,
    /// What the log names the request by, as `X-Request-Id` does.
    request_id: &'a str,
    /// The member of the body, parameter or header to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// RFC 9457, section 3. The type is `about:blank`, so the title is the status in words; `code`
/// tells problems apart.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[schema(schema_with = codes)]
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// All codes, for the document.
fn codes() -> RefOr<Schema> {
    let codes = Code::ALL.map(Code::as_str);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(codes))
        .into()
}

impl Refusal {
    /// The answer; `problem` asks for RFC 9457.
    pub(crate) fn answer(&self, problem: bool, request_id: &RequestId) -> HttpResponse {
        let status = self.status();
        let (code, request_id) = (self.code.as_str(), request_id.as_str());
        let (kind, body) = if problem {
            let document = Problem {
                r#type: "about:blank",
                title: status.canonical_reason().unwrap_or_default(),
                status: status.as_u16(),
                detail: &self.message,
                code,
                request_id,
                field: self.field,
            };
            (PROBLEM, answer::json_bytes(&document))
        } else {
            let document = Plain {
                message: &self.message,
                code,
                request_id,
                field: self.field,
            };
            (JSON, answer::json_bytes(&document))
        };
        let mut answer = HttpResponse::build(status);
        answer.insert_header((header::CONTENT_TYPE, kind));
        for header in self.headers() {
            answer.insert_header(header);
        }
        // A struct of texts always serializes.
        answer.body(body.unwrap_or_default())
    }
}

/// Whether a client says that it reads RFC 9457.
pub(crate) fn wants_problem(headers: &HeaderMap) -> bool {
    accept::lists(headers, PROBLEM)
}
