//! A pair of tokens as answers show it.

use actix_web::http::StatusCode;
use serde::Serialize;
use users_domain::model::TokenPair;
use utoipa::ToSchema;

use crate::answer::{self, Answer};

/// A pair of tokens: one for requests, one for the next pair. How long they live is the operator's
/// choice, by default an hour and a day; what else a token holds is for the platform, and an account
/// is what its profile says.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens, examples(json!({
    "access_token": "eyJhbGciOi...", "refresh_token": "eyJhbGciOi...", "access_type": "Bearer"
})))]
pub(crate) struct TokensAnswer<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
    access_type: &'static str,
}

/// The answer to a request for tokens.
pub(super) fn tokens(pair: &TokenPair) -> Answer {
    answer::json(
        StatusCode::CREATED,
        &TokensAnswer {
            access_token: pair.access.expose(),
            refresh_token: pair.refresh.expose(),
            access_type: "Bearer",
        },
    )
}
