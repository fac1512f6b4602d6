//! `magistrala-users serve`: as the operator's settings say.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use tracing::{info, warn};

use super::DOCUMENTED_PASSWORD;
use super::output::complain;
use crate::config::{Config, MailKind};
use crate::service::Service;

/// Runs until it is told to stop.
pub(super) fn run(config: Config) -> Result<ExitCode> {
    let is_default_password = config.is_default_admin_password();
    if is_default_password {
        // The log may be set so that it holds errors only; this must be seen all the same.
        complain(format_args!("warning: {DOCUMENTED_PASSWORD}"));
    }
    // Who may read the folder of mails may read it there.
    let announce = |_: &_| {};
    crate::service::run(config, Arc::new(announce), |service: &Service| {
        if is_default_password {
            warn!("{DOCUMENTED_PASSWORD}");
        }
        if service.config().mail.kind == MailKind::Log {
            warn!("MG_USERS_MAIL=log: mails are lost");
        }
        info!(url = service.url(), "listening");
    })
}
