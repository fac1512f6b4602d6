//! One file for every format of hashes: how it is written, what it may cost, how it is compared.
//!
//! Readers know their own lengths and limits, and hand on only what can be computed in bounded time
//! and memory. Comparisons take the same time wherever the difference is.

pub(crate) mod argon2id;
pub(crate) mod bcrypt;
pub(crate) mod django_pbkdf2;
mod fields;
pub(crate) mod firebase_scrypt;
pub(crate) mod pbkdf2;
pub(crate) mod salted_sha1;
pub(crate) mod sha512_crypt;
