//! Where a service is.

use std::fmt;
use std::net::Ipv6Addr;

use tonic::transport::Uri;

use crate::OpenError;

/// What gRPC's own targets begin with where they name a host and a port.
const SCHEMES: [&str; 4] = ["dns:///", "passthrough:///", "dns:", "passthrough:"];

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address; one of version 6 has no brackets here. It is what a certificate has
    /// to name.
    pub host: String,
    /// Never 0.
    pub port: u16,
}

impl Address {
    /// Reads `host:port`, an IPv6 address in brackets, also with the beginnings by which gRPC has
    /// names resolved (`dns:///`, `passthrough:///`).
    pub fn parse(address: &str) -> Result<Self, OpenError> {
        let error = |reason| OpenError::Address {
            address: address.to_owned(),
            reason,
        };
        let authority = SCHEMES
            .iter()
            .find_map(|scheme| address.strip_prefix(scheme))
            .unwrap_or(address);
        if authority.contains("://") {
            return Err(error("host:port is wanted, without a scheme"));
        }
        if authority.contains(['@', '/', '?', '#']) {
            return Err(error("host:port is wanted, and nothing else"));
        }
        let (host, port) = authority
            .rsplit_once(':')
            .ok_or_else(|| error("the port is missing (host:port)"))?;
        if host.is_empty() {
            return Err(error("the host is missing"));
        }
        let host = match host.strip_prefix('[') {
            Some(rest) => rest
                .strip_suffix(']')
                .filter(|inner| inner.parse::<Ipv6Addr>().is_ok())
                .ok_or_else(|| error("no IPv6 address stands in the brackets"))?,
            None if host.contains(':') => {
                return Err(error("an IPv6 address needs brackets"));
            }
            None => host,
        };
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = Some(port)
            .filter(|_| is_number)
            .and_then(|it| it.parse().ok());
        let read = Self {
            host: host.to_owned(),
            port: port
                .filter(|port| *port != 0)
                .ok_or_else(|| error("the port is none from 1 to 65535"))?,
        };
        match read.url(false).parse::<Uri>() {
            Ok(_) => Ok(read),
            Err(_) => Err(error("the host is none")),
        }
    }

    /// As a URL.
    pub(crate) fn url(&self, tls: bool) -> String {
        let scheme = if tls { "https" } else { "http" };
        format!("{scheme}://{self}")
    }
}

/// `host:port`, an IPv6 address in brackets.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_are_read_as_grpc_writes_them() {
        for (address, url, host) in [
            ("auth:7001", "https://auth:7001", "auth"),
            ("dns:///auth:7001", "https://auth:7001", "auth"),
            ("passthrough:///auth:7001", "https://auth:7001", "auth"),
            ("127.0.0.1:8181", "https://127.0.0.1:8181", "127.0.0.1"),
            ("[::1]:8181", "https://[::1]:8181", "::1"),
        ] {
            let read = Address::parse(address).unwrap();
            assert_eq!((read.url(true).as_str(), read.host.as_str()), (url, host));
            assert_eq!(format!("https://{read}"), url);
        }
        assert_eq!(Address::parse("a:1").unwrap().url(false), "http://a:1");
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for address in [
            "",
            "auth",
            ":7001",
            "auth:",
            "auth:0",
            "auth:70000",
            "auth:x",
            "auth:+1",
            "::1:1",
            "[auth]:1",
            "[::1",
            "[::1]",
            "http://auth:7001",
            "me@auth:7001",
            "auth:7001/path",
            "auth:7001?q",
            "au th:7001",
            "unix:///run/auth.sock",
        ] {
            assert!(Address::parse(address).is_err(), "{address}");
        }
    }
}
