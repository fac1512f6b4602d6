//! The whole platform around the service in one piece.

use std::io;

use crate::auth::{AuthOptions, AuthServer};
use crate::certificates::Certificates;
use crate::domains::DomainsServer;
use crate::spicedb::{PRESHARED_KEY, SpiceDb};
use crate::wire::{Listen, ServerTls};

/// How a platform is put together. By default every port is one that is free, nothing uses TLS, and
/// sessions lie in memory.
#[derive(Debug)]
pub struct PlatformOptions {
    /// The auth service; its SpiceDB is the platform's, and its TLS too.
    pub auth: AuthOptions,
    /// The port of the domains service.
    pub domains_port: u16,
    /// The port of SpiceDB, which is always in clear text.
    pub spicedb_port: u16,
    /// The key that SpiceDB wants to be shown.
    pub preshared_key: String,
    /// Where this is given, auth and domains use TLS.
    pub certificates: Option<Certificates>,
    /// With certificates: whether clients must show one, too.
    pub mutual: bool,
}

impl Default for PlatformOptions {
    fn default() -> Self {
        Self {
            auth: AuthOptions::default(),
            domains_port: 0,
            spicedb_port: 0,
            preshared_key: PRESHARED_KEY.to_owned(),
            certificates: None,
            mutual: false,
        }
    }
}

/// Auth, its keys, domains and SpiceDB.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Tokens and rights.
    pub auth: AuthServer,
    /// Domains.
    pub domains: DomainsServer,
    /// Relationships.
    pub spicedb: SpiceDb,
    certificates: Option<Certificates>,
    mutual: bool,
}

impl Platform {
    /// Starts all of it. An error if a port is taken.
    pub fn start(options: PlatformOptions) -> io::Result<Self> {
        let PlatformOptions {
            mut auth,
            domains_port,
            spicedb_port,
            preshared_key,
            certificates,
            mutual,
        } = options;
        let tls = certificates.as_ref().map(|certificates| ServerTls {
            identity: certificates.server.clone(),
            client_ca: mutual.then(|| certificates.ca.clone()),
        });
        let plain = Listen {
            port: spicedb_port,
            tls: None,
        };
        let spicedb = SpiceDb::start_with_key(&plain, &preshared_key)?;
        auth.listen.tls.clone_from(&tls);
        auth.spicedb = Some(spicedb.clone());
        let domains = Listen {
            port: domains_port,
            tls,
        };
        Ok(Self {
            auth: AuthServer::start(auth)?,
            domains: DomainsServer::start(&domains)?,
            spicedb,
            certificates,
            mutual,
        })
    }

    /// The settings by which the service finds all of it: names and values of environment variables.
    pub fn environment(&self) -> Vec<(String, String)> {
        let spicedb = self.spicedb.address();
        let mut variables = vec![
            ("MG_AUTH_GRPC_URL", self.auth.host_and_port()),
            ("MG_AUTH_KEYS_ALGORITHM", "EdDSA".to_owned()),
            ("MG_AUTH_JWKS_URL", self.auth.keys.url()),
            ("MG_DOMAINS_GRPC_URL", self.domains.host_and_port()),
            ("MG_SPICEDB_HOST", spicedb.ip().to_string()),
            ("MG_SPICEDB_PORT", spicedb.port().to_string()),
            ("MG_SPICEDB_PRE_SHARED_KEY", self.spicedb.key().to_owned()),
        ];
        if let Some(certificates) = &self.certificates {
            let file = |path: &std::path::Path| path.display().to_string();
            let (ca, client) = (&certificates.ca, &certificates.client);
            variables.extend([
                ("MG_AUTH_GRPC_SERVER_CA_CERTS", file(&ca.certificate)),
                ("MG_DOMAINS_GRPC_SERVER_CA_CERTS", file(&ca.certificate)),
            ]);
            if self.mutual {
                variables.extend([
                    ("MG_AUTH_GRPC_CLIENT_CERT", file(&client.certificate)),
                    ("MG_AUTH_GRPC_CLIENT_KEY", file(&client.key)),
                    ("MG_DOMAINS_GRPC_CLIENT_CERT", file(&client.certificate)),
                    ("MG_DOMAINS_GRPC_CLIENT_KEY", file(&client.key)),
                ]);
            }
        }
        let variables = variables.into_iter();
        variables
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}
