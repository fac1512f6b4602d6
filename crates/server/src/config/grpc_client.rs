//! Settings of the connection to another service of the platform: the same five for each.

use std::time::Duration;

pub use users_grpc_client::Address;

use super::pem::{self, Holds, Pem};
use super::reader::Reader;
use super::variable::{Entry, Kind, Variable};

/// A service's address: host and port as gRPC has them, no URL.
pub(super) const ADDRESS: Kind<Address> = Kind {
    name: "host:port",
    expected: "a host and a port such as auth:8181",
    parse: |text| Address::parse(text).map_err(|_| None),
};

/// How another service is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcClientSettings {
    /// Where it listens.
    pub address: Address,
    /// How long a call may take; above zero.
    pub timeout: Duration,
    /// How the connection is encrypted; `None`: not at all.
    pub tls: Option<ClientTls>,
}

/// How the connection to another service is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientTls {
    /// The authorities that may have signed its certificate; `None`: the system's.
    pub authorities: Option<Pem>,
    /// The certificate that we show, its chain behind it, and its private key.
    pub identity: Option<(Pem, Pem)>,
}

/// The variables that say how the connection to one service is encrypted.
pub(super) struct Variables {
    pub(super) certificate: Variable<String>,
    pub(super) key: Variable<String>,
    pub(super) authorities: Variable<String>,
}

impl Variables {
    /// TLS as soon as one of its settings is there: with none of them the connection is plain.
    pub(super) fn read(&self, reader: &mut Reader) -> Option<ClientTls> {
        check_pair(reader, &self.certificate, &self.key);
        let certificate = pem::read(reader, &self.certificate, Holds::Certificates);
        let key = pem::read(reader, &self.key, Holds::Key);
        let authorities = pem::read(reader, &self.authorities, Holds::Certificates);
        let identity = certificate.zip(key);
        (identity.is_some() || authorities.is_some()).then_some(ClientTls {
            authorities,
            identity,
        })
    }
}

/// A certificate without its key is a mistake, and the other way round: nobody may believe himself
/// protected who is not.
pub(super) fn check_pair(
    reader: &mut Reader,
    certificate: &Variable<String>,
    key: &Variable<String>,
) {
    let is_set = |entry: &Entry| reader.found(entry).is_some();
    let (alone, missing) = match (is_set(&certificate.entry), is_set(&key.entry)) {
        (true, false) => (&certificate.entry, key.entry.name),
        (false, true) => (&key.entry, certificate.entry.name),
        (true, true) | (false, false) => return,
    };
    reader.refuse(alone, &format!("{missing} beside it"));
}
