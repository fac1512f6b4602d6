//! What is done round every request: an id, a span and a line in the log, metrics, the text of
//! refusals and the headers of every answer.

mod large_answers;
mod latencies;
mod operation_metrics;
mod request_id;
mod request_log;
mod request_metrics;
mod trace;
mod working_time;

use std::future::{Ready, ready};
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{Error, HttpMessage as _};
use futures::future::{Either, LocalBoxFuture};
use tracing::Instrument as _;
use users_domain::authorization::Operation;
use users_domain::trace_context;

use crate::byte_budget::ByteBudget;
use crate::error::{Refusal, wants_problem};
use crate::extract::Exchange;
use crate::state::Api;

pub(crate) use request_log::identified;
pub(crate) use request_metrics::RequestMetrics;
pub(crate) use working_time::WorkingTime;

/// What an answer is to a browser that takes it for a page: nothing (Content Security Policy, level
/// 3). Pages bring policies of their own.
const NO_PAGE: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox";

/// The middleware of one route; it stands outside everything else, so that it sees every request
/// that comes to the route, refused ones too.
#[derive(Clone)]
pub(crate) struct Observe {
    route: Rc<ObservedRoute>,
}

struct ObservedRoute {
    api: Api,
    /// Stands for all paths of the route in logs and metrics.
    pattern: &'static str,
    operations: Vec<(Method, Operation)>,
}

impl Observe {
    /// Observes the requests to `pattern`; each method may be the call of an operation.
    pub(crate) fn new(
        api: Api,
        pattern: &'static str,
        operations: Vec<(Method, Operation)>,
    ) -> Self {
        Self {
            route: Rc::new(ObservedRoute {
                api,
                pattern,
                operations,
            }),
        }
    }
}

impl ObservedRoute {
    fn operation(&self, method: &Method) -> Option<Operation> {
        // HEAD is GET without the body (RFC 9110, section 9.3.2).
        let method = match *method {
            Method::HEAD => &Method::GET,
            _ => method,
        };
        let mut operations = self.operations.iter();
        operations
            .find(|(known, _)| known == method)
            .map(|(_, operation)| *operation)
    }
}

impl<S> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Observed<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Observed {
            route: self.route.clone(),
            service,
        }))
    }
}

/// A service whose requests are observed.
pub(crate) struct Observed<S> {
    route: Rc<ObservedRoute>,
    service: S,
}

impl<S> Service<ServiceRequest> for Observed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    S::Future: 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let begun = Instant::now();
        let route = self.route.clone();
        let active = route.api.metrics().begin();
        let method = request.method().clone();
        let id = request_id::of(request.headers(), route.api.entropy());
        let span = request_log::span(&id, &method, route.pattern);
        let trace = trace::of(request.headers(), &id);
        let exchange = Exchange {
            id,
            operation: route.operation(&method),
            span: span.clone(),
            working_time: WorkingTime::new(route.api.working_time()),
        };
        let asked = request.request().clone();
        request.extensions_mut().insert(exchange.clone());
        let answering = if exchange.operation.is_some() && !route.api.has_started() {
            let (request, _) = request.into_parts();
            let refused = ServiceResponse::from_err(Refusal::not_started(), request);
            Either::Left(ready(Ok(refused)))
        } else {
            Either::Right(span.in_scope(|| self.service.call(request)))
        };

        Box::pin(async move {
            let answering = Box::pin(answering.instrument(span.clone()));
            let mut answering = trace_context::scope(trace, answering);
            let outcome = exchange.working_time.bound(&mut answering).await;
            let _entered = span.enter();
            let outcome = outcome.unwrap_or_else(|working_time::Over| {
                // What was begun is finished, though nobody waits for it any more.
                actix_web::rt::spawn(answering);
                Ok(ServiceResponse::from_err(Refusal::took_too_long(), asked))
            });
            let budget = route.api.answer_budget();
            let outcome = outcome.map(|answer| finished(answer, &exchange, budget));
            let status = match &outcome {
                Ok(answer) => answer.status(),
                Err(error) => error.as_response_error().status_code(),
            };
            let took = begun.elapsed();
            let metrics = route.api.metrics();
            metrics.answered(route.pattern, &method, exchange.operation, status, took);
            drop(active);
            request_log::answered(&span, route.pattern, exchange.operation, status, took);
            outcome
        })
    }
}

/// The answer as the client gets it.
fn finished(
    answer: ServiceResponse<BoxBody>,
    exchange: &Exchange,
    budget: &ByteBudget,
) -> ServiceResponse<BoxBody> {
    let (request, response) = answer.into_parts();
    let told = |refusal: &Refusal| refusal.answer(wants_problem(request.headers()), &exchange.id);
    let written = response
        .error()
        .map(|error| match error.as_error::<Refusal>() {
            Some(refusal) => told(refusal),
            None => told(&Refusal::internal(error)),
        });
    let response = written.unwrap_or(response);
    let mut response = large_answers::bounded(response, request.method(), budget)
        .unwrap_or_else(|refusal| told(&refusal));
    let headers = response.headers_mut();
    request_id::put(headers, &exchange.id);
    put_absent(headers, CACHE_CONTROL, "no-store");
    put_absent(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    put_absent(headers, CONTENT_SECURITY_POLICY, NO_PAGE);
    put_absent(headers, REFERRER_POLICY, "no-referrer");
    ServiceResponse::new(request, response)
}

fn put_absent(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
