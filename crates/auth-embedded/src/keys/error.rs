//! What is wrong with a key file, for the operator.

use std::io;
use std::path::PathBuf;

/// Why the key that signs tokens could not be read or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file is there and cannot be read.
    #[error(
        "cannot read the key file {}: {source}; let this program read it, or choose another path",
        .path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Others than its owner may read or write the file.
    #[error(
        "the key file {} is open to others (mode {mode:o}): whoever reads it can make tokens for \
         anybody; run `chmod 600 {}`, and move the file away to have a new key made if somebody may \
         have read it",
        .path.display(), .path.display()
    )]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error(
        "the key file {} holds no Ed25519 private key in PEM (PKCS#8); restore it from a backup, or \
         move it away to have a new key made, which ends every session",
        .path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The file's folder is missing and cannot be made.
    #[error(
        "cannot create the folder {} for the key file: {source}; create it, or choose another path",
        .path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A new key cannot be kept.
    #[error(
        "cannot make the key file {}: {source}; make its folder writable for this program, on a \
         file system that knows hard links, or choose another path",
        .path.display()
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}
