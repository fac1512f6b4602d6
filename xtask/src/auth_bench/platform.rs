//! The platform's stand-ins, in this process.

use std::io::{Read as _, stdin};

use anyhow::{Context, Result};
use users_test_platform::{AuthOptions, Platform, PlatformOptions};

/// Tells the settings by which the service finds the platform, and is it until standard input ends.
pub(super) fn run() -> Result<()> {
    let platform = Platform::start(PlatformOptions {
        auth: AuthOptions {
            // As the deployed service does.
            rotates: false,
            ..AuthOptions::default()
        },
        ..PlatformOptions::default()
    })
    .context("the platform cannot be started")?;
    println!("{}", serde_json::to_string(&platform.environment())?);
    // Nothing more comes: this ends when whoever started it does.
    stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}
