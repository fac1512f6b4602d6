//! Operations on tokens.

mod answer;
mod issue;
mod refresh;

pub(crate) use issue::issue;
pub(crate) use refresh::refresh;

#[cfg(test)]
pub(crate) use issue::LoginBody;
