//! `magistrala-users serve`: as the operator's settings say.

use std::process::ExitCode;

use anyhow::Result;
use tracing::{info, warn};

use crate::config::Config;
use crate::service::Service;

/// Runs until it is told to stop.
pub(super) fn run(config: Config) -> Result<ExitCode> {
    let is_default_password = config.is_default_admin_password();
    crate::service::run(config, |service: &Service| {
        if is_default_password {
            warn!(
                "MG_USERS_ADMIN_PASSWORD is the documented default, which everybody knows: set \
                 another, and change the password of an administrator that was made with it"
            );
        }
        info!(url = service.url(), "listening");
    })
}
