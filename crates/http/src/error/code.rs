//! The codes of errors: what programs go by, since texts are for people.

use std::fmt::Write as _;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;

/// What went wrong. A code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "named as they are written")]
pub(crate) enum Code {
    MissingField,
    InvalidField,
    WeakPassword,
    InvalidCode,
    MalformedBody,
    MissingToken,
    InvalidToken,
    InvalidCredentials,
    EmailNotVerified,
    Forbidden,
    NotFound,
    NoSuchPath,
    MethodNotAllowed,
    RequestTimeout,
    EmailTaken,
    UsernameTaken,
    IdTaken,
    AlreadyVerified,
    StatusAlreadyAssigned,
    AccountNotEnabled,
    LastAdministrator,
    OwnedByProvider,
    PreconditionFailed,
    BodyTooLarge,
    UnsupportedMediaType,
    InternalError,
    Busy,
    Unavailable,
}

impl Code {
    /// Every code, by status.
    pub(crate) const ALL: [Self; 28] = [
        Self::MissingField,
        Self::InvalidField,
        Self::WeakPassword,
        Self::InvalidCode,
        Self::MalformedBody,
        Self::MissingToken,
        Self::InvalidToken,
        Self::InvalidCredentials,
        Self::EmailNotVerified,
        Self::Forbidden,
        Self::NotFound,
        Self::NoSuchPath,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::EmailTaken,
        Self::UsernameTaken,
        Self::IdTaken,
        Self::AlreadyVerified,
        Self::StatusAlreadyAssigned,
        Self::AccountNotEnabled,
        Self::LastAdministrator,
        Self::OwnedByProvider,
        Self::PreconditionFailed,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InternalError,
        Self::Busy,
        Self::Unavailable,
    ];

    /// The table: the status, the text of the code, and when it is given.
    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::MissingField => (
                S::BAD_REQUEST,
                "missing_field",
                "`field` is needed and not there, or empty",
            ),
            Self::InvalidField => (
                S::BAD_REQUEST,
                "invalid_field",
                "`field`, of the body, the query or the head, is not acceptable",
            ),
            Self::WeakPassword => (
                S::BAD_REQUEST,
                "weak_password",
                "a new password does not meet the operator's rule",
            ),
            Self::InvalidCode => (
                S::BAD_REQUEST,
                "invalid_code",
                "a mailed code is unknown, used, expired, or for another purpose or an old address",
            ),
            Self::MalformedBody => (
                S::BAD_REQUEST,
                "malformed_body",
                "the body is not one JSON object (or form) in UTF-8, or did not arrive whole",
            ),
            Self::MissingToken => (
                S::UNAUTHORIZED,
                "missing_token",
                "a bearer token is needed and none was sent",
            ),
            Self::InvalidToken => (
                S::UNAUTHORIZED,
                "invalid_token",
                "the token is malformed, expired, ended or of another kind, or its account is not \
                 enabled",
            ),
            Self::InvalidCredentials => (
                S::UNAUTHORIZED,
                "invalid_credentials",
                "identity and secret do not fit, or the account is not enabled",
            ),
            Self::EmailNotVerified => (
                S::UNAUTHORIZED,
                "email_not_verified",
                "the account's e-mail address must be verified first",
            ),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "the caller may not do this"),
            Self::NotFound => (
                S::NOT_FOUND,
                "not_found",
                "what the request is about does not exist",
            ),
            Self::NoSuchPath => (S::NOT_FOUND, "no_such_path", "nothing is at this path"),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "the path knows other methods, listed in `Allow`",
            ),
            Self::RequestTimeout => (
                S::REQUEST_TIMEOUT,
                "request_timeout",
                "the body did not arrive in time",
            ),
            Self::EmailTaken => (
                S::CONFLICT,
                "email_taken",
                "another account has the e-mail address",
            ),
            Self::UsernameTaken => (
                S::CONFLICT,
                "username_taken",
                "another account has the username",
            ),
            Self::IdTaken => (S::CONFLICT, "id_taken", "another account has the id"),
            Self::AlreadyVerified => (
                S::CONFLICT,
                "already_verified",
                "the e-mail address is verified already",
            ),
            Self::StatusAlreadyAssigned => (
                S::CONFLICT,
                "status_already_assigned",
                "the account is in the wanted state already",
            ),
            Self::AccountNotEnabled => (
                S::CONFLICT,
                "account_not_enabled",
                "only enabled accounts can be changed, and this one is not",
            ),
            Self::LastAdministrator => (
                S::CONFLICT,
                "last_administrator",
                "without this account nobody could administer the platform",
            ),
            Self::OwnedByProvider => (
                S::CONFLICT,
                "owned_by_provider",
                "`field` can only be changed at the account's identity provider",
            ),
            Self::PreconditionFailed => (
                S::PRECONDITION_FAILED,
                "precondition_failed",
                "the account is not at the version that `If-Match` names",
            ),
            Self::BodyTooLarge => (
                S::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "the body is longer than 1 MiB",
            ),
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the content type is not the one that is read here, mostly `application/json`, or the body \
                 is encoded",
            ),
            Self::InternalError => (
                S::INTERNAL_SERVER_ERROR,
                "internal_error",
                "a fault of the service; its log has the cause under `request_id`",
            ),
            Self::Busy => (
                S::SERVICE_UNAVAILABLE,
                "busy",
                "too much work waits; try again after `Retry-After` seconds",
            ),
            Self::Unavailable => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "something the answer depends on is away; try again after `Retry-After` seconds",
            ),
        }
    }

    /// The status of the answer.
    pub(crate) const fn status(self) -> StatusCode {
        self.row().0
    }

    /// The code as it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// When it is given.
    pub(crate) const fn when(self) -> &'static str {
        self.row().2
    }

    /// What a 401 says about how to authenticate (RFC 9110, section 11.6.1; RFC 6750, section 3).
    pub(crate) const fn challenge(self) -> Option<HeaderValue> {
        match self {
            Self::InvalidToken => Some(HeaderValue::from_static(r#"Bearer error="invalid_token""#)),
            Self::MissingToken | Self::InvalidCredentials | Self::EmailNotVerified => {
                Some(HeaderValue::from_static("Bearer"))
            }
            _ => None,
        }
    }
}

/// The codes as a table for people: one row a code.
pub fn errors_md() -> String {
    let mut text = String::from("| status | `code` | when |\n| --- | --- | --- |\n");
    for code in Code::ALL {
        let (status, name, when) = code.row();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | `{name}` | {when} |", status.as_u16());
    }
    text
}
