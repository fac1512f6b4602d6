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
        tell_platform(service.config());
        if let Some(address) = service.grpc_address() {
            let grpc = service.config().grpc.as_ref();
            let tls = grpc.is_some_and(|grpc| grpc.tls.is_some());
            info!(address, tls, "gRPC listening");
        }
        info!(url = service.url(), "listening");
    })
}

/// Which of the platform's other services this one goes by.
fn tell_platform(config: &Config) {
    let platform = &config.platform;
    let none = || "none".to_owned();
    let auth = platform.auth.as_ref();
    let tokens = match auth.map(|auth| auth.jwks_url.is_some()) {
        None => "of this process",
        Some(true) => "verified by published keys",
        Some(false) => "verified by the auth service",
    };
    info!(
        tokens,
        auth = auth.map_or_else(none, |auth| auth.grpc.address.to_string()),
        spicedb = platform
            .spicedb
            .as_ref()
            .map_or_else(none, |it| it.address.to_string()),
        domains = platform
            .domains
            .as_ref()
            .map_or_else(none, |it| it.address.to_string()),
        "platform"
    );
}
