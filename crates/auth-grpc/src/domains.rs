//! Takes users out of the platform's domains: the port `Domains`.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tonic::Response;
use tracing::warn;
use users_domain::model::UserId;
use users_domain::ports::{Domains, Entropy, LEASE, PlatformError};
use users_grpc_client::{ConnectionStats, MESSAGE_LIMIT, OpenError};
use users_proto::authzed::can_be_held;
use users_proto::domains::v1::domains_service_client::DomainsServiceClient;
use users_proto::domains::v1::{DeleteUserReq, DeleteUserRes};

use crate::health;
use crate::peer::Peer;
use crate::settings::PeerSettings;
use crate::status::{Call, Failure};

/// The platform's domains service.
#[derive(Debug)]
pub struct DomainsGrpc {
    peer: Peer,
}

impl DomainsGrpc {
    /// Connects when it is called first; the service need not be up. Everything is done on `runtime`.
    ///
    /// No call takes longer than half of [`LEASE`], whatever the settings say: who carries effects out
    /// would lose his lease meanwhile.
    pub fn open(
        settings: &PeerSettings,
        runtime: Handle,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let settings = PeerSettings {
            timeout: settings.timeout.min(LEASE / 2),
            ..settings.clone()
        };
        let peer = Peer::open("domains", &settings, runtime, entropy)?;
        Ok(Self { peer })
    }

    /// Whether it answers calls, with whatever status: the deployed one has no health service. For
    /// who operates the service.
    pub async fn answers(&self) -> bool {
        let before = self.stats().answered;
        let is_well = health::check(&self.peer, "").await.is_ok();
        is_well || self.stats().answered > before
    }

    /// Its numbers.
    pub fn stats(&self) -> ConnectionStats {
        self.peer.stats()
    }
}

#[async_trait]
impl Domains for DomainsGrpc {
    #[tracing::instrument(skip_all, name = "domains.remove_user")]
    async fn remove_user(&self, user: &UserId) -> Result<(), PlatformError> {
        // Whom the platform cannot hold is of no domain.
        if !can_be_held(user.as_str()) {
            return Ok(());
        }
        let message = DeleteUserReq {
            id: user.as_str().to_owned(),
        };
        let answer = self
            .peer
            .call(Call::DeleteUserFromDomains, |call| async move {
                DomainsServiceClient::new(call.channel())
                    .max_decoding_message_size(MESSAGE_LIMIT)
                    .max_encoding_message_size(MESSAGE_LIMIT)
                    .delete_user_from_domains(call.request(message))
                    .await
                    .map(Response::into_inner)
            })
            .await;
        match answer {
            // Whom the service does not know is of no domain.
            Ok(DeleteUserRes { deleted: true }) | Err(Failure::No) => Ok(()),
            Ok(DeleteUserRes { deleted: false }) => {
                warn!(user.id = %user, "the domains service says that the user is still there");
                Err(PlatformError::Unavailable)
            }
            Err(Failure::Refused | Failure::Away) => Err(PlatformError::Unavailable),
        }
    }
}
