//! The table of contents of the API.

mod endpoint;

use actix_web::{Route, web};
use users_domain::authorization::Operation;

use crate::answer::Answer;
use crate::error::Refusal;
use crate::health::health;
use crate::key_set::key_set;
use crate::liveness::livez;
use crate::metrics::metrics;
use crate::middleware::Observe;
use crate::openapi::openapi_json;
use crate::readiness::{self, readyz};
use crate::state::Api;
use crate::{docs, password, tokens, users, verification};

use endpoint::Endpoint;

/// Every path of the API. A path of fixed segments stands before one that takes any.
pub(crate) fn endpoints() -> [Endpoint; 28] {
    use Operation as Op;
    [
        Endpoint::at("/users")
            .and_at("/users/")
            .post(Op::Create, users::create)
            .get(Op::List, users::list),
        Endpoint::at("/users/profile").get(Op::ViewProfile, users::view_profile),
        Endpoint::at("/users/search").get(Op::Search, users::search),
        Endpoint::at("/users/secret").patch(Op::UpdateSecret, users::update_secret),
        Endpoint::at("/users/send-verification")
            .post(Op::SendVerification, verification::send_verification),
        // The second is what the platform's documents lead mailed links to.
        Endpoint::at("/verify-email")
            .and_at("/users/verify-email")
            .get(Op::VerifyEmail, verification::verify_email)
            .post(Op::VerifyEmail, verification::verify_email_by_form),
        Endpoint::at("/users/tokens/issue").post(Op::IssueToken, tokens::issue),
        Endpoint::at("/users/tokens/refresh").post(Op::RefreshToken, tokens::refresh),
        Endpoint::at("/users/tokens/revoke").post(Op::RevokeRefreshToken, tokens::revoke),
        Endpoint::at("/users/tokens/refresh-tokens").get(Op::ListRefreshTokens, tokens::list),
        Endpoint::at("/users/{id}")
            .get(Op::View, users::view)
            .patch(Op::Update, users::update)
            .delete(Op::Delete, users::delete),
        Endpoint::at("/users/{id}/username").patch(Op::UpdateUsername, users::update_username),
        Endpoint::at("/users/{id}/picture")
            .patch(Op::UpdateProfilePicture, users::update_profile_picture),
        Endpoint::at("/users/{id}/tags").patch(Op::UpdateTags, users::update_tags),
        Endpoint::at("/users/{id}/email").patch(Op::UpdateEmail, users::update_email),
        Endpoint::at("/users/{id}/role").patch(Op::UpdateRole, users::update_role),
        Endpoint::at("/users/{id}/enable").post(Op::Enable, users::enable),
        Endpoint::at("/users/{id}/disable").post(Op::Disable, users::disable),
        Endpoint::at("/password/reset-request")
            .post(Op::SendPasswordReset, password::send_password_reset),
        Endpoint::at("/password/reset")
            .open(password::reset_page)
            .post(Op::ResetSecret, password::reset_secret_by_form)
            .put(Op::ResetSecret, password::reset_secret),
        Endpoint::at("/health").open(health),
        Endpoint::at("/livez").open(livez),
        Endpoint::at(readiness::PATH).open(readyz),
        Endpoint::at("/metrics").open(metrics),
        Endpoint::at("/.well-known/jwks.json").open(key_set),
        Endpoint::at("/openapi.json").open(openapi_json),
        Endpoint::at("/docs").open(docs::docs),
        Endpoint::at("/docs/{asset}").open(docs::asset),
    ]
}

/// Mounts the API in an app or a scope of the caller's own.
///
/// Every path of the API is answered as [`crate::serve`] answers it; what lies at other paths is
/// the caller's business.
pub fn configure(api: &Api) -> impl FnOnce(&mut web::ServiceConfig) + use<> {
    let api = api.clone();
    move |app| {
        for endpoint in endpoints() {
            app.service(endpoint.mounted(&api));
        }
    }
}

/// Answers what no endpoint does.
pub(crate) fn fallback(api: &Api) -> Route {
    // All other paths share a label: anybody can make up new ones.
    web::to(no_such_path).wrap(Observe::new(api.clone(), "unmatched", Vec::new()))
}

async fn no_such_path() -> Answer {
    Err(Refusal::no_such_path())
}
