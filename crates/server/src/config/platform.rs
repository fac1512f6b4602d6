//! Settings of the platform round the service: who issues its tokens, who else knows its users.

mod auth_service;
mod domains;
mod spicedb;

pub use auth_service::{AuthServiceSettings, JwksUrl};
pub use spicedb::SpiceDbSettings;

use super::auth::AuthKind;
use super::grpc_client::GrpcClientSettings;
use super::notice::Notice;
use super::reader::Reader;
use super::variable::{Entry, Section};
use spicedb::PoliciesKind;

pub(super) static SECTIONS: [&Section; 3] =
    [&auth_service::SECTION, &spicedb::SECTION, &domains::SECTION];

/// What there is of a platform.
#[derive(Clone, Debug)]
pub struct PlatformSettings {
    /// The service that issues tokens and has a say in who administers; `None`: this process issues
    /// them.
    pub auth: Option<AuthServiceSettings>,
    /// Where the relations of users are kept; `None`: nowhere.
    pub spicedb: Option<SpiceDbSettings>,
    /// The service that users are members of domains at; `None`: nobody is.
    pub domains: Option<GrpcClientSettings>,
}

impl PlatformSettings {
    /// Values must be of their types whoever issues tokens; whether they fit together, and whether
    /// files are there, matters only where they are used. Second comes what is to be said about them.
    pub(super) fn read(reader: &mut Reader, auth: Option<AuthKind>) -> Option<(Self, Vec<Notice>)> {
        let service = auth_service::read(reader, auth == Some(AuthKind::Grpc));
        let policies = spicedb::read_kind(reader, auth);
        let timeout = service.as_ref().map(|service| service.grpc.timeout);
        let spicedb = spicedb::read(reader, timeout);
        let domains = domains::read(reader);
        let (auth, service, spicedb) = (auth?, service?, spicedb?);
        let spicedb = (policies? == PoliciesKind::SpiceDb).then_some(spicedb);
        let mut notices = Vec::new();
        match auth {
            AuthKind::Embedded => {
                let entries = auth_service::without_effect_if_embedded(spicedb.is_some());
                notices.extend(idle(reader, "MG_USERS_AUTH=embedded", entries));
            }
            AuthKind::Grpc => {
                let entries = super::auth::of_embedded();
                notices.extend(idle(reader, "MG_USERS_AUTH=grpc", entries));
                if service.jwks_url.is_none() {
                    let reason = "keys that only the auth service has (MG_AUTH_KEYS_ALGORITHM)";
                    notices.extend(idle(reader, reason, [&auth_service::JWKS_URL.entry]));
                }
                if spicedb.is_none() {
                    notices.push(Notice::Advice(
                        "MG_USERS_POLICIES=none with MG_USERS_AUTH=grpc: the auth service issues no \
                         token for a user without relations, so somebody else must write them",
                    ));
                }
                if domains.is_none() {
                    notices.push(Notice::Advice(domains::LEFT_BEHIND));
                }
            }
        }
        if spicedb.is_none() {
            let entries = spicedb::without_effect_if_none();
            notices.extend(idle(reader, "MG_USERS_POLICIES=none", entries));
        }
        if domains.is_none() {
            let entries = domains::without_effect_if_none();
            notices.extend(idle(reader, "MG_DOMAINS_GRPC_URL unset", entries));
        }
        let platform = Self {
            auth: (auth == AuthKind::Grpc).then_some(service),
            spicedb,
            domains,
        };
        Some((platform, notices))
    }
}

/// Those of the settings that somebody wrote down for nothing.
fn idle(
    reader: &Reader,
    reason: &'static str,
    entries: impl IntoIterator<Item = &'static Entry>,
) -> Option<Notice> {
    let entries: Vec<_> = entries.into_iter().collect();
    let names = reader.written(&entries);
    (!names.is_empty()).then_some(Notice::Idle { reason, names })
}
