//! Public keys over HTTP/1.1, as the auth service gives them to everybody.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::Full;
use tonic::body::Body;
use tonic::codegen::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use tonic::codegen::http::{HeaderValue, Method, Request, Response, StatusCode};
use tonic::codegen::{Bytes, Service};

use crate::wire::{Listen, Wire};

/// Where the keys lie.
const PATH: &str = "/keys/.well-known/jwks.json";

/// Gives the keys of an auth service. A [`Fault::Answer`](crate::Fault::Answer) puts another body in
/// their place; the calls' method is `jwks.json`.
#[derive(Clone)]
pub struct KeySetServer {
    wire: Wire,
}

impl KeySetServer {
    /// Starts it. `keys` gives the document, anew each time it is asked for.
    pub(crate) fn start(
        listen: &Listen,
        keys: impl Fn() -> String + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let keys = Keys(Arc::new(keys));
        let wire = Wire::http("jwks", listen, keys)?;
        Ok(Self { wire })
    }

    /// Where the keys lie, for `MG_AUTH_JWKS_URL`.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address())
    }
}

/// For its address, its calls and its faults.
impl Deref for KeySetServer {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl fmt::Debug for KeySetServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wire.fmt(f)
    }
}

#[derive(Clone)]
struct Keys(Arc<dyn Fn() -> String + Send + Sync>);

impl Service<Request<Body>> for Keys {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let response = if request.uri().path() != PATH {
            empty(StatusCode::NOT_FOUND)
        } else if request.method() != Method::GET {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET"));
            response
        } else {
            // Its encoder ends every document with a newline.
            let document = Bytes::from((self.0)() + "\n");
            let mut response = Response::new(Body::new(Full::new(document)));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=900, stale-while-revalidate=60"),
            );
            response
        };
        ready(Ok(response))
    }
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
