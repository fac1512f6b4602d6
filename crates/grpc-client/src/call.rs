//! One call, with what it carries and the time that it has.

use tokio::time::Instant;
use tonic::Request;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;

use crate::GrpcChannel;

/// What a call is made with. Several requests of one call share its time.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) channel: Channel,
    pub(crate) headers: MetadataMap,
    pub(crate) until: Instant,
}

impl Call {
    /// What generated clients are made with.
    pub fn channel(&self) -> GrpcChannel {
        GrpcChannel(self.channel.clone())
    }

    /// A request with the call's headers, and `grpc-timeout` for the time that is left.
    pub fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        *request.metadata_mut() = self.headers.clone();
        request.set_timeout(self.until.saturating_duration_since(Instant::now()));
        request
    }
}
