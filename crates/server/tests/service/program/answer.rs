//! Requests to a running service, and what comes back.

use serde_json::{Value, json};

use super::PATIENCE;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn of(response: reqwest::Result<reqwest::blocking::Response>) -> Self {
        let response = response.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, body, text }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }
}

pub(crate) fn client() -> reqwest::blocking::Client {
    // The tests of this process share one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::blocking::Client::builder()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// The body of a registration as the mission documents it.
pub(crate) fn registration(username: &str) -> Value {
    json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "credentials": { "username": username, "secret": "changeMe123" },
        "email": format!("{username}@example.com"),
    })
}
