//! Settings of the gRPC server, at which the platform's other services ask for users.

use super::Profile;
use super::grpc_client::check_pair;
use super::http::is_loopback;
use super::kind;
use super::notice::Notice;
use super::pem::{self, Holds, PEM, Pem};
use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// Where the server listens, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    At(u16),
    Off,
}

const PORT_OR_OFF: Kind<Port> = Kind {
    name: "port or off",
    expected: "a port from 1 to 65535, or off",
    parse: |text| match text {
        "off" => Ok(Port::Off),
        port => (kind::PORT.parse)(port).map(Port::At),
    },
};

static HOST: Variable<String> = Variable::new(
    "MG_USERS_GRPC_HOST",
    kind::TEXT,
    Preset::Value("localhost"),
    "Host name or address on which the gRPC server listens. `dev` accepts only the loopback \
     interface.",
);

static PORT: Variable<Port> = Variable::new(
    "MG_USERS_GRPC_PORT",
    PORT_OR_OFF,
    Preset::Value("7002"),
    "Port on which the gRPC server listens, where the platform's other services ask for users by id; \
     `off`: there is no such server. Whoever reaches it may read names and e-mail addresses, unless \
     `MG_USERS_GRPC_CLIENT_CA_CERTS` says who may.",
)
.in_dev(Preset::Value("off"));

static SERVER_CERT: Variable<String> = Variable::new(
    "MG_USERS_GRPC_SERVER_CERT",
    PEM,
    Preset::Unset("no TLS"),
    "The gRPC server's certificate, its chain behind it: a PEM file or the text itself. With its key \
     it switches TLS on.",
);

static SERVER_KEY: Variable<String> = Variable::new(
    "MG_USERS_GRPC_SERVER_KEY",
    PEM,
    Preset::Unset("no TLS"),
    "That certificate's private key: a PEM file or the text itself.",
)
.secret();

static SERVER_CA_CERTS: Variable<String> = Variable::new(
    "MG_USERS_GRPC_SERVER_CA_CERTS",
    PEM,
    Preset::Unset("none"),
    "What other services verify this server's certificate with; here it has no effect of its own, and \
     needs `MG_USERS_GRPC_CLIENT_CA_CERTS` beside it, which says whom the server trusts.",
);

static CLIENT_CA_CERTS: Variable<String> = Variable::new(
    "MG_USERS_GRPC_CLIENT_CA_CERTS",
    PEM,
    Preset::Unset("clients need no certificate"),
    "The authorities that may have signed the certificate that each client must then show: a PEM \
     file or the text itself. It needs the server's certificate and key.",
);

pub(super) static SECTION: Section = Section {
    title: "gRPC",
    entries: &[
        &HOST.entry,
        &PORT.entry,
        &SERVER_CERT.entry,
        &SERVER_KEY.entry,
        &SERVER_CA_CERTS.entry,
        &CLIENT_CA_CERTS.entry,
    ],
};

/// How the platform's other services reach this one.
#[derive(Clone, Debug)]
pub struct GrpcSettings {
    /// Host name or address to listen on; in `dev` always the loopback interface.
    pub host: String,
    /// Port to listen on; never 0.
    pub port: u16,
    /// How connections are encrypted; `None`: not at all.
    pub tls: Option<GrpcServerTls>,
}

/// How connections of clients are encrypted.
#[derive(Clone, Debug)]
pub struct GrpcServerTls {
    /// What the server shows, its chain behind it.
    pub certificate: Pem,
    /// The private key of that.
    pub key: Pem,
    /// The authorities that clients' certificates must be signed by; `None`: clients need none.
    pub client_authorities: Option<Pem>,
}

impl GrpcSettings {
    /// `None` if there is to be no such server, or if a problem was noted.
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let host = reader.required(&HOST);
        let Port::At(port) = reader.required(&PORT)? else {
            return None;
        };
        if reader.profile == Profile::Dev && host.as_deref().is_some_and(|host| !is_loopback(host))
        {
            let expected = "localhost, 127.0.0.1 or ::1, for `dev` is reachable from this machine \
                            only (use `serve` for others)";
            reader.refuse(&HOST.entry, expected);
        }
        let tls = GrpcServerTls::read(reader);
        Some(Self {
            host: host?,
            port,
            tls,
        })
    }

    /// Those settings that somebody wrote down although there is no such server.
    pub(super) fn idle(reader: &Reader) -> Option<Notice> {
        let names = reader.written(&[&[&HOST.entry], &SECTION.entries[2..]].concat());
        (!names.is_empty()).then_some(Notice::Idle {
            reason: "MG_USERS_GRPC_PORT=off",
            names,
        })
    }
}

impl GrpcServerTls {
    /// Authorities that would not be asked are refused: somebody believes that they are.
    fn read(reader: &mut Reader) -> Option<Self> {
        check_pair(reader, &SERVER_CERT, &SERVER_KEY);
        let is_set = |variable: &Variable<String>| reader.found(&variable.entry).is_some();
        let is_plain = !is_set(&SERVER_CERT) && !is_set(&SERVER_KEY);
        let (of_server, of_clients) = (is_set(&SERVER_CA_CERTS), is_set(&CLIENT_CA_CERTS));
        if of_server && !of_clients {
            reader.refuse(
                &SERVER_CA_CERTS.entry,
                "MG_USERS_GRPC_CLIENT_CA_CERTS beside it, the authorities of the clients' \
                 certificates; by itself this would protect nothing",
            );
        }
        if of_clients && is_plain {
            reader.refuse(
                &CLIENT_CA_CERTS.entry,
                "MG_USERS_GRPC_SERVER_CERT and MG_USERS_GRPC_SERVER_KEY beside it; without them \
                 connections would be plain, and nobody asked for a certificate",
            );
        }
        let certificate = pem::read(reader, &SERVER_CERT, Holds::Certificates);
        let key = pem::read(reader, &SERVER_KEY, Holds::Key);
        let client_authorities = pem::read(reader, &CLIENT_CA_CERTS, Holds::Certificates);
        Some(Self {
            certificate: certificate?,
            key: key?,
            client_authorities,
        })
    }
}
