//! Which account a request is about, and what its client saw of it.

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use serde::Deserialize;
use users_domain::error::Error;
use users_domain::model::UserId;

use super::{Input, if_match};
use crate::error::Refusal;
use crate::state::Api;

/// The account that the path names.
pub(crate) struct AccountId(pub(crate) UserId);

/// A change of the account that the path names.
pub(crate) struct OnAccount<I> {
    /// Which account.
    pub(crate) id: UserId,
    /// At which version only.
    pub(crate) version: Option<i64>,
    /// What is changed.
    pub(crate) input: I,
}

/// A change of the caller's own account.
pub(crate) struct AtVersion<I> {
    /// At which version only.
    pub(crate) version: Option<i64>,
    /// What is changed.
    pub(crate) input: I,
}

impl<I: Input> Input for AtVersion<I> {
    async fn read(api: &Api, request: &HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        Ok(Self {
            version: if_match::read(request.headers())?,
            input: I::read(api, request, payload).await?,
        })
    }
}

#[derive(Deserialize)]
struct Segment {
    id: String,
}

impl Input for AccountId {
    async fn read(_: &Api, request: &HttpRequest, _: Payload) -> Result<Self, Refusal> {
        // What cannot be an id is the id of no account.
        let segment: Segment = request.match_info().load().map_err(|_| Error::NotFound)?;
        let id = UserId::parse(&segment.id).map_err(|_| Error::NotFound)?;
        Ok(Self(id))
    }
}

impl<I: Input> Input for OnAccount<I> {
    async fn read(api: &Api, request: &HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        let AccountId(id) = AccountId::read(api, request, Payload::None).await?;
        Ok(Self {
            id,
            version: if_match::read(request.headers())?,
            input: I::read(api, request, payload).await?,
        })
    }
}
