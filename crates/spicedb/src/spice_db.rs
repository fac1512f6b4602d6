//! The adapter.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use users_domain::model::{Role, UserId};
use users_domain::ports::{LEASE, PlatformError, PlatformRelations};
use users_grpc_client::{
    Call, Connection, ConnectionSettings, ConnectionStats, GrpcChannel, MESSAGE_LIMIT,
};
use users_proto::authzed::api::v1::delete_relationships_response::DeletionProgress;
use users_proto::authzed::api::v1::permissions_service_client::PermissionsServiceClient;
use users_proto::authzed::can_be_held;

use crate::refusal::platform_error;
use crate::{CheckError, OpenError, SpiceDbSettings, messages};

/// The platform's relations in SpiceDB.
#[derive(Debug)]
pub struct SpiceDb {
    connection: Connection,
    headers: MetadataMap,
}

impl SpiceDb {
    /// Takes the settings; connects nowhere. What it does later runs on `runtime`.
    pub fn open(settings: &SpiceDbSettings, runtime: Handle) -> Result<Self, OpenError> {
        let bearer = bearer(&settings.key).ok_or(OpenError::Key)?;
        let mut headers = MetadataMap::new();
        headers.insert("authorization", bearer);
        let connection = ConnectionSettings {
            name: "SpiceDB",
            address: address(&settings.host, settings.port),
            timeout: settings.timeout.min(LEASE / 2),
            tls: None,
        };
        Ok(Self {
            connection: Connection::open(&connection, runtime).map_err(OpenError::Host)?,
            headers,
        })
    }

    /// Whether SpiceDB can be used now: it answers, takes the key, and has the platform's schema.
    /// For readiness and for who operates the service.
    pub async fn check(&self) -> Result<(), CheckError> {
        let headers = self.headers.clone();
        let asked = self.connection.call(headers, |call| async move {
            let question = call.request(messages::check());
            client(&call).check_permission(question).await.map(drop)
        });
        asked.await.map_err(CheckError::from)
    }

    /// What came of the calls so far.
    pub fn stats(&self) -> ConnectionStats {
        self.connection.stats()
    }
}

#[async_trait]
impl PlatformRelations for SpiceDb {
    async fn put(&self, user: &UserId, role: Role) -> Result<(), PlatformError> {
        if !can_be_held(user.as_str()) {
            tracing::error!(%user, "SpiceDB cannot hold this user's id");
            return Err(PlatformError::Refused);
        }
        let updates = messages::put(user, role);
        let headers = self.headers.clone();
        let written = self.connection.call(headers, |call| async move {
            let request = call.request(updates);
            client(&call).write_relationships(request).await.map(drop)
        });
        written.await.map_err(|status| platform_error(&status))
    }

    async fn remove(&self, user: &UserId) -> Result<(), PlatformError> {
        if !can_be_held(user.as_str()) {
            // Whom it cannot hold it does not know.
            return Ok(());
        }
        let filter = messages::remove(user);
        let headers = self.headers.clone();
        let removed = self.connection.call(headers, |call| async move {
            loop {
                let request = call.request(filter.clone());
                let answer = client(&call).delete_relationships(request).await?;
                // A server may be set to delete so many at once and no more.
                if answer.get_ref().deletion_progress() != DeletionProgress::Partial {
                    return Ok(());
                }
            }
        });
        removed.await.map_err(|status| platform_error(&status))
    }
}

fn client(call: &Call) -> PermissionsServiceClient<GrpcChannel> {
    PermissionsServiceClient::new(call.channel()).max_decoding_message_size(MESSAGE_LIMIT)
}

/// What no log shows.
fn bearer(key: &SecretString) -> Option<AsciiMetadataValue> {
    let text = format!("Bearer {}", key.expose_secret());
    let mut bearer = AsciiMetadataValue::try_from(text).ok()?;
    bearer.set_sensitive(true);
    Some(bearer)
}

/// As a URL has it: an IPv6 address in brackets.
fn address(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_to_spicedb_alone() {
        let bearer = bearer(&"s3cret".to_owned().into()).unwrap();
        assert_eq!(bearer.to_str().unwrap(), "Bearer s3cret");
        assert!(!format!("{bearer:?}").contains("s3cret"));
        assert!(super::bearer(&"a\nb".to_owned().into()).is_none());
    }

    #[test]
    fn an_ipv6_address_is_put_in_brackets() {
        assert_eq!(address("spicedb", 1), "spicedb:1");
        assert_eq!(address("::1", 1), "[::1]:1");
        assert_eq!(address("[::1]", 1), "[::1]:1");
    }
}
