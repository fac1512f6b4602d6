//! What the program was built from, for `/health` and the metrics.

/// The version of this package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit, from `USERS_BUILD_COMMIT` at build time; `ffffffff` where nobody stamped the build.
pub const COMMIT: &str = match option_env!("USERS_BUILD_COMMIT") {
    Some(commit) => commit,
    None => "ffffffff",
};

/// When it was built, from `USERS_BUILD_TIME` at build time (the platform's services write
/// `2024-10-24_14:02:00`); the epoch where nobody stamped the build.
pub const BUILD_TIME: &str = match option_env!("USERS_BUILD_TIME") {
    Some(time) => time,
    None => "1970-01-01_00:00:00",
};
