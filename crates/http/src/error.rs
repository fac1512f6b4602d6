//! The one table from what happened to what the client is told.

mod body;
mod code;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use tracing::error;
use users_domain::Error;
use users_domain::error::{Invalid, InvalidReason, Unauthenticated};
use users_domain::model::ConflictField;

pub(crate) use body::{Plain, Problem, wants_problem};
pub(crate) use code::Code;
pub use code::errors_md;

/// When to come back where nobody knows better.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A request that was not carried out, and what the client is told about it.
///
/// Holds no internal detail: what a client must not see is logged where it happens.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: Code,
    message: Cow<'static, str>,
    field: Option<&'static str>,
    hint: Option<Hint>,
}

/// What the client may do about it, as a header.
#[derive(Debug)]
enum Hint {
    Allow(String),
    RetryAfter(Duration),
}

impl Refusal {
    fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            hint: None,
        }
    }

    /// The path is none of ours.
    pub(crate) fn no_such_path() -> Self {
        Self::new(Code::NoSuchPath, "there is nothing at this path")
    }

    /// The path is ours, the method is not; `allow` lists those that are.
    pub(crate) fn method_not_allowed(allow: &str) -> Self {
        Self {
            hint: Some(Hint::Allow(allow.to_owned())),
            ..Self::new(
                Code::MethodNotAllowed,
                "the method is not allowed at this path",
            )
        }
    }

    /// The body is not of the content type that is read here, or does not say that it is.
    pub(crate) fn unsupported_media_type(expected: &'static str) -> Self {
        Self::new(
            Code::UnsupportedMediaType,
            format!("the content type must be {expected}, without content encoding"),
        )
    }

    /// The body is longer than anybody needs.
    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(
            Code::BodyTooLarge,
            format!("the body is longer than {limit} bytes"),
        )
    }

    /// The body did not arrive in time.
    pub(crate) fn body_too_slow() -> Self {
        Self::new(Code::RequestTimeout, "the body did not arrive in time")
    }

    /// Bodies that are being read hold as much memory as they may.
    pub(crate) fn too_many_bodies() -> Self {
        Self {
            hint: Some(Hint::RetryAfter(RETRY_AFTER)),
            ..Self::new(Code::Busy, "too many large bodies arrive at once")
        }
    }

    /// Answers that are being sent hold as much memory as they may.
    pub(crate) fn too_many_answers() -> Self {
        Self {
            hint: Some(Hint::RetryAfter(RETRY_AFTER)),
            ..Self::new(Code::Busy, "too many large answers are sent at once")
        }
    }

    /// The service answers already, and does nothing yet.
    pub(crate) fn not_started() -> Self {
        Self {
            hint: Some(Hint::RetryAfter(RETRY_AFTER)),
            ..Self::new(
                Code::Unavailable,
                "the service is starting, try again later",
            )
        }
    }

    /// The service worked on it for as long as it may. What it had begun may be done all the same.
    pub(crate) fn took_too_long() -> Self {
        error!("a request took too long");
        Self {
            hint: Some(Hint::RetryAfter(RETRY_AFTER)),
            ..Self::new(
                Code::Unavailable,
                "the service took too long, try again later",
            )
        }
    }

    /// The body as a whole cannot be read; no member is to blame.
    pub(crate) fn malformed_body(reason: &'static str) -> Self {
        Self::new(Code::MalformedBody, reason)
    }

    /// Something that cannot happen did.
    pub(crate) fn internal(cause: &dyn fmt::Display) -> Self {
        error!(error = %cause, "a request failed inside");
        Self::new(
            Code::InternalError,
            "something went wrong inside the service",
        )
    }

    /// The same, where it blames a field, under the name that the field has in this request.
    #[must_use]
    pub(crate) fn naming(self, field: &'static str) -> Self {
        Self {
            field: self.field.map(|_| field),
            ..self
        }
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The headers that belong to the answer besides those of every answer.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let challenge = self
            .code
            .challenge()
            .map(|challenge| (header::WWW_AUTHENTICATE, challenge));
        let hint = self.hint.as_ref().and_then(|hint| match hint {
            Hint::Allow(methods) => Some((header::ALLOW, HeaderValue::try_from(methods).ok()?)),
            // Whole seconds, and never "at once".
            Hint::RetryAfter(pause) => {
                let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
                Some((header::RETRY_AFTER, seconds.max(1).into()))
            }
        });
        challenge.into_iter().chain(hint)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let told = |code| Self::new(code, message);
        match error {
            Error::NotFound => told(Code::NotFound),
            Error::Conflict { field } => {
                let (code, field) = match field {
                    ConflictField::Id => (Code::IdTaken, "id"),
                    ConflictField::Email => (Code::EmailTaken, "email"),
                    // Where it stands in bodies.
                    ConflictField::Username => (Code::UsernameTaken, "credentials.username"),
                };
                Self {
                    field: Some(field),
                    ..told(code)
                }
            }
            Error::Invalid(Invalid { field, reason }) => {
                let code = match reason {
                    InvalidReason::Missing => Code::MissingField,
                    InvalidReason::PasswordPolicy => Code::WeakPassword,
                    _ => Code::InvalidField,
                };
                Self {
                    field: Some(field),
                    ..told(code)
                }
            }
            Error::InvalidCode => told(Code::InvalidCode),
            Error::AlreadyVerified => told(Code::AlreadyVerified),
            Error::StatusAlreadyAssigned => told(Code::StatusAlreadyAssigned),
            Error::NotEnabled => told(Code::AccountNotEnabled),
            Error::LastAdministrator => told(Code::LastAdministrator),
            Error::OwnedByProvider { field } => Self {
                field: Some(field),
                ..told(Code::OwnedByProvider)
            },
            Error::Stale => told(Code::PreconditionFailed),
            Error::Unauthenticated(reason) => told(match reason {
                Unauthenticated::MissingToken => Code::MissingToken,
                Unauthenticated::InvalidToken => Code::InvalidToken,
                Unauthenticated::InvalidCredentials => Code::InvalidCredentials,
            }),
            Error::EmailNotVerified => told(Code::EmailNotVerified),
            Error::Forbidden => told(Code::Forbidden),
            Error::Busy { retry_after } => Self {
                hint: Some(Hint::RetryAfter(retry_after)),
                ..told(Code::Busy)
            },
            Error::Unavailable { .. } => Self {
                hint: Some(Hint::RetryAfter(RETRY_AFTER)),
                ..told(Code::Unavailable)
            },
            unknown => Self::internal(&unknown),
        }
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Error::from(invalid).into()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Carries the refusal out of handlers and extractors; the middleware writes the answer, because
/// it knows the request's id and what its client accepts.
impl actix_web::ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.status()
    }
}

#[cfg(test)]
mod tests;
