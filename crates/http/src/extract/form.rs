//! What a page's form sends.

use actix_web::HttpRequest;
use actix_web::dev::Payload;

use super::{Input, Parameters, body};
use crate::error::Refusal;
use crate::state::Api;

const FORM: &str = "application/x-www-form-urlencoded";

/// A body as browsers send forms.
///
/// Any page of anybody can make a browser send one. That is harmless here: what a form can do is
/// proven by the one-time code in it, which nobody guesses, and never by something that browsers
/// send of themselves.
pub(crate) struct Form(String);

impl Form {
    /// The fields.
    pub(crate) fn fields(&self) -> Parameters<'_> {
        Parameters::parse(&self.0)
    }
}

impl Input for Form {
    async fn read(api: &Api, request: &HttpRequest, payload: Payload) -> Result<Self, Refusal> {
        let body = body::read(api, request, payload, FORM).await?;
        match String::from_utf8(body.bytes) {
            Ok(text) => Ok(Self(text)),
            Err(_) => Err(Refusal::malformed_body("the body is not UTF-8")),
        }
    }
}
