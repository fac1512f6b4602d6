//! Settings of the platform's domains service.

use std::time::Duration;

use crate::config::grpc_client::{self, Address, GrpcClientSettings, Variables};
use crate::config::kind;
use crate::config::pem::PEM;
use crate::config::reader::Reader;
use crate::config::variable::{Entry, Preset, Section, Variable};

static URL: Variable<Address> = Variable::new(
    "MG_DOMAINS_GRPC_URL",
    grpc_client::ADDRESS,
    Preset::Unset("none is told"),
    "Host and port of the domains service's gRPC server, such as `domains:7003`: a user leaves all \
     domains there before the account is deleted for good.",
);

static TIMEOUT: Variable<Duration> = Variable::new(
    "MG_DOMAINS_GRPC_TIMEOUT",
    kind::POSITIVE_DURATION,
    Preset::Value("1s"),
    "How long a call to the domains service may take before it is tried again later.",
);

static TLS: Variables = Variables {
    certificate: Variable::new(
        "MG_DOMAINS_GRPC_CLIENT_CERT",
        PEM,
        Preset::Unset("none"),
        "The certificate that is shown to the domains service, its chain behind it: a PEM file or \
         the text itself. It needs the key, and switches TLS on.",
    ),
    key: Variable::new(
        "MG_DOMAINS_GRPC_CLIENT_KEY",
        PEM,
        Preset::Unset("none"),
        "That certificate's private key: a PEM file or the text itself.",
    )
    .secret(),
    authorities: Variable::new(
        "MG_DOMAINS_GRPC_SERVER_CA_CERTS",
        PEM,
        Preset::Unset("the system's, where TLS is on"),
        "The authorities that may have signed the domains service's certificate, which must name \
         the host: a PEM file or the text itself. It switches TLS on; without this and a certificate \
         the connection is plain.",
    ),
};

pub(super) static SECTION: Section = Section {
    title: "Domains service",
    entries: &[
        &URL.entry,
        &TIMEOUT.entry,
        &TLS.certificate.entry,
        &TLS.key.entry,
        &TLS.authorities.entry,
    ],
};

/// What it means in a platform that no such service is named.
pub(super) const LEFT_BEHIND: &str = "MG_DOMAINS_GRPC_URL unset with MG_USERS_AUTH=grpc: users whose \
     accounts are deleted for good stay members of their domains";

/// What nothing looks at where there is no such service.
pub(super) fn without_effect_if_none() -> impl Iterator<Item = &'static Entry> {
    SECTION.entries.iter().copied().skip(1)
}

/// `None` if there is no such service, or if a problem was noted.
pub(super) fn read(reader: &mut Reader) -> Option<GrpcClientSettings> {
    let is_used = reader.found(&URL.entry).is_some();
    let address = reader.optional(&URL);
    let timeout = reader.required(&TIMEOUT);
    if !is_used {
        return None;
    }
    let tls = TLS.read(reader);
    Some(GrpcClientSettings {
        address: address?,
        timeout: timeout?,
        tls,
    })
}
