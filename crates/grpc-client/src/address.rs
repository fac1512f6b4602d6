//! Where a service is.

use tonic::transport::Uri;

use crate::OpenError;

/// What gRPC's own targets begin with where they name a host and a port.
const SCHEMES: [&str; 4] = ["dns:///", "passthrough:///", "dns:", "passthrough:"];

/// Host and port.
#[derive(Debug)]
pub(crate) struct Address {
    authority: String,
    host: String,
}

impl Address {
    /// Reads `host:port`, also with the beginnings by which gRPC has names resolved.
    pub(crate) fn parse(address: &str) -> Result<Self, OpenError> {
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
        let uri: Uri = format!("http://{authority}")
            .parse()
            .map_err(|_| error("host:port is wanted"))?;
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| error("the host is missing"))?;
        match uri.port_u16() {
            None => return Err(error("the port is missing, or none (host:port)")),
            Some(0) => return Err(error("the port cannot be 0")),
            Some(_) => {}
        }
        Ok(Self {
            authority: authority.to_owned(),
            host: host.trim_matches(['[', ']']).to_owned(),
        })
    }

    /// As a URL.
    pub(crate) fn url(&self, tls: bool) -> String {
        let scheme = if tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// The host alone, an IPv6 address without brackets: what a certificate has to name.
    pub(crate) fn host(&self) -> &str {
        &self.host
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
            assert_eq!((read.url(true).as_str(), read.host()), (url, host));
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
