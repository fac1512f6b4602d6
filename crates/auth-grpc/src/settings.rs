//! How a service of the platform is reached.

use std::fmt;
use std::time::Duration;

/// How a service of the platform is reached.
#[derive(Debug, Clone)]
pub struct GrpcSettings {
    /// Host and port, e.g. `auth:7001` or `[::1]:8181`.
    pub address: String,
    /// How long a call may take, connecting included; also the `grpc-timeout` that goes with it.
    pub timeout: Duration,
    /// How connections are encrypted; `None`: not at all.
    pub tls: Option<TlsSettings>,
}

/// How connections to a service are encrypted. Its certificate must be good for the host of its
/// address.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// The only authorities that may have signed the service's certificate, as PEM; `None`: those
    /// that the system trusts.
    pub authorities: Option<String>,
    /// What this side shows; `None`: nothing.
    pub identity: Option<TlsIdentity>,
}

/// A certificate and its key: what one side of a connection shows of itself.
#[derive(Clone)]
pub struct TlsIdentity {
    /// The certificate, its chain behind it, as PEM.
    pub certificate: String,
    /// Its private key, as PEM: a secret.
    pub key: String,
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity(***)")
    }
}

/// Why a service cannot be reached, whatever it does: its settings are unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The address is none.
    #[error("the address is not `host:port`")]
    Address,
    /// No call can be made in no time, or has years.
    #[error("the time for a call is not between a millisecond and a day")]
    Timeout,
    /// Certificates or key are unusable. The text names no secret.
    #[error("TLS: {0}")]
    Tls(String),
}

/// A day: more is a mistake, and no deadline.
const LONGEST: Duration = Duration::from_hours(24);

impl GrpcSettings {
    /// Host (without the brackets of an IPv6 address) and port.
    pub(crate) fn host_and_port(&self) -> Result<(String, u16), OpenError> {
        let (host, port) = self.address.rsplit_once(':').ok_or(OpenError::Address)?;
        let port = port.parse().map_err(|_| OpenError::Address)?;
        let bare = match host.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or(OpenError::Address)?,
            // Which colon begins the port could not be told.
            None if host.contains(':') => return Err(OpenError::Address),
            None => host,
        };
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || "/@?#[]\\".contains(c);
        if bare.is_empty() || bare.contains(is_odd) || port == 0 {
            return Err(OpenError::Address);
        }
        Ok((bare.to_owned(), port))
    }

    pub(crate) fn checked_timeout(&self) -> Result<Duration, OpenError> {
        if (Duration::from_millis(1)..=LONGEST).contains(&self.timeout) {
            Ok(self.timeout)
        } else {
            Err(OpenError::Timeout)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(address: &str, timeout: Duration) -> GrpcSettings {
        GrpcSettings {
            address: address.to_owned(),
            timeout,
            tls: None,
        }
    }

    #[test]
    fn an_address_is_host_and_port() {
        let parse = |address| settings(address, Duration::ZERO).host_and_port();
        for (address, host, port) in [
            ("localhost:8181", "localhost", 8181),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65535),
            ("auth.example.com:7001", "auth.example.com", 7001),
        ] {
            assert_eq!(parse(address), Ok((host.to_owned(), port)));
        }
        for address in [
            "",
            "auth",
            ":7001",
            "auth:",
            "auth:0",
            "auth:65536",
            "auth:port",
            "::1:7001",
            "[::1:7001",
            "[]:7001",
            "http://auth:7001",
            "a b:7001",
            "user@auth:7001",
        ] {
            assert_eq!(parse(address), Err(OpenError::Address), "{address}");
        }
    }

    #[test]
    fn a_call_has_some_time_and_not_for_ever() {
        let check = |timeout| settings("auth:7001", timeout).checked_timeout();
        for timeout in [Duration::from_millis(1), Duration::from_mins(5), LONGEST] {
            assert_eq!(check(timeout), Ok(timeout));
        }
        for timeout in [Duration::ZERO, Duration::from_micros(999), Duration::MAX] {
            assert_eq!(check(timeout), Err(OpenError::Timeout));
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let tls = TlsSettings {
            authorities: None,
            identity: Some(TlsIdentity {
                certificate: "certificate".to_owned(),
                key: "secret".to_owned(),
            }),
        };
        assert!(!format!("{tls:?}").contains("secret"));
    }
}
