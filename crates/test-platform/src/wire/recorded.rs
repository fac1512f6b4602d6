//! The service around a server's services: it keeps what comes and goes, and has the faults.

use std::convert::Infallible;
use std::future::pending;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use tonic::body::Body;
use tonic::codegen::http::header::CONTENT_TYPE;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use tonic::codegen::{Bytes, Service};
use tonic::{Code, Status};

use super::call::{Answer, CallLog};
use super::fault::{Fault, Faults};

/// What precedes a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// A service with whatever comes and goes written down.
#[derive(Clone)]
pub(crate) struct Recorded<S> {
    pub(crate) inner: S,
    pub(crate) log: CallLog,
    pub(crate) faults: Faults,
    /// The calls are gRPC, not plain HTTP.
    pub(crate) grpc: bool,
}

impl<S> Service<Request<Body>> for Recorded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that is ready is called, its clone stays.
        let clone = self.clone();
        let ready = std::mem::replace(self, clone);
        ready.serve(request).map(Ok).boxed()
    }
}

impl<S> Recorded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    async fn serve(mut self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            // The caller has gone; nobody reads this.
            return Status::cancelled("the request broke off").into_http();
        };
        let body = body.to_bytes();
        let path = parts.uri.path().to_owned();
        let rpc = path.rsplit('/').next().unwrap_or_default();
        let message = if self.grpc {
            messages(&body)
        } else {
            body.to_vec()
        };
        let number = self.log.came(&path, &parts.headers, message);
        let fault = self.faults.of(rpc);
        let response = match fault {
            Some(Fault::Hang) => pending().await,
            Some(Fault::Status(code, text)) => Status::new(code, text).into_http(),
            Some(Fault::Answer(message)) => self.ok(message),
            Some(Fault::Http(status)) => http(status, NO_UPSTREAM),
            Some(Fault::BareHttp(status)) => http(status, ""),
            Some(Fault::Delay(_) | Fault::LoseAnswer) | None => {
                if let Some(Fault::Delay(delay)) = fault {
                    tokio::time::sleep(delay).await;
                }
                let request = Request::from_parts(parts, Body::new(Full::new(body)));
                let Ok(response) = self.inner.call(request).await;
                if fault == Some(Fault::LoseAnswer) {
                    Status::unavailable("the answer was lost").into_http()
                } else {
                    response
                }
            }
        };
        note_answer(&self.log, self.grpc, number, response).await
    }

    fn ok(&self, message: Vec<u8>) -> Response<Body> {
        if !self.grpc {
            return Response::new(Body::new(Full::new(Bytes::from(message))));
        }
        let length = u32::try_from(message.len()).expect("no message is longer");
        let mut framed = vec![0];
        framed.extend_from_slice(&length.to_be_bytes());
        framed.extend_from_slice(&message);
        let mut trailers = HeaderMap::new();
        trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
        let body = Full::new(Bytes::from(framed)).with_trailers(async { Some(Ok(trailers)) });
        let mut response = Response::new(Body::new(body));
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        response
    }
}

/// Writes the answer down, and gives it back as it was.
async fn note_answer(
    log: &CallLog,
    grpc: bool,
    number: u64,
    response: Response<Body>,
) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Status::internal("the answer broke off").into_http();
    };
    let trailers = body.trailers().cloned();
    let body = body.to_bytes();
    let answer = if grpc {
        let headers = [Some(&parts.headers), trailers.as_ref()];
        let status = headers
            .into_iter()
            .flatten()
            .find_map(Status::from_header_map);
        Answer {
            status: number_of(status.as_ref().map_or(Code::Unknown, Status::code)),
            text: status.map_or_else(String::new, |status| status.message().to_owned()),
            message: messages(&body),
        }
    } else {
        Answer {
            status: parts.status.as_u16(),
            text: String::new(),
            message: body.to_vec(),
        }
    };
    log.answered(number, answer);
    let body = Full::new(body);
    let body = match trailers {
        Some(trailers) => Body::new(body.with_trailers(async { Some(Ok(trailers)) })),
        None => Body::new(body),
    };
    Response::from_parts(parts, body)
}

/// The messages in a body, without what precedes each.
fn messages(body: &[u8]) -> Vec<u8> {
    let mut rest = body;
    let mut messages = Vec::with_capacity(body.len());
    while let Some((prefix, after)) = rest.split_at_checked(PREFIX) {
        let length = u32::from_be_bytes(prefix[1..].try_into().expect("four of five bytes"));
        let length = usize::try_from(length).expect("addresses have more bits");
        let (message, after) = after.split_at(length.min(after.len()));
        messages.extend_from_slice(message);
        rest = after;
    }
    messages
}

fn number_of(code: Code) -> u16 {
    u16::try_from(i32::from(code)).expect("codes go from 0 to 16")
}

/// The page of a proxy that knows nowhere to go.
const NO_UPSTREAM: &str = "<html><body>no such upstream</body></html>";

fn http(status: u16, page: &'static str) -> Response<Body> {
    let page = Full::new(Bytes::from_static(page.as_bytes()));
    let mut response = Response::new(Body::new(page));
    *response.status_mut() = StatusCode::from_u16(status).expect("it is an HTTP status");
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
