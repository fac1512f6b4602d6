//! `magistrala-users serve`: as the operator's settings say.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use tracing::{info, warn};

use super::DOCUMENTED_PASSWORD;
use super::output::complain;
use crate::config::{ClientTls, Config, GrpcClientSettings, MailKind, SpiceDbSettings};
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
        warn_of_known_keys(service.config());
        tell_platform(service.config());
        if let Some(address) = service.grpc_address() {
            let grpc = service.config().grpc.as_ref();
            let tls = grpc.is_some_and(|grpc| grpc.tls.is_some());
            info!(address, tls, "gRPC listening");
        }
        info!(url = service.url(), "listening");
    })
}

/// Keys that everybody can look up.
fn warn_of_known_keys(config: &Config) {
    let spicedb = config.platform.spicedb.as_ref();
    if spicedb.is_some_and(SpiceDbSettings::has_documented_key) {
        warn!(
            "MG_SPICEDB_PRE_SHARED_KEY is the documented one, which everybody knows: who reaches \
             SpiceDB can make anybody administrator"
        );
    }
}

/// Which of the platform's other services this one goes by, and how they are spoken to.
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
        auth = auth.map_or_else(none, |auth| place(&auth.grpc)),
        keys = auth
            .and_then(|auth| auth.jwks_url.as_ref())
            .map_or_else(none, |url| url.as_url().to_string()),
        spicedb = platform
            .spicedb
            .as_ref()
            .map_or_else(none, |it| it.address.to_string()),
        domains = platform.domains.as_ref().map_or_else(none, place),
        "platform"
    );
}

/// Where a service is, and whether the way there is encrypted.
fn place(settings: &GrpcClientSettings) -> String {
    let tls = match &settings.tls {
        None => "without TLS",
        Some(ClientTls { identity: None, .. }) => "with TLS",
        Some(ClientTls {
            identity: Some(_), ..
        }) => "with TLS on both sides",
    };
    format!("{}, {tls}", settings.address)
}
