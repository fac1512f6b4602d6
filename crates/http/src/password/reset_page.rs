//! The page behind the link that sets a new password, and `POST /password/reset`, its form.

use actix_web::{HttpRequest, web};
use users_domain::Error;
use users_domain::model::Proof;
use utoipa::ToSchema;

use super::new_password::NewPassword;
use crate::answer::Answer;
use crate::extract::mailed_code::{TOKEN, proof};
use crate::extract::{Call, Form, Parameters};
use crate::openapi::parameters::MailedCode;
use crate::openapi::{RESET, fields};
use crate::pages::{self, ResetSecretPage};
use crate::state::Api;

const TITLE: &str = "Set a new password";
const FAILED: &str = "Your password was not changed";

/// See the page behind a mailed link.
#[utoipa::path(
    get, path = "/password/reset", tag = RESET, operation_id = "reset_page",
    params(MailedCode),
    responses(
        (status = 200, description = "A page with a form.", body = String, content_type = "text/html"),
        (status = 400, description = "A page that says that the link is not good.", body = String, content_type = "text/html"),
        (
            status = 503, description = "A page that asks for patience.",
            body = String, content_type = "text/html",
            headers(("Retry-After" = u64, description = "When to try again, in seconds.")),
        ),
    ),
)]
pub(crate) async fn reset_page(api: web::Data<Api>, request: HttpRequest) -> Answer {
    let query = Parameters::parse(request.query_string());
    match good_token(&api, &query).await {
        Ok(token) => pages::question(&ResetSecretPage {
            title: TITLE,
            token: &token,
            fault: None,
        }),
        Err(error) => pages::failed(FAILED, error),
    }
}

async fn good_token(api: &Api, query: &Parameters<'_>) -> Result<String, Error> {
    let token = query.value(TOKEN)?.unwrap_or_default();
    api.users().recovery.check(&proof(Some(&token))?).await?;
    Ok(token)
}

/// What the form sends.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what is read parameter by parameter")]
struct ResetSecretForm {
    #[schema(schema_with = fields::form_code)]
    token: String,
    #[serde(flatten)]
    new: NewPassword,
}

/// Set a new password by the form of the page.
///
/// Whatever can be put right is asked for again.
#[utoipa::path(
    post, path = "/password/reset", tag = RESET, operation_id = "reset_secret_by_form",
    request_body(content = ResetSecretForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "A page that says so.", body = String, content_type = "text/html")),
)]
pub(crate) async fn reset_secret_by_form(api: web::Data<Api>, call: Call<Form>) -> Answer {
    let (token, proof) = match sent_token(&call.input.fields()) {
        Ok(found) => found,
        Err(error) => return pages::failed(FAILED, error),
    };
    match reset(&api, &call, &proof).await {
        Ok(()) => pages::done(
            "Your password is changed",
            "You can close this page and sign in with the new password.",
        ),
        Err(Error::InvalidCode) => pages::failed(FAILED, Error::InvalidCode),
        Err(error) => {
            let page = ResetSecretPage {
                title: TITLE,
                token: &token,
                fault: Some(pages::sentence(&error)),
            };
            pages::again(&page, &error.into())
        }
    }
}

fn sent_token(fields: &Parameters<'_>) -> Result<(String, Proof), Error> {
    let token = fields.value(TOKEN)?.unwrap_or_default();
    let proof = proof(Some(&token))?;
    Ok((token, proof))
}

async fn reset(api: &Api, call: &Call<Form>, proof: &Proof) -> Result<(), Error> {
    let users = api.users();
    let fields = call.input.fields();
    let new = NewPassword::take(|field| fields.value(field))?;
    let password = new.accept(&users.settings().password_policy)?;
    users
        .recovery
        .reset_secret(&call.context, proof, &password)
        .await?;
    Ok(())
}
