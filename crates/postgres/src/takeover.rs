//! Taking a database over as it is found: empty, written by the deployed service at any of its
//! versions, or by this program before.

pub(crate) mod deployed;
pub(crate) mod found;
pub(crate) mod plan;
