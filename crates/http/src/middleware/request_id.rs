//! The id by which answers, log lines and events of one request are found together.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use users_domain::model::RequestId;
use users_domain::ports::{Entropy, uuid_v4};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that the client sent, if it is fit to stand in logs; else a new one.
pub(super) fn of(headers: &HeaderMap, entropy: &dyn Entropy) -> RequestId {
    headers
        .get(X_REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .and_then(RequestId::parse)
        .unwrap_or_else(|| RequestId::new(uuid_v4(entropy)))
}

/// Shows the id to the client.
pub(super) fn put(headers: &mut HeaderMap, id: &RequestId) {
    // An id is visible ASCII, which every header may hold.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, value);
    }
}
