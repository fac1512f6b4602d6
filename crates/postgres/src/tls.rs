//! TLS as `sslmode` and its files say.

use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::OpenError;
use crate::settings::{SslMode, SslSettings};

/// What encrypts connections; `None` where nothing shall.
pub(crate) fn connect(settings: &SslSettings) -> Result<Option<MakeRustlsConnect>, OpenError> {
    match settings.mode {
        SslMode::Disable => Ok(None),
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
            todo!("helper T")
        }
    }
}
