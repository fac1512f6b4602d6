//! A server's TLS: what it shows, and what it demands.

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::certificates::{Identity, write};

/// What a server demands of those who come over TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demand {
    /// Nothing: without TLS too.
    Nothing,
    /// TLS.
    Tls,
    /// TLS and a certificate that the server's authority signed (`clientcert=verify-ca`).
    CertificateOfCa,
    /// TLS and such a certificate whose common name is the role (method `cert`).
    CertificateOfRole,
}

/// TLS of a server that is started.
#[derive(Clone, Debug)]
pub struct Tls {
    /// What the server shows.
    pub identity: Identity,
    /// The authority that must have signed clients' certificates.
    pub client_ca: PathBuf,
    /// What the server demands.
    pub demand: Demand,
}

impl Tls {
    /// Puts the files into the data folder and gives the settings that name them.
    pub(crate) fn install(&self, data: &Path, account: Account) -> Vec<(String, String)> {
        let files = [
            ("ssl_cert_file", "server.crt", &self.identity.certificate),
            ("ssl_key_file", "server.key", &self.identity.key),
            ("ssl_ca_file", "root.crt", &self.client_ca),
        ];
        let mut settings = vec![("ssl".to_owned(), "on".to_owned())];
        for (setting, name, source) in files {
            let text = fs::read_to_string(source)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", source.display()));
            // Postgres takes a key only if it is its own and nobody else can read it.
            account.give(&write(data, name, &text, 0o600));
            settings.push((setting.to_owned(), name.to_owned()));
        }
        let rules = write(data, "demand.conf", &self.rules(), 0o600);
        account.give(&rules);
        settings.push(("hba_file".to_owned(), rules.display().to_string()));
        settings
    }

    /// The rules for access: through the socket come only our own sessions.
    fn rules(&self) -> String {
        let tcp = match self.demand {
            Demand::Nothing => "host all all 127.0.0.1/32 trust",
            Demand::Tls => "hostssl all all 127.0.0.1/32 trust",
            Demand::CertificateOfCa => "hostssl all all 127.0.0.1/32 trust clientcert=verify-ca",
            Demand::CertificateOfRole => "hostssl all all 127.0.0.1/32 cert",
        };
        format!("local all all trust\n{tcp}\n")
    }
}
