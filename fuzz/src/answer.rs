//! An answer of the API, and what holds of every one.

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use users_domain::model::RequestId;

/// The longest text that a refusal says: they are written by us, and repeat nothing.
const LONGEST_MESSAGE: usize = 200;

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The text of a header; nothing if it is not there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        Some(value.to_str().expect("headers of answers are text"))
    }

    /// Whether what was asked for was done.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of an answer in JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The body of an answer that is a page.
    pub(crate) fn page(&self) -> Option<&str> {
        let is_page = self
            .header(CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.starts_with("text/html"));
        is_page.then(|| std::str::from_utf8(&self.body).expect("a page is UTF-8"))
    }

    /// What every answer keeps to, whatever was asked.
    pub(crate) fn check(&self) {
        assert!(
            (200..500).contains(&self.status),
            "answered {}: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        let id = self.header("x-request-id").expect("an id");
        assert!(RequestId::parse(id).is_some(), "{id:?} is no request id");
        if self.status >= 400 && self.page().is_none() {
            self.check_refusal(id);
        }
    }

    fn check_refusal(&self, id: &str) {
        let kind = self.header(CONTENT_TYPE.as_str());
        let refusal = self.json();
        let text = |member: &str| refusal[member].as_str().map(str::to_owned);
        let message = match kind {
            Some("application/json") => text("message"),
            Some("application/problem+json") => text("detail"),
            _ => panic!("a refusal of type {kind:?}"),
        };
        let message = message.expect("a refusal says what is wrong");
        // No value of a request gets into it.
        assert!(
            message.is_ascii() && (1..=LONGEST_MESSAGE).contains(&message.len()),
            "{message:?}"
        );
        assert!(text("code").is_some_and(|code| !code.is_empty()));
        assert_eq!(text("request_id").as_deref(), Some(id));
    }
}
