//! Placeholder.
/// x
pub struct Users;
/// x
pub struct Settings;
