//! The code in a mailed link.

use users_domain::error::{Error, Invalid, InvalidReason};
use users_domain::model::{AdoptedCode, OneTimeCode, Proof};

/// The name that a code has in links, forms and bodies.
pub(crate) const TOKEN: &str = "token";

/// What a code of ours proves; what cannot be a code is as good as one that was used.
pub(crate) fn proof(token: Option<&str>) -> Result<Proof, Error> {
    ours(given(token)?).ok_or(Error::InvalidCode)
}

/// The same of a code that verifies an address: one of ours, or one that the deployed service
/// mailed before its database was taken over. No text is both.
pub(crate) fn address_proof(token: Option<&str>) -> Result<Proof, Error> {
    let token = given(token)?;
    ours(token)
        .or_else(|| AdoptedCode::parse(token).map(Proof::Adopted))
        .ok_or(Error::InvalidCode)
}

fn given(token: Option<&str>) -> Result<&str, Invalid> {
    token
        .filter(|token| !token.is_empty())
        .ok_or(Invalid::new(TOKEN, InvalidReason::Missing))
}

fn ours(token: &str) -> Option<Proof> {
    OneTimeCode::parse(token).map(|code| Proof::Digest(code.digest()))
}
