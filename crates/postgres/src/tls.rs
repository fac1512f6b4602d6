//! TLS as `sslmode` and its files say.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::OpenError;
use crate::settings::{SslMode, SslSettings};

mod verifiers;

use verifiers::{AnyCertificate, NamedOrSigned};

const ROOT: &str = "the root certificate (MG_USERS_DB_SSL_ROOT_CERT)";
const CERTIFICATE: &str = "the client certificate (MG_USERS_DB_SSL_CERT)";
const KEY: &str = "the client certificate's key (MG_USERS_DB_SSL_KEY)";

/// What encrypts connections; `None` where nothing shall. Reads the files.
pub(crate) fn connect(settings: &SslSettings) -> Result<Option<MakeRustlsConnect>, OpenError> {
    if settings.mode == SslMode::Disable {
        return Ok(None);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Ssl(format!("cannot set up TLS: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(settings, provider)?);
    let config = match (&settings.certificate, &settings.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => builder
            .with_client_auth_cert(
                certificates(CERTIFICATE, certificate)?,
                private_key(KEY, key)?,
            )
            .map_err(|error| unusable(KEY, key, does_not_fit(&error)))?,
        (Some(_), None) => return Err(alone("certificate", "key")),
        (None, Some(_)) => return Err(alone("key", "certificate")),
    };
    Ok(Some(MakeRustlsConnect::new(config)))
}

/// What the operator can do about an error of a handshake, where that can be told.
pub(crate) fn advice(error: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    // The driver wraps it as an error of input and output, which does not give it as its source.
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    match inner.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => Some(
            "the server's certificate comes from none of the trusted authorities: name the right \
             one in MG_USERS_DB_SSL_ROOT_CERT",
        ),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => Some(
            "the server's certificate names other hosts: connect to one of those \
             (MG_USERS_DB_HOST), or do not have names verified (MG_USERS_DB_SSL_MODE=verify-ca)",
        ),
        rustls::Error::AlertReceived(_) => Some(
            "the server does not take this client's certificate: check MG_USERS_DB_SSL_CERT, \
             MG_USERS_DB_SSL_KEY and the server's authority for clients",
        ),
        _ => None,
    }
}

fn verifier(
    settings: &SslSettings,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, OpenError> {
    let (roots, named) = match (&settings.root_certificate, settings.mode) {
        (Some(path), _) => {
            let named = certificates(ROOT, path)?;
            (named_roots(path, &named)?, named)
        }
        (None, SslMode::VerifyFull) => (system_roots()?, Vec::new()),
        // Anybody gets a certificate from one of the system's: without the name it proves nothing.
        (None, SslMode::VerifyCa) => {
            return Err(OpenError::Ssl(
                "verify-ca needs the authorities that may have signed the server's certificate: \
                 name them in MG_USERS_DB_SSL_ROOT_CERT, or have the name verified too \
                 (MG_USERS_DB_SSL_MODE=verify-full)"
                    .to_owned(),
            ));
        }
        (None, SslMode::Disable | SslMode::Require) => {
            return Ok(Arc::new(AnyCertificate(provider)));
        }
    };
    let signed = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| OpenError::Ssl(format!("cannot verify certificates: {error}")))?;
    Ok(Arc::new(NamedOrSigned {
        signed,
        named,
        any_name: settings.mode != SslMode::VerifyFull,
    }))
}

fn named_roots(path: &Path, named: &[CertificateDer<'static>]) -> Result<RootCertStore, OpenError> {
    let mut roots = RootCertStore::empty();
    for certificate in named {
        roots
            .add(certificate.clone())
            .map_err(|error| unusable(ROOT, path, error.to_string()))?;
    }
    Ok(roots)
}

/// The authorities that this system trusts; those that cannot be read are passed over.
fn system_roots() -> Result<RootCertStore, OpenError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(OpenError::Ssl(
            "this system trusts no certificate authority: name the one that signed the server's \
             certificate in MG_USERS_DB_SSL_ROOT_CERT, or install the system's (ca-certificates)"
                .to_owned(),
        ));
    }
    Ok(roots)
}

fn certificates(
    what: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, OpenError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(what, path, unreadable(&error)))?;
    if certificates.is_empty() {
        let reason = "the file holds no certificate in PEM (-----BEGIN CERTIFICATE-----)";
        return Err(unusable(what, path, reason.to_owned()));
    }
    Ok(certificates)
}

fn private_key(what: &'static str, path: &Path) -> Result<PrivateKeyDer<'static>, OpenError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        let reason = match error {
            pem::Error::NoItemsFound => {
                "the file holds no private key in PEM without a passphrase \
                                         (PKCS #8, PKCS #1 or SEC 1)"
                    .to_owned()
            }
            error => unreadable(&error),
        };
        unusable(what, path, reason)
    })
}

/// Why a PEM file was not read, without a word of what is in it.
fn unreadable(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        _ => "the file is no well-formed PEM".to_owned(),
    }
}

fn does_not_fit(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "it is not the key of the certificate in MG_USERS_DB_SSL_CERT".to_owned()
        }
        error => error.to_string(),
    }
}

fn unusable(what: &'static str, path: &Path, reason: String) -> OpenError {
    OpenError::Certificate {
        what,
        path: path.to_owned(),
        reason,
    }
}

fn alone(given: &str, missing: &str) -> OpenError {
    OpenError::Ssl(format!(
        "there is a client {given} for the database but no client {missing}: set both \
         MG_USERS_DB_SSL_CERT and MG_USERS_DB_SSL_KEY, or neither"
    ))
}
