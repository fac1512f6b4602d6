//! Whether a service serves (gRPC's health checking protocol).

use tonic::Response;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tracing::warn;
use users_domain::ports::PlatformError;
use users_grpc_client::MESSAGE_LIMIT;

use crate::peer::Peer;
use crate::status::Call;

/// Asks a service about the part of it that has a name.
pub(crate) async fn check(peer: &Peer, service: &str) -> Result<(), PlatformError> {
    let message = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = peer
        .call(Call::Check, |call| async move {
            HealthClient::new(call.channel())
                .max_decoding_message_size(MESSAGE_LIMIT)
                .max_encoding_message_size(MESSAGE_LIMIT)
                .check(call.request(message))
                .await
                .map(Response::into_inner)
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
