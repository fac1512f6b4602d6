//! Connections: the file behind them, and the pragmas of each.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use users_domain::model::Metadata;

use crate::error::OpenError;
use crate::row::StoredText;
use crate::schema::metadata_contains_utils;

/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before asking again for what SQLite does not wait for itself.
const PAUSE: Duration = Duration::from_millis(10);

/// Pages that a connection keeps in memory, at most 8 MiB: of a million accounts the upper levels of
/// every index, and what a search counts and reads again.
pub(crate) const CACHE: &str = "PRAGMA cache_size=-8192;";

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read and write.
    Write,
    /// Read what others write.
    Read,
    /// Look without leaving a trace; no pragma is set.
    Look,
}

/// Makes connections to one file, which it never creates.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    path: PathBuf,
}

impl Connector {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    pub(crate) fn connect(&self, access: Access) -> Result<SqliteConnection, OpenError> {
        let mode = match access {
            Access::Write | Access::Read => "rw",
            Access::Look if self.has_log() => "ro",
            // Without a log nobody has the file open. Even a read-only connection would make one,
            // and could not remove it again.
            Access::Look => "ro&immutable=1",
        };
        let uri = format!("file:{}?mode={mode}", escaped(&self.path));
        let mut connection =
            SqliteConnection::establish(&uri).map_err(|error| self.failed(&error))?;
        // First of all: the statements below may already have to wait.
        connection
            .batch_execute(&format!(
                "PRAGMA busy_timeout={};",
                BUSY_TIMEOUT.as_millis()
            ))
            .map_err(|error| self.failed(&error))?;
        metadata_contains_utils::register_impl(&mut connection, metadata_contains)
            .map_err(|error| self.failed(&error))?;
        if access == Access::Look {
            return Ok(connection);
        }
        self.use_write_ahead_log(&mut connection)?;
        connection
            .batch_execute(
                // FULL: what was acknowledged survives a power loss.
                "PRAGMA synchronous=FULL;
                 PRAGMA foreign_keys=ON;
                 PRAGMA temp_store=MEMORY;
                 PRAGMA journal_size_limit=67108864;",
            )
            .and_then(|()| connection.batch_execute(CACHE))
            .map_err(|error| self.failed(&error))?;
        if access == Access::Read {
            connection
                .batch_execute("PRAGMA query_only=ON;")
                .map_err(|error| self.failed(&error))?;
        }
        Ok(connection)
    }

    /// SQLite answers "locked" at once, whatever the busy timeout, when two connections turn a
    /// fresh file's log on at the same time: one of them has to ask again.
    fn use_write_ahead_log(&self, connection: &mut SqliteConnection) -> Result<(), OpenError> {
        let begun = Instant::now();
        loop {
            match diesel::sql_query("PRAGMA journal_mode=WAL").get_result(connection) {
                Ok(JournalMode { journal_mode }) if journal_mode == "wal" => return Ok(()),
                Ok(JournalMode { journal_mode }) => {
                    return Err(OpenError::WriteAheadLog {
                        path: self.path.clone(),
                        mode: journal_mode,
                    });
                }
                Err(error) if is_locked(&error) && begun.elapsed() < BUSY_TIMEOUT => {
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    fn has_log(&self) -> bool {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        Path::new(&log).exists()
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> OpenError {
        OpenError::Connect {
            path: self.path.clone(),
            reason: error.to_string(),
        }
    }
}

/// What filters ask of a row's metadata; none is empty.
fn metadata_contains(whole: Option<StoredText>, part: StoredText) -> bool {
    let whole = whole.map_or_else(Metadata::default, |text| Metadata::from_stored(text.0));
    whole.contains(&Metadata::from_stored(part.0))
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

fn is_locked(error: &diesel::result::Error) -> bool {
    error.to_string().contains("locked")
}

/// Makes the file with its folder if they are not there, for this user's eyes only. SQLite gives
/// its log the permissions of the file.
pub(crate) fn create_file(path: &Path) -> Result<(), OpenError> {
    /// Closing a file drops *all* of the process's locks on it, those of SQLite's connections too.
    /// So the file is opened here only while nobody can have a connection to it.
    static CREATING: Mutex<()> = Mutex::new(());

    let _alone = CREATING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        private_folder()
            .create(folder)
            .map_err(|source| OpenError::Folder {
                path: folder.to_owned(),
                source,
            })?;
    }
    match private_file().open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(OpenError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

fn private_folder() -> DirBuilder {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder
}

fn private_file() -> OpenOptions {
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file
}

/// A path as part of an SQLite URI, so that none of its bytes means anything else.
/// (<https://sqlite.org/uri.html>)
fn escaped(path: &Path) -> String {
    use std::fmt::Write as _;

    let mut uri = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(char::from(*byte));
            }
            // Writing to a String cannot fail.
            other => _ = write!(uri, "%{other:02x}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_path_means_anything_in_a_uri() {
        assert_eq!(
            escaped(Path::new("/a b/c?mode=x#é%.db")),
            "/a%20b/c%3fmode%3dx%23%c3%a9%25.db"
        );
    }
}
