//! TLS as its settings say, looked at when a connection is opened.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use secrecy::{ExposeSecret as _, SecretString};
use tonic::transport::{Certificate, ClientTlsConfig, Identity as Pem};

use crate::OpenError;

/// How a connection is encrypted, and who is trusted.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// The authorities one of which signed the server's certificate, in PEM; `None`: those that the
    /// system trusts.
    pub server_ca: Option<String>,
    /// Who we are (mutual TLS).
    pub identity: Option<Identity>,
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate, and those between it and its authority, in PEM.
    pub certificate: String,
    /// Its key, in PEM.
    pub key: SecretString,
}

impl Tls {
    /// What tonic makes of it: PEM in which everything can be used.
    pub(crate) fn config(&self, host: &str) -> Result<ClientTlsConfig, OpenError> {
        let mut config = ClientTlsConfig::new().domain_name(host);
        config = match &self.server_ca {
            Some(pem) => {
                check_authorities(pem).map_err(OpenError::ServerCa)?;
                config.ca_certificate(Certificate::from_pem(pem))
            }
            None => config.trust_anchors(system_roots()?.roots),
        };
        if let Some(identity) = &self.identity {
            identity.check()?;
            config = config.identity(Pem::from_pem(
                &identity.certificate,
                identity.key.expose_secret(),
            ));
        }
        Ok(config)
    }
}

/// The authorities that the system trusts; there is at least one.
fn system_roots() -> Result<RootCertStore, OpenError> {
    let mut roots = RootCertStore::empty();
    // Some of a system's certificates may be unfit. With none left no server can be trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(OpenError::NoSystemRoots);
    }
    Ok(roots)
}

impl Identity {
    /// Whether both can be used, and belong to each other.
    pub fn check(&self) -> Result<(), IdentityError> {
        let chain = certificates(&self.certificate).map_err(IdentityError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(self.key.expose_secret().as_bytes())
            .map_err(|error| IdentityError::Key(no_key(&error)))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        match CertifiedKey::from_der(chain, key, &provider) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InconsistentKeys(_)) => Err(IdentityError::Key(
                "it does not belong to the certificate".to_owned(),
            )),
            Err(rustls::Error::InvalidCertificate(error)) => {
                Err(IdentityError::Certificate(error.to_string()))
            }
            Err(error) => Err(IdentityError::Key(error.to_string())),
        }
    }
}

/// What of a certificate and its key cannot be used, and why. It holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The certificate, or one behind it.
    #[error("the certificate: {0}")]
    Certificate(String),
    /// The key.
    #[error("the certificate's key: {0}")]
    Key(String),
}

/// Whether a text holds authorities that can sign certificates of others, in PEM; if not, why.
pub fn check_authorities(pem: &str) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("it is no PEM: {error}"))?;
    if certificates.is_empty() {
        return Err("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned());
    }
    Ok(certificates)
}

/// What is wrong with a key, without anything of it: a parser's text may quote what it read.
fn no_key(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "it holds no private key in PEM without a passphrase",
        _ => "it is no PEM",
    }
    .to_owned()
}
