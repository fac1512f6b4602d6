//! `PUT /password/reset`: set a new password by a mailed code.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::Serialize;
use users_domain::error::{Error, Invalid};
use users_domain::model::OneTimeCode;
use utoipa::ToSchema;

use super::new_password::NewPassword;
use crate::answer::{Answer, json};
use crate::extract::mailed_code::{TOKEN, proof};
use crate::extract::{Body, Call, FromMembers, Members, Parameters, bearer};
use crate::openapi::parameters::OptionalCode;
use crate::openapi::{RESET, fields};
use crate::state::Api;

/// What the platform's clients read.
#[derive(Serialize, ToSchema)]
struct Nothing {}

/// Set a new password by a mailed code.
#[utoipa::path(
    put, path = "/password/reset", tag = RESET, operation_id = "reset_secret",
    params(OptionalCode),
    request_body = ResetBody,
    responses((status = 201, description = "The password is changed, and all tokens have ended.", body = Nothing)),
)]
pub(crate) async fn reset_secret(
    api: web::Data<Api>,
    request: HttpRequest,
    call: Call<Body<ResetBody>>,
) -> Answer {
    let users = api.users();
    let Body(ResetBody { token, new }) = call.input;
    let token = match token {
        Some(token) => Some(token),
        None => token_beside(&request)?,
    };
    let proof = proof(token.as_deref())?;
    let password = new.accept(&users.settings().password_policy)?;
    users
        .recovery
        .reset_secret(&call.context, &proof, &password)
        .await?;
    json(StatusCode::CREATED, &Nothing {})
}

/// The code where it does not stand in the body: as bearer token, as the platform's API has it, or
/// in the query, as the link has it. What stands in the head may be the token of a client that signs
/// everything it sends: then the query counts.
fn token_beside(request: &HttpRequest) -> Result<Option<String>, Error> {
    let bearer = bearer::read(request.headers());
    if let Ok(Some(bearer)) = &bearer
        && OneTimeCode::parse(bearer.expose()).is_some()
    {
        return Ok(Some(bearer.expose().to_owned()));
    }
    match (
        Parameters::parse(request.query_string()).value(TOKEN)?,
        bearer,
    ) {
        (Some(token), _) => Ok(Some(token)),
        (None, Ok(None)) => Ok(None),
        (None, _) => Err(Error::InvalidCode),
    }
}

/// The code and the new password.
#[derive(ToSchema)]
#[schema(as = SecretReset, examples(json!({
    "token": "5Jv0u3nFh2m1c1nq9o3XkqYgkQn4s5c7bY8Vq0uLw2E",
    "password": "correct horse battery staple",
    "confirm_password": "correct horse battery staple"
})))]
pub(crate) struct ResetBody {
    #[schema(schema_with = fields::mailed_code)]
    token: Option<String>,
    #[serde(flatten)]
    new: NewPassword,
}

impl FromMembers for ResetBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            token: members.text(TOKEN)?.filter(|token| !token.is_empty()),
            new: NewPassword::take(|field| members.secret(field))?,
        })
    }
}
