//! The thread that writes: disks are slow at times, and no runtime's thread should wait for one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, warn};
use users_domain::ports::MailError;

use super::{Announce, Announcement, FileMailer};
use crate::message::RenderedMail;

/// A thread with a bounded queue. Dropped, it ends the thread once it is through with what waits.
pub(super) struct Writer {
    queue: mpsc::Sender<(Job, oneshot::Sender<Result<(), MailError>>)>,
}

/// A mail to be written.
pub(super) struct Job {
    /// The file's name in the folder.
    pub(super) name: String,
    pub(super) rendered: RenderedMail,
}

impl Writer {
    pub(super) fn start(folder: PathBuf, announce: Arc<Announce>) -> io::Result<Self> {
        let (queue, mut jobs) = mpsc::channel(FileMailer::QUEUE);
        thread::Builder::new()
            .name("users-mail".to_owned())
            .spawn(move || {
                while let Some((job, answer)) = jobs.blocking_recv() {
                    serve(&folder, &*announce, &job, answer);
                }
            })?;
        Ok(Self { queue })
    }

    /// Has a mail written. Needs no runtime: the wait ends when the thread answers or ends.
    pub(super) async fn write(&self, job: Job) -> Result<(), MailError> {
        let (sender, answer) = oneshot::channel();
        self.queue.try_send((job, sender)).map_err(|_| {
            warn!("too many mails wait to be written; one was refused");
            MailError::Unavailable
        })?;
        answer.await.unwrap_or(Err(MailError::Unavailable))
    }
}

fn serve(
    folder: &Path,
    announce: &Announce,
    job: &Job,
    answer: oneshot::Sender<Result<(), MailError>>,
) {
    if answer.is_closed() {
        // The caller is gone before anything began.
        return;
    }
    let file = folder.join(&job.name);
    // Unwind safe: nothing is shared with it.
    let Ok(eml) = catch_unwind(AssertUnwindSafe(|| job.rendered.to_eml())) else {
        let reason = "putting the message together panicked".to_owned();
        let _ = answer.send(Err(MailError::Rejected { reason }));
        return;
    };
    if let Err(error) = write(folder, &job.name, &eml) {
        error!(%error, file = %file.display(), "a mail cannot be written");
        let _ = answer.send(Err(MailError::Unavailable));
        return;
    }
    let announcement = Announcement {
        kind: job.rendered.kind(),
        to: job.rendered.to().to_owned(),
        link: job.rendered.link().map(str::to_owned),
        file,
    };
    // Unwind safe: nothing is shared with it. The mail is there whatever becomes of its
    // announcement.
    if catch_unwind(AssertUnwindSafe(|| announce(&announcement))).is_err() {
        error!("announcing a mail panicked");
    }
    // The caller may have gone meanwhile.
    let _ = answer.send(Ok(()));
}

/// Under another name first, so that nobody reads half a mail.
fn write(folder: &Path, name: &str, eml: &[u8]) -> io::Result<()> {
    let temporary = folder.join(format!(".{name}.part"));
    let written =
        write_private(&temporary, eml).and_then(|()| fs::rename(&temporary, folder.join(name)));
    if written.is_err()
        && let Err(error) = fs::remove_file(&temporary)
    {
        debug!(%error, "half a mail is left behind");
    }
    written?;
    // The name should survive a power loss too; not every system can sync a folder.
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        debug!(%error, "the mail folder was not synced");
    }
    Ok(())
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
