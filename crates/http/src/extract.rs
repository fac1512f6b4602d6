//! What every request is read with: who asks and for what, in the one order of checks.

mod account;
pub(crate) mod bearer;
mod body;
mod form;
mod if_match;
mod list_query;
pub(crate) mod mailed_code;
mod members;
mod parameters;
mod search_query;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures::future::LocalBoxFuture;
use tracing::Span;
use users_domain::authorization::{Bearer, Operation};
use users_domain::model::{BearerToken, Caller, RequestContext, RequestId};

use crate::error::Refusal;
use crate::middleware::{WorkingTime, identified};
use crate::state::Api;

pub(crate) use account::{AccountId, AtVersion, OnAccount};
pub use body::MAX_BODY_BYTES;
pub(crate) use body::announced_bytes;
pub(crate) use body::{Body, FromMembers, IgnoredBody};
pub(crate) use form::Form;
pub(crate) use if_match::IfMatch;
pub(crate) use list_query::{ListQuery, MAX_TEXT_BYTES};
pub(crate) use members::Members;
pub(crate) use parameters::Parameters;
pub(crate) use search_query::SearchQuery;

/// What the middleware found out about a request before anything else.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The request's id.
    pub(crate) id: RequestId,
    /// What is asked for; nothing where the path has no operation for the method.
    pub(crate) operation: Option<Operation>,
    /// Its span in the log.
    pub(crate) span: Span,
    /// How long it may still be worked on.
    pub(crate) working_time: WorkingTime,
}

/// A call of an operation: its caller is identified and permitted, and only then was its input
/// read.
pub(crate) struct Call<I> {
    /// What accompanies the call.
    pub(crate) context: RequestContext,
    /// Who asks.
    pub(crate) caller: Caller,
    /// The token he showed.
    pub(crate) token: Option<BearerToken>,
    /// What he asks with.
    pub(crate) input: I,
}

/// Something that an operation is asked with.
pub(crate) trait Input: Sized {
    /// Reads it off a request.
    async fn read(api: &Api, request: &HttpRequest, payload: Payload) -> Result<Self, Refusal>;
}

/// Nothing: what the request holds besides its head is not looked at.
impl Input for () {
    async fn read(_: &Api, _: &HttpRequest, _: Payload) -> Result<Self, Refusal> {
        Ok(())
    }
}

impl<I: Input> Call<I> {
    async fn read(request: HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        let api = request.app_data::<web::Data<Api>>();
        let exchange = request.extensions().get::<Exchange>().cloned();
        let (Some(api), Some(exchange)) = (api, exchange) else {
            return Err(Refusal::internal(
                &"the route was mounted without its state",
            ));
        };
        let Some(operation) = exchange.operation else {
            return Err(Refusal::internal(&"the route has no operation"));
        };
        let users = api.users();
        let token = match operation.rule(users.settings().access).bearer {
            Bearer::Ignored => None,
            Bearer::Optional | Bearer::Access | Bearer::Refresh => bearer::read(request.headers())?,
        };
        // Where the path names no account, or cannot be read, it is about none; that is told later.
        let target = AccountId::read(api, &request, Payload::None).await.ok();
        let target = target.as_ref().map(|AccountId(id)| id);
        let access = &users.access;
        let caller = access
            .identify_on(operation, token.as_ref(), target)
            .await?;
        identified(&exchange.span, &caller);
        let input = I::read(api, &request, payload).await?;
        Ok(Self {
            context: RequestContext::new(exchange.id),
            caller,
            token,
            input,
        })
    }
}

impl<I: Input + 'static> FromRequest for Call<I> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(Self::read(request.clone(), payload.take()))
    }
}

/// The same cases in every run, so that a failure is one on every machine.
#[cfg(test)]
pub(crate) fn fixed_cases() -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(9002),
        failure_persistence: None,
        ..Default::default()
    }
}
