//! Whether a service serves (gRPC's health checking protocol).

use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tracing::warn;
use users_domain::ports::PlatformError;

use crate::peer::{MOST_BYTES, Peer};
use crate::status::Call;

/// Asks a service about the part of it that has a name.
pub(crate) async fn check(peer: &Peer, service: &str) -> Result<(), PlatformError> {
    let message = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = peer
        .call(Call::Check, message, |channel, request| async move {
            HealthClient::new(channel)
                .max_decoding_message_size(MOST_BYTES)
                .check(request)
                .await
        })
        .await
        .map_err(|_| PlatformError::Unavailable)?;
    if answer.status() == ServingStatus::Serving {
        return Ok(());
    }
    warn!(
        service,
        status = answer.status().as_str_name(),
        "a service of the platform does not serve"
    );
    Err(PlatformError::Unavailable)
}
