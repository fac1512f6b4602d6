//! Why a token is refused: for logs, never for whoever sent it.

/// What is wrong with a token. Says nothing that stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Longer than [`MOST_BYTES`](crate::MOST_BYTES).
    #[error("it is too long")]
    TooLong,
    /// It is no JSON Web Token.
    #[error("it is malformed")]
    Malformed,
    /// A claim is missing, or is of another type than the platform's.
    #[error("a claim is missing or of another type")]
    Claims,
    /// The claim `iss` is not [`ISSUER`](crate::ISSUER).
    #[error("it has another issuer")]
    Issuer,
    /// The claim `sub` is empty.
    #[error("it names no user")]
    NoUser,
    /// The claim `role` is of no role that the platform gives to users.
    #[error("its role is unknown")]
    Role,
    /// The claim `type` is none of the platform's.
    #[error("it is of an unknown kind")]
    Kind,
    /// Its header asks for something that must be understood (RFC 7515, section 4.1.11).
    #[error("it asks for an extension (RFC 7515, section 4.1.11)")]
    Extension,
    /// Its header names another algorithm than the key's.
    #[error("it names another algorithm than its key's")]
    Algorithm,
    /// Its header names another key, or none.
    #[error("it names another key")]
    Key,
    /// It was not signed with the key.
    #[error("it is not signed with the key that it names")]
    Signature,
    /// Its end (claim `exp`) has come.
    #[error("it has ended")]
    Ended,
    /// It was issued later (claim `iat`) than can be.
    #[error("it is from the future")]
    Future,
    /// Its beginning (claim `nbf`) has not come.
    #[error("it is not valid yet")]
    NotYet,
}
