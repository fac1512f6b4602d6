//! `GET /verify-email`: prove an address by a mailed code.
//!
//! Programs prove it by the request alone, as the platform's SDKs do. People are shown a page that
//! asks first, and HEAD, like a request that says it is made ahead of time, is told what GET would
//! be without doing it: neither a browser that looks ahead nor a scanner that reads mails before
//! people do uses a code up.

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, web};

use super::verify_email_page::ask;
use crate::answer::{Answer, empty};
use crate::extract::mailed_code::{TOKEN, address_proof};
use crate::extract::{Call, Parameters};
use crate::openapi::VERIFICATION;
use crate::openapi::parameters::VerificationCode;
use crate::pages;
use crate::state::Api;

/// Prove an address by a mailed code.
///
/// Also at `/users/verify-email`. A client whose `Accept` lists `text/html` gets a page and changes
/// nothing. HEAD and prefetches change nothing either. On a database taken over from the deployed
/// service, the links that it mailed work too.
#[utoipa::path(
    get, path = "/verify-email", tag = VERIFICATION, operation_id = "verify_email",
    params(VerificationCode),
    responses((
        status = 200, content_type = "text/html", body = String,
        description = "The address is verified, and there is no body; or, for a browser, a page that asks first.",
    )),
)]
pub(crate) async fn verify_email(
    api: web::Data<Api>,
    request: HttpRequest,
    call: Call<()>,
) -> Answer {
    let query = Parameters::parse(request.query_string());
    if pages::wanted(request.headers()) {
        return ask(&api, &query).await;
    }
    let proof = address_proof(query.value(TOKEN)?.as_deref())?;
    let verification = &api.users().verification;
    if request.method() == Method::HEAD || is_ahead_of_time(request.headers()) {
        verification.check(&proof).await?;
    } else {
        verification.verify_email(&call.context, &proof).await?;
    }
    Ok(empty(StatusCode::OK))
}

/// What browsers say when nobody has clicked yet: `Sec-Purpose` (Fetch standard), and the names that
/// it had before.
fn is_ahead_of_time(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .into_iter()
        .flat_map(|name| headers.get_all(name))
        .filter_map(|value| value.to_str().ok())
        .map(str::to_ascii_lowercase)
        .any(|purpose| purpose.contains("prefetch") || purpose.contains("preview"))
}
