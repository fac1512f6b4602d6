//! `POST /users/tokens/issue`: exchange identity and password for a pair of tokens.

use std::borrow::Cow;

use actix_web::web;
use serde_json::json;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::services::Login;
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::answer::{TokensAnswer, tokens};
use crate::answer::Answer;
use crate::extract::{Body, Call, FromMembers, Members};
use crate::openapi::{SESSIONS, fields};
use crate::state::Api;

/// Exchange identity and password for a pair of tokens.
#[utoipa::path(
    post, path = "/users/tokens/issue", tag = SESSIONS, operation_id = "issue_token",
    request_body = LoginBody,
    responses((status = 201, description = "The tokens.", body = TokensAnswer)),
)]
pub(crate) async fn issue(api: web::Data<Api>, call: Call<Body<LoginBody>>) -> Answer {
    let Body(LoginBody { login }) = call.input;
    let pair = api
        .users()
        .credentials
        .issue_token(&call.context, login)
        .await?;
    tokens(&pair)
}

/// What somebody signs in with: `identity` and `secret`, or `username` and `password`, as the
/// platform's SDKs write them; `description`, if given, names the session.
///
/// Either member may have either name. Both names of one are accepted as long as they say the
/// same.
pub(crate) struct LoginBody {
    login: Login,
}

impl ToSchema for LoginBody {
    fn name() -> Cow<'static, str> {
        "Login".into()
    }
}

impl PartialSchema for LoginBody {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let needed = |name: &str| ObjectBuilder::new().property(name, text()).required(name);
        let either = |one, other| AnyOfBuilder::new().item(needed(one)).item(needed(other));
        let members = ObjectBuilder::new()
            .property("identity", fields::identity())
            .property("username", fields::identity_alias())
            .property("secret", fields::login_secret())
            .property("password", fields::login_secret_alias())
            .property("description", fields::session_description());
        AllOfBuilder::new()
            .item(members)
            .item(either("identity", "username"))
            .item(either("secret", "password"))
            .description(Some(
                "What somebody signs in with. Either member may have either of its names; both are \
                 accepted as long as they say the same.",
            ))
            .examples([json!({ "identity": "ada@example.com", "secret": "changeMe123" })])
            .into()
    }
}

impl FromMembers for LoginBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let identity = either(
            ("identity", members.text("identity")?),
            ("username", members.text("username")?),
        )?;
        let secret = either(
            ("secret", members.secret("secret")?),
            ("password", members.secret("password")?),
        )?;
        let description = members.text("description")?.unwrap_or_default();
        let login = Login::parse(&identity.text, secret.text, &description);
        // A complaint names the member as the client wrote it.
        let login = login.map_err(|invalid| match invalid.field {
            "identity" => invalid.in_field(identity.field),
            "secret" => invalid.in_field(secret.field),
            _ => invalid,
        })?;
        Ok(Self { login })
    }
}

/// A member under the name that the client gave it.
struct Named {
    field: &'static str,
    text: String,
}

fn either(
    (first, text): (&'static str, Option<String>),
    (second, other): (&'static str, Option<String>),
) -> Result<Named, Invalid> {
    match (text, other) {
        (Some(text), Some(other)) if text != other => Err(Invalid::new(
            second,
            InvalidReason::Malformed("differs from its other spelling"),
        )),
        (None, Some(text)) => Ok(Named {
            field: second,
            text,
        }),
        (text, _) => Ok(Named {
            field: first,
            text: text.unwrap_or_default(),
        }),
    }
}
