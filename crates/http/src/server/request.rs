//! What is done with a request before the app has it: its connection is told, and the last one of
//! a connection is known as such.

use actix_http::{HttpMessage as _, Request};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{Error, HttpResponse};

use super::turn::Turn;
use crate::extract::announced_bytes;

/// Has the app answer a request.
///
/// A chunked request is the last of its connection. actix-http takes a line of its trailers to go
/// on behind a bare line feed, where another server in front may see the end of the request: what
/// one of them takes for a body is a request to the other. Nobody can use that if nothing is read
/// after it.
pub(super) fn answer<S, B>(
    request: Request,
    app: &S,
) -> impl Future<Output = Result<ServiceResponse<B>, Error>> + use<S, B>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    let turn = request.conn_data::<Turn>().cloned();
    let is_last = request.chunked().unwrap_or(true);
    let headers = request.headers();
    let body = if is_last {
        usize::MAX
    } else if headers.contains_key(CONTENT_LENGTH) {
        announced_bytes(headers).unwrap_or(usize::MAX)
    } else {
        0
    };
    let serving = turn.as_ref().map(|turn| turn.serve(body));
    let is_too_late = turn.as_ref().is_some_and(Turn::is_last);
    if let (Some(turn), true) = (turn, is_last) {
        turn.make_last();
    }
    let answering = (!is_too_late).then(|| app.call(request));
    async move {
        let _serving = serving;
        let Some(answering) = answering else {
            return Err(too_late());
        };
        let mut answer = answering.await?;
        if is_last {
            let head = answer.response_mut().head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        Ok(answer)
    }
}

/// The same answer as to what cannot be read.
fn too_late() -> Error {
    let answer = HttpResponse::BadRequest().force_close().finish();
    InternalError::from_response("a request after the last", answer).into()
}
