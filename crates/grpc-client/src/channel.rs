//! What answers as gRPC does, told from what does not.

use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::{Request, Response, StatusCode};
use tonic::codegen::{BoxFuture, Service, StdError};
use tonic::transport::{Channel, Error};

use crate::error_chain::any_is;

/// The channel of a call, which generated clients are made with.
///
/// gRPC's answers are HTTP 200, or have `grpc-status` in their head. Anything else comes from
/// something in front of the service and says nothing about what was asked: tonic would take its 401
/// for the service's own `Unauthenticated`.
#[derive(Debug, Clone)]
pub struct GrpcChannel(pub(crate) Channel);

/// An answer that the service itself did not give.
#[derive(Debug, thiserror::Error)]
#[error("something else than the service answered, with the HTTP status {}", .0.as_u16())]
struct NotGrpc(StatusCode);

/// Whether it was such an answer that made a call fail.
pub(crate) fn is_not_grpc(error: &(dyn std::error::Error + 'static)) -> bool {
    any_is::<NotGrpc>(error)
}

impl Service<Request<Body>> for GrpcChannel {
    type Response = Response<Body>;
    type Error = StdError;
    type Future = BoxFuture<Self::Response, StdError>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        self.0.poll_ready(context).map_err(Error::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            let status = answer.status();
            if status == StatusCode::OK || answer.headers().contains_key("grpc-status") {
                Ok(answer)
            } else {
                Err(NotGrpc(status).into())
            }
        })
    }
}
