//! Certificates for servers and clients: right ones, and each kind of wrong one.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

/// An authority's certificate.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The file, PEM.
    pub certificate: PathBuf,
    /// What is in it.
    pub certificate_pem: String,
}

/// A certificate and its key. The key's text is not shown.
#[derive(Clone)]
pub struct Identity {
    /// The file with the certificate, PEM.
    pub certificate: PathBuf,
    /// The file with the key, PKCS #8, PEM.
    pub key: PathBuf,
    /// What is in the certificate's file.
    pub certificate_pem: String,
    /// What is in the key's file.
    pub key_pem: String,
}

/// Two authorities and what they have signed, in a folder that lasts as long as a clone of this
/// value.
///
/// Servers' certificates are for `localhost` and for 127.0.0.1, unless it is said otherwise.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority that servers and clients trust.
    pub ca: Authority,
    /// An authority that nobody should trust.
    pub other_ca: Authority,
    /// A server's.
    pub server: Identity,
    /// A server's, whose time is over.
    pub expired_server: Identity,
    /// A server's, for a host that is another one: `auth.example.org`.
    pub server_elsewhere: Identity,
    /// A server's, signed by the other authority.
    pub server_of_other_ca: Identity,
    /// A client's.
    pub client: Identity,
    /// A client's, whose time is over.
    pub expired_client: Identity,
    /// A client's, signed by the other authority.
    pub client_of_other_ca: Identity,
    folder: Arc<TempDir>,
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// The hosts that the stand-ins are reached at.
const HERE: [&str; 2] = ["localhost", "127.0.0.1"];

/// The years in which certificates end.
const FAR: i32 = 2099;
const PAST: i32 = 2020;

impl Certificates {
    /// Makes all of them anew.
    ///
    /// # Panics
    ///
    /// The folder for temporary files cannot be written.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("users-platform-certificates-")
            .tempdir()
            .expect("the folder for temporary files can be written");
        let at = folder.path();
        let (ours, other) = (issuer("Platform CA"), issuer("Another CA"));
        let server = |file, issuer: &Issuer, hosts: &[&str], year| {
            sign(
                at,
                file,
                issuer,
                hosts,
                year,
                ExtendedKeyUsagePurpose::ServerAuth,
            )
        };
        let client = |file, issuer: &Issuer, year| {
            sign(
                at,
                file,
                issuer,
                &["users"],
                year,
                ExtendedKeyUsagePurpose::ClientAuth,
            )
        };
        Self {
            ca: authority(at, "ca", &ours),
            other_ca: authority(at, "other-ca", &other),
            server: server("server", &ours, &HERE, FAR),
            expired_server: server("expired-server", &ours, &HERE, PAST),
            server_elsewhere: server("server-elsewhere", &ours, &["auth.example.org"], FAR),
            server_of_other_ca: server("server-of-other-ca", &other, &HERE, FAR),
            client: client("client", &ours, FAR),
            expired_client: client("expired-client", &ours, PAST),
            client_of_other_ca: client("client-of-other-ca", &other, FAR),
            folder: Arc::new(folder),
        }
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificate", &self.certificate)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, key()).expect("these parameters can be signed")
}

fn authority(folder: &Path, file: &str, issuer: &Issuer) -> Authority {
    Authority {
        certificate: write(folder, &format!("{file}.crt"), &issuer.pem()),
        certificate_pem: issuer.pem(),
    }
}

fn sign(
    folder: &Path,
    file: &str,
    issuer: &Issuer,
    hosts: &[&str],
    last_year: i32,
    purpose: ExtendedKeyUsagePurpose,
) -> Identity {
    let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("the hosts are ASCII");
    params.distinguished_name.push(DnType::CommonName, hosts[0]);
    params.not_after = date_time_ymd(last_year, 12, 31);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    let key = key();
    let signed = params.signed_by(&key, issuer);
    let certificate_pem = signed.expect("these parameters can be signed").pem();
    let key_pem = key.serialize_pem();
    Identity {
        certificate: write(folder, &format!("{file}.crt"), &certificate_pem),
        key: write(folder, &format!("{file}.key"), &key_pem),
        certificate_pem,
        key_pem,
    }
}

/// On the curve P-256, which every client and server knows.
fn key() -> KeyPair {
    KeyPair::generate().expect("the provider makes keys")
}

/// The folder is this user's alone, and with it the files.
fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    if let Err(error) = fs::write(&path, text) {
        panic!("cannot write {}: {error}", path.display());
    }
    path
}
