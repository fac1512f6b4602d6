//! Calls between the platform's services, as bytes.

mod described;
mod hex;
mod message;
mod replay;
mod tables;

pub(super) use replay::replay;
