//! Mails into a folder: for whoever develops, and for systems that fetch them there.

mod writer;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use time::macros::format_description;
use users_domain::model::{Mail, Timestamp};
use users_domain::ports::{MailError, Mailer};

use crate::kind::MailKind;
use crate::message::{RenderedMail, Renderer};

use writer::{Job, Writer};

/// Writes each mail into a file of its own, `<time>-<kind>-<id>.eml`, then announces it.
///
/// - A file appears whole or not at all, and a mail that was taken survives a power loss.
/// - Files can be read by the user only who runs the program (mode 0600), as can the folder (0700)
///   if it is made here. No name of a file holds an address.
/// - Files are written on a thread of its own, one at a time; of more than [`FileMailer::QUEUE`]
///   mails that wait, the last is [`MailError::Unavailable`], as is one that the disk refuses.
/// - Nobody clears the folder away.
pub struct FileMailer {
    renderer: Renderer,
    writer: Writer,
}

/// Called with every mail whose file is there, on the writer's thread.
pub type Announce = dyn Fn(&Announcement) + Send + Sync;

/// A mail that waits in the folder. Address and link are for a console, never for a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Which mail.
    pub kind: MailKind,
    /// Whom it is for.
    pub to: String,
    /// What its reader would click.
    pub link: Option<String>,
    /// Where it is.
    pub file: PathBuf,
}

impl FileMailer {
    /// The most mails that may wait to be written.
    pub const QUEUE: usize = 64;

    /// Opens a folder, made if it is not there.
    pub fn open(
        folder: &Path,
        renderer: Renderer,
        announce: Arc<Announce>,
    ) -> Result<Self, OpenError> {
        private_folder()
            .create(folder)
            .map_err(|source| OpenError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        let writer = Writer::start(folder.to_owned(), announce)
            .map_err(|source| OpenError::Thread { source })?;
        Ok(Self { renderer, writer })
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let rendered = self.renderer.render(mail)?;
        let name = file_name(mail, &rendered);
        self.writer.write(Job { name, rendered }).await
    }
}

impl fmt::Debug for FileMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileMailer")
            .field("renderer", &self.renderer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcement")
            .field("kind", &self.kind)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// Why mails cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such folder and none can be made.
    #[error("cannot make the mail folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("cannot start the thread that writes mails: {source}")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
}

/// Sorted by name, files are in the order of their mails.
fn file_name(mail: &Mail, rendered: &RenderedMail) -> String {
    let (time, kind) = (compact(mail.written_at), rendered.kind().as_str());
    format!("{time}-{kind}-{}.eml", mail.id.hyphenated())
}

/// A moment as `20261124T211400.123Z` (ISO 8601, basic).
fn compact(moment: Timestamp) -> String {
    let format =
        format_description!("[year][month][day]T[hour][minute][second].[subsecond digits:3]Z");
    // Only a year beyond four digits has no such form.
    moment
        .to_offset(time::UtcOffset::UTC)
        .format(format)
        .unwrap_or_default()
}

fn private_folder() -> std::fs::DirBuilder {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
