//! Tokens, rights and domains at the platform's services, over gRPC.

mod jwks;
mod platform_verifier;

pub use jwks::{JwksSettings, JwksSettingsError, JwksStats, JwksVerifier};
pub use platform_verifier::PlatformVerifier;
