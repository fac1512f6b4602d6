//! The code in a mailed link.

use users_domain::error::{Error, Invalid, InvalidReason};
use users_domain::model::{OneTimeCode, Proof};

/// The name that a code has in links, forms and bodies.
pub(crate) const TOKEN: &str = "token";

/// What a code proves; what cannot be a code is as good as one that was used.
pub(crate) fn proof(token: Option<&str>) -> Result<Proof, Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(Invalid::new(TOKEN, InvalidReason::Missing).into());
    };
    let code = OneTimeCode::parse(token).ok_or(Error::InvalidCode)?;
    Ok(Proof::Digest(code.digest()))
}
