//! A file that is packed in the binary and unpacked for the few clients that cannot read it so.

use std::io::{self, Read as _};
use std::sync::OnceLock;

use actix_web::web::Bytes;
use flate2::read::GzDecoder;

/// A file and how to have it.
pub(super) struct Packed {
    gzip: &'static [u8],
    plain: OnceLock<Bytes>,
}

impl Packed {
    /// A file in the format of gzip (RFC 1952).
    pub(super) const fn new(gzip: &'static [u8]) -> Self {
        Self {
            gzip,
            plain: OnceLock::new(),
        }
    }

    /// As it is in the binary.
    pub(super) fn gzip(&self) -> Bytes {
        Bytes::from_static(self.gzip)
    }

    /// The file itself. It is unpacked once and kept, so that however many clients read it slowly,
    /// they share one.
    pub(super) fn plain(&self) -> io::Result<Bytes> {
        if let Some(plain) = self.plain.get() {
            return Ok(plain.clone());
        }
        let mut plain = Vec::new();
        GzDecoder::new(self.gzip).read_to_end(&mut plain)?;
        Ok(self.plain.get_or_init(|| plain.into()).clone())
    }
}
