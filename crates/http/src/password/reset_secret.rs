//! `PUT /password/reset`: set a new password by a mailed code.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use serde::Serialize;
use users_domain::error::{Error, Invalid};
use users_domain::model::OneTimeCode;

use super::new_password::NewPassword;
use crate::answer::{Answer, json};
use crate::extract::mailed_code::{TOKEN, proof};
use crate::extract::{Body, Call, FromMembers, Members, Parameters, bearer};
use crate::state::Api;

/// What the platform's clients read.
#[derive(Serialize)]
struct Nothing {}

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
pub(crate) struct ResetBody {
    token: Option<String>,
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
