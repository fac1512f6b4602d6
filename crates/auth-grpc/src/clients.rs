//! The clients of the platform's services, for one call each.

use users_grpc_client::{Call, GrpcChannel, MESSAGE_LIMIT};
use users_proto::auth::v1::auth_service_client::AuthServiceClient;
use users_proto::token::v1::token_service_client::TokenServiceClient;

/// Who verifies tokens and decides about rights.
pub(crate) fn auth(call: &Call) -> AuthServiceClient<GrpcChannel> {
    AuthServiceClient::new(call.channel())
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT)
}

/// Who issues tokens.
pub(crate) fn tokens(call: &Call) -> TokenServiceClient<GrpcChannel> {
    TokenServiceClient::new(call.channel())
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT)
}
