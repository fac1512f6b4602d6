//! `POST /users`: make an account.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, web};
use users_domain::error::Invalid;
use users_domain::model::{
    Email, Metadata, NewUser, PasswordPolicy, PersonName, PictureUrl, Role, Status, Tags, Username,
};
use utoipa::ToSchema;

use super::answer::{UserAnswer, account};
use crate::answer::Answer;
use crate::error::Refusal;
use crate::extract::{Body, Call, FromMembers, Members};
use crate::openapi::{ACCOUNTS, fields};
use crate::state::Api;

/// Make an account.
///
/// Also at `/users/`. Anybody may, unless the operator set `MG_USERS_ALLOW_SELF_REGISTER=false`: then
/// administrators only. From others than administrators, the role of an administrator is refused as
/// forbidden, and a status other than enabled as unacceptable.
#[utoipa::path(
    post, path = "/users", tag = ACCOUNTS, operation_id = "create",
    request_body = NewUserBody,
    responses((
        status = 201, description = "The account.", body = UserAnswer,
        headers(("Location" = String, description = "The account's address.")),
    )),
)]
pub(crate) async fn create(
    api: web::Data<Api>,
    request: HttpRequest,
    call: Call<Body<NewUserBody>>,
) -> Answer {
    let users = api.users();
    let Body(body) = call.input;
    let new = body.into_new_user(&users.settings().password_policy)?;
    let user = users
        .registration
        .create(&call.context, &call.caller, new)
        .await?;
    let mut answer = account(StatusCode::CREATED, &user, api.settings().enums)?;
    // Below the path asked for, so that it is right wherever the API is mounted.
    let location = format!("{}/{}", request.path().trim_end_matches('/'), user.id);
    let location = HeaderValue::from_str(&location).map_err(|error| Refusal::internal(&error))?;
    answer.headers_mut().insert(LOCATION, location);
    Ok(answer)
}

/// What an account is made from. Of the other members of an account (`id`, times, `permissions`,
/// `auth_provider`), which SDKs send along, none is looked at.
#[derive(ToSchema)]
#[schema(as = NewUser, examples(json!({
    "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com",
    "credentials": { "username": "ada", "secret": "changeMe123" },
    "role": 0, "status": 0, "tags": ["iot", "beta"], "metadata": { "team": "core" }
})))]
pub(crate) struct NewUserBody {
    #[schema(schema_with = fields::person_name, required)]
    first_name: Option<String>,
    #[schema(schema_with = fields::person_name, required)]
    last_name: Option<String>,
    #[schema(inline)]
    credentials: NewCredentials,
    #[schema(schema_with = fields::email, required)]
    email: Option<String>,
    #[schema(schema_with = fields::tags)]
    tags: Option<Vec<String>>,
    #[schema(schema_with = fields::metadata)]
    metadata: Option<String>,
    /// Shown to the owner and administrators only.
    #[schema(schema_with = fields::metadata)]
    private_metadata: Option<String>,
    #[schema(schema_with = fields::picture)]
    profile_picture: Option<String>,
    #[schema(schema_with = fields::new_role)]
    role: Option<Role>,
    #[schema(schema_with = fields::new_status)]
    status: Option<Status>,
}

/// What the person will sign in with, besides the e-mail address.
#[derive(Default, ToSchema)]
struct NewCredentials {
    #[schema(schema_with = fields::username, required)]
    username: Option<String>,
    #[schema(schema_with = fields::new_password, required)]
    secret: Option<String>,
}

impl FromMembers for NewUserBody {
    fn from_members(members: &Members<'_>) -> Result<Self, Invalid> {
        let json = |field| Ok(members.json(field)?.map(str::to_owned));
        let credentials = match members.object("credentials")? {
            Some(credentials) => NewCredentials {
                username: credentials.text("credentials.username")?,
                secret: credentials.text("credentials.secret")?,
            },
            None => NewCredentials::default(),
        };
        Ok(Self {
            first_name: members.text("first_name")?,
            last_name: members.text("last_name")?,
            credentials,
            email: members.text("email")?,
            tags: members.texts("tags")?,
            metadata: json("metadata")?,
            private_metadata: json("private_metadata")?,
            profile_picture: members.text("profile_picture")?,
            role: members.one_of("role")?,
            status: members.one_of("status")?,
        })
    }
}

impl NewUserBody {
    fn into_new_user(self, passwords: &PasswordPolicy) -> Result<NewUser, Invalid> {
        let metadata = |field, json: Option<String>| match json {
            Some(json) => Metadata::parse(field, &json),
            None => Ok(Metadata::default()),
        };
        let text = Option::unwrap_or_default;
        let picture = self.profile_picture.filter(|picture| !picture.is_empty());
        Ok(NewUser {
            first_name: PersonName::parse("first_name", &text(self.first_name))?,
            last_name: PersonName::parse("last_name", &text(self.last_name))?,
            username: Username::parse(&text(self.credentials.username))?,
            email: Email::parse(&text(self.email))?,
            password: passwords.accept(&text(self.credentials.secret))?,
            profile_picture: picture
                .map(|picture| PictureUrl::parse(&picture))
                .transpose()?,
            tags: Tags::parse(self.tags.unwrap_or_default())?,
            metadata: metadata("metadata", self.metadata)?,
            private_metadata: metadata("private_metadata", self.private_metadata)?,
            role: self.role.unwrap_or_default(),
            status: self.status.unwrap_or_default(),
        })
    }
}
