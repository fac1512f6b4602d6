//! The table of contents of the API.

mod endpoint;

use actix_web::{Route, web};
use users_domain::authorization::Operation;

use crate::answer::Answer;
use crate::error::Refusal;
use crate::health::health;
use crate::key_set::key_set;
use crate::metrics::metrics;
use crate::middleware::Observe;
use crate::state::Api;
use crate::{tokens, users};

use endpoint::Endpoint;

fn endpoints() -> [Endpoint; 7] {
    [
        Endpoint::at("/users")
            .and_at("/users/")
            .post(Operation::Create, users::create)
            .get(Operation::List, users::list),
        Endpoint::at("/users/profile").get(Operation::ViewProfile, users::view_profile),
        Endpoint::at("/users/tokens/issue").post(Operation::IssueToken, tokens::issue),
        Endpoint::at("/users/tokens/refresh").post(Operation::RefreshToken, tokens::refresh),
        Endpoint::at("/health").open(health),
        Endpoint::at("/metrics").open(metrics),
        Endpoint::at("/.well-known/jwks.json").open(key_set),
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
