//! The page behind the link that proves an address, and `POST /verify-email`, its button.

use actix_web::web;
use users_domain::Error;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::extract::mailed_code::{TOKEN, address_proof};
use crate::extract::{Call, Form, Parameters};
use crate::openapi::{VERIFICATION, fields};
use crate::pages::{self, VerifyEmailPage};
use crate::state::Api;

const TITLE: &str = "Verify your e-mail address";
const FAILED: &str = "Your e-mail address was not verified";

/// Shows the button, if the link is good.
pub(super) async fn ask(api: &Api, query: &Parameters<'_>) -> Answer {
    match good_token(api, query).await {
        Ok(token) => pages::question(&VerifyEmailPage {
            title: TITLE,
            token: &token,
        }),
        Err(error) => pages::failed(FAILED, error),
    }
}

async fn good_token(api: &Api, query: &Parameters<'_>) -> Result<String, Error> {
    let token = query.value(TOKEN)?.unwrap_or_default();
    let verification = &api.users().verification;
    verification.check(&address_proof(Some(&token))?).await?;
    Ok(token)
}

/// What the button sends.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read parameter by parameter")]
struct VerifyEmailForm {
    #[schema(schema_with = fields::verification_code)]
    token: String,
}

/// Prove an address by the button of the page.
#[utoipa::path(
    post, path = "/verify-email", tag = VERIFICATION, operation_id = "verify_email_by_form",
    request_body(content = VerifyEmailForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page that says so.", body = String, content_type = "text/html")),
)]
pub(crate) async fn verify_email_by_form(api: web::Data<Api>, call: Call<Form>) -> Answer {
    match verify(&api, &call).await {
        Ok(()) => pages::done(
            "Your e-mail address is verified",
            "Thank you. You can close this page.",
        ),
        Err(error) => pages::failed(FAILED, error),
    }
}

async fn verify(api: &Api, call: &Call<Form>) -> Result<(), Error> {
    let token = call.input.fields().value(TOKEN)?;
    let proof = address_proof(token.as_deref())?;
    let verification = &api.users().verification;
    verification.verify_email(&call.context, &proof).await?;
    Ok(())
}
