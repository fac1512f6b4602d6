//! `GET /verify-email`: prove an address by a mailed code.
//!
//! Programs prove it by the request alone, as the platform's SDKs do. People are shown a page that
//! asks first, and HEAD says what GET would without doing it: neither a browser that looks ahead
//! nor a scanner that reads mails before people do uses a code up.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, web};

use super::verify_email_page::ask;
use crate::answer::{Answer, empty};
use crate::extract::mailed_code::{TOKEN, proof};
use crate::extract::{Call, Parameters};
use crate::pages;
use crate::state::Api;

pub(crate) async fn verify_email(
    api: web::Data<Api>,
    request: HttpRequest,
    call: Call<()>,
) -> Answer {
    let query = Parameters::parse(request.query_string());
    if pages::wanted(request.headers()) {
        return ask(&api, &query).await;
    }
    let proof = proof(query.value(TOKEN)?.as_deref())?;
    let verification = &api.users().verification;
    if request.method() == Method::HEAD {
        verification.check(&proof).await?;
    } else {
        verification.verify_email(&call.context, &proof).await?;
    }
    Ok(empty(StatusCode::OK))
}
