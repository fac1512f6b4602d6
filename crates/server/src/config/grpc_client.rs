//! Settings of the connection to another service of the platform: the same five for each.

use std::time::Duration;

use super::kind;
use super::pem::{self, Holds, Pem};
use super::reader::Reader;
use super::variable::{Entry, Kind, Variable};

/// A service's address: host and port, no URL.
pub(super) const ADDRESS: Kind<Address> = Kind {
    name: "host:port",
    expected: "a host and a port such as auth:8181",
    parse: |text| Address::parse(text).ok_or(None),
};

/// Where a service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its name or IP address; one of version 6 has no brackets here.
    pub host: String,
    /// Its port; never 0.
    pub port: u16,
}

impl Address {
    /// `host:port`, an IPv6 address in brackets.
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(address) => {
                let address = address.strip_suffix(']')?;
                address.parse::<std::net::Ipv6Addr>().ok()?;
                address
            }
            None => host,
        };
        let is_bare = text.starts_with('[') || !host.contains(':');
        let is_name = !host.is_empty() && !host.contains(['/', '@', ' ', '[', ']']);
        let port = (kind::PORT.parse)(port).ok()?;
        (is_bare && is_name).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, host, port) in [
            ("auth:8181", "auth", 8181),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65535),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!((address.host.as_str(), address.port), (host, port));
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "auth",
            "auth:",
            ":8181",
            "auth:0",
            "auth:65536",
            "http://auth:8181",
            "a b:1",
            "::1:1",
            "[auth]:1",
            "me@auth:1",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
