//! The key's file: read if it is there, made once if it is not, never overwritten.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::Ed25519KeyPair;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox, SecretString};
use tracing::{debug, info, warn};
use users_domain::ports::Entropy;

use crate::signing_key::SigningKey;

mod error;
mod pem;

pub use error::KeyError;

/// A key file has some 120 bytes; longer ones are no key files.
const MOST_BYTES: u64 = 16 * 1024;

/// Whether a key file is there. An error if it is and cannot be used. Changes nothing.
pub fn check_key(path: &Path) -> Result<bool, KeyError> {
    Ok(read(path)?.is_some())
}

/// The key in a file. Where there is no file, one is made, with its folder, for this user's eyes
/// only; of any number of callers at once, one makes it and all get it.
pub(crate) fn read_or_make(path: &Path, entropy: &dyn Entropy) -> Result<SigningKey, KeyError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    make(path, entropy)?;
    read(path)?.ok_or_else(|| KeyError::Write {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::NotFound, "somebody removed it at once"),
    })
}

fn read(path: &Path) -> Result<Option<SigningKey>, KeyError> {
    let unreadable = |source: io::Error| match source.kind() {
        // It was read; it is no text.
        io::ErrorKind::InvalidData => KeyError::NotAKey {
            path: path.to_owned(),
        },
        _ => KeyError::Read {
            path: path.to_owned(),
            source,
        },
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unreadable(source)),
    };
    check_permissions(path, &file.metadata().map_err(unreadable)?)?;
    let mut text = String::new();
    let read = file.take(MOST_BYTES).read_to_string(&mut text);
    // Wiped whatever becomes of it.
    let text = SecretString::from(text);
    read.map_err(unreadable)?;
    pem::read(text.expose_secret())
        .and_then(|der| Ed25519KeyPair::from_pkcs8(der.expose_secret()).ok())
        .map(|pair| Some(SigningKey::new(pair)))
        .ok_or_else(|| KeyError::NotAKey {
            path: path.to_owned(),
        })
}

/// Nobody but its owner may read the file, save a group that the operator chose: secrets that a
/// cluster mounts for a program that is not root are readable by a group.
#[cfg(unix)]
fn check_permissions(path: &Path, metadata: &fs::Metadata) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    const OTHERS_OR_WRITABLE: u32 = 0o027;
    const READABLE_BY_GROUP: u32 = 0o040;

    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS_OR_WRITABLE != 0 {
        return Err(KeyError::NotPrivate {
            path: path.to_owned(),
            mode,
        });
    }
    if mode & READABLE_BY_GROUP != 0 {
        warn!(
            path = %path.display(),
            mode = format_args!("{mode:o}"),
            "the file's group may read the key that signs tokens"
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_permissions(_: &Path, _: &fs::Metadata) -> Result<(), KeyError> {
    Ok(())
}

/// Writes a new key under a name of its own, then gives it the final name if nobody else has: the
/// file is never half there, and a key that somebody may already use is never replaced.
fn make(path: &Path, entropy: &dyn Entropy) -> Result<(), KeyError> {
    let folder = folder_of(path);
    private_folder()
        .create(folder)
        .map_err(|source| KeyError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    let temporary = temporary_beside(path, entropy);
    let linked = write_private(&temporary, entropy).and_then(|()| fs::hard_link(&temporary, path));
    if let Err(error) = fs::remove_file(&temporary) {
        debug!(%error, path = %temporary.display(), "a file that nobody needs stays");
    }
    match linked {
        Ok(()) => {
            info!(path = %path.display(), "made the key that signs tokens");
            // After a power loss the tokens of this key should still verify.
            if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
                debug!(%error, "the key's folder was not synced");
            }
            Ok(())
        }
        // Another process was faster: its key it is.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(KeyError::Write {
            path: path.to_owned(),
            source,
        }),
    }
}

fn write_private(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let text = new_key(entropy)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.expose_secret().as_bytes())?;
    file.sync_all()
}

/// A new key in the form that `openssl genpkey -algorithm ed25519` writes.
fn new_key(entropy: &dyn Entropy) -> io::Result<SecretString> {
    let mut seed = SecretBox::<[u8; 32]>::default();
    entropy.fill(seed.expose_secret_mut());
    let pair =
        Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()).map_err(io::Error::other)?;
    let der = pair.to_pkcs8v1().map_err(io::Error::other)?;
    Ok(pem::write(der.as_ref()))
}

fn temporary_beside(path: &Path, entropy: &dyn Entropy) -> PathBuf {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}", u64::from_ne_bytes(random)));
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn private_folder() -> DirBuilder {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder
}

#[cfg(test)]
mod tests;
