//! Tokens, rights and domains at the platform's services, over gRPC.
