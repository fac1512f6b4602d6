//! Users by id for the platform's other services, over gRPC.
