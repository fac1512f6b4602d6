//! Certificates for servers and clients: right ones, and each kind of wrong one.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

use crate::server::ROLE;

/// A certificate and its key, as PEM files. The key is for its owner only (mode 0600), as
/// Postgres and its clients demand.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: PathBuf,
    /// The key, PKCS #8.
    pub key: PathBuf,
}

/// Two authorities and what they have signed, in a folder that lasts as long as this value.
#[derive(Debug)]
pub struct Certificates {
    /// The authority that servers and clients trust: the root certificate, PEM.
    pub ca: PathBuf,
    /// An authority that nobody should trust.
    pub other_ca: PathBuf,
    /// A server's, for the name `localhost` (not for 127.0.0.1).
    pub localhost: Identity,
    /// A server's, for the address 127.0.0.1 (not for `localhost`).
    pub address: Identity,
    /// A server's, for a host that is another one: `db.example.org`.
    pub elsewhere: Identity,
    /// A client's, for the role [`ROLE`].
    pub client: Identity,
    /// A client's, for the role `stranger`.
    pub stranger: Identity,
    /// A client's, for the role [`ROLE`], signed by the other authority.
    pub client_of_other_ca: Identity,
    /// A server's without an authority, for `localhost`: signed by itself, and marked as an
    /// authority, as `openssl req -x509` makes them.
    pub self_signed: Identity,
    /// Another one of the same name, with a key of its own.
    pub other_self_signed: Identity,
    /// One whose time is over.
    pub expired_self_signed: Identity,
    folder: TempDir,
}

type Authority = CertifiedIssuer<'static, KeyPair>;

impl Certificates {
    /// Makes all of them anew.
    ///
    /// # Panics
    ///
    /// The folder for temporary files cannot be written.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("users-certificates-")
            .tempdir()
            .expect("the folder for temporary files can be written");
        let at = folder.path();
        let (ours, other) = (authority("Test CA"), authority("Another CA"));
        let server = ExtendedKeyUsagePurpose::ServerAuth;
        let client = ExtendedKeyUsagePurpose::ClientAuth;
        let client = |ca, file, role| sign(at, ca, file, role, &[], client.clone());
        let server = |file, host: &str| sign(at, &ours, file, host, &[host], server.clone());
        Self {
            ca: write(at, "ca.crt", &ours.pem(), 0o644),
            other_ca: write(at, "other-ca.crt", &other.pem(), 0o644),
            localhost: server("localhost", "localhost"),
            address: server("address", "127.0.0.1"),
            elsewhere: server("elsewhere", "db.example.org"),
            client: client(&ours, "client", ROLE),
            stranger: client(&ours, "stranger", "stranger"),
            client_of_other_ca: client(&other, "client-of-other-ca", ROLE),
            self_signed: self_signed(at, "self-signed", 2099),
            other_self_signed: self_signed(at, "other-self-signed", 2099),
            expired_self_signed: self_signed(at, "expired-self-signed", 2020),
            folder,
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

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, key()).expect("these parameters can be signed")
}

fn self_signed(folder: &Path, file: &str, last_year: i32) -> Identity {
    let hosts = vec!["localhost".to_owned()];
    let mut params = CertificateParams::new(hosts).expect("the host is ASCII");
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.not_after = date_time_ymd(last_year, 12, 31);
    let key = key();
    let signed = params.self_signed(&key);
    let certificate = signed.expect("these parameters can be signed").pem();
    identity(folder, file, &certificate, &key)
}

fn sign(
    folder: &Path,
    authority: &Authority,
    file: &str,
    common_name: &str,
    hosts: &[&str],
    purpose: ExtendedKeyUsagePurpose,
) -> Identity {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).expect("the hosts are ASCII");
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    let key = key();
    let signed = params.signed_by(&key, authority);
    let certificate = signed.expect("these parameters can be signed").pem();
    identity(folder, file, &certificate, &key)
}

fn identity(folder: &Path, file: &str, certificate: &str, key: &KeyPair) -> Identity {
    Identity {
        certificate: write(folder, &format!("{file}.crt"), certificate, 0o644),
        key: write(folder, &format!("{file}.key"), &key.serialize_pem(), 0o600),
    }
}

/// On the curve P-256, which every client and server knows.
fn key() -> KeyPair {
    KeyPair::generate().expect("the provider makes keys")
}

pub(crate) fn write(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    let written = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    path
}
