//! TLS to a service: whom it is trusted from, and what this side shows.

use std::error::Error;
use std::time::Duration;

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::settings::{OpenError, TlsSettings};

/// What encrypts connections to a host. A handshake must be done within `timeout`.
pub(crate) fn config(settings: &TlsSettings, host: &str, timeout: Duration) -> ClientTlsConfig {
    let config = ClientTlsConfig::new()
        // Not what the address says: an IPv6 address stands in brackets there.
        .domain_name(host)
        .timeout(timeout);
    let config = match &settings.authorities {
        Some(pem) => config.ca_certificate(Certificate::from_pem(pem)),
        None => config.with_native_roots(),
    };
    match &settings.identity {
        Some(identity) => config.identity(Identity::from_pem(&identity.certificate, &identity.key)),
        None => config,
    }
}

/// What is known to be unusable before the first connection.
pub(crate) fn check(settings: &TlsSettings) -> Result<(), OpenError> {
    let holds = |pem: &str| pem.contains("-----BEGIN CERTIFICATE-----");
    match &settings.authorities {
        // An empty list would trust nobody, and say so with every connection only.
        Some(pem) if !holds(pem) => Err(OpenError::Tls(
            "no certificate among the authorities".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Why the library does not take certificates or key.
pub(crate) fn unusable(error: &tonic::transport::Error) -> OpenError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    OpenError::Tls(text)
}
