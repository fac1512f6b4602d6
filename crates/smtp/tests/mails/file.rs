//! Mails in a folder.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use users_domain::ports::{MailError, Mailer};
use users_smtp::{Announce, Announcement, FileMailer, MailKind, OpenError, Templates};

use crate::{ID, code, contents, mail, renderer, reset, to_ada, verification};

fn open(folder: &Path, announce: Arc<Announce>) -> FileMailer {
    FileMailer::open(folder, renderer(Templates::builtin()), announce).unwrap()
}

fn silent(folder: &TempDir) -> FileMailer {
    open(folder.path(), Arc::new(|_| {}))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_mail_that_was_taken_is_there_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mail = to_ada(reset());
    silent(&folder).send(&mail).await.unwrap();
    let name = format!("20261124T211405.678Z-reset-{ID}.eml");
    assert_eq!(names(folder.path()), [name.as_str()]);
    let rendered = renderer(Templates::builtin()).render(&mail).unwrap();
    assert_eq!(
        fs::read(folder.path().join(name)).unwrap(),
        rendered.to_eml()
    );
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_a_mail() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data/mail");
    let mailer = open(&folder, Arc::new(|_| {}));
    mailer.send(&to_ada(reset())).await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join(&names(&folder)[0])), 0o600);
}

#[tokio::test]
async fn a_mail_is_announced_once_its_file_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = heard.clone();
    let mailer = open(
        folder.path(),
        Arc::new(move |announcement: &Announcement| {
            let whole = fs::read(&announcement.file).unwrap().ends_with(b"--\r\n");
            ears.lock().unwrap().push((announcement.clone(), whole));
        }),
    );
    let mail = to_ada(verification());
    mailer.send(&mail).await.unwrap();
    let heard = heard.lock().unwrap();
    let [(announcement, true)] = heard.as_slice() else {
        panic!("announced {} times", heard.len());
    };
    assert_eq!(announcement.kind, MailKind::Verification);
    assert_eq!(announcement.to, "ada@example.com");
    let link = format!(
        "https://users.example.com/verify-email?token={}",
        code(&mail)
    );
    assert_eq!(announcement.link.as_deref(), Some(link.as_str()));
    let printed = format!("{announcement:?}");
    assert!(
        !printed.contains("ada@") && !printed.contains("token"),
        "{printed}"
    );
}

#[tokio::test]
async fn a_notice_is_announced_without_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let links = Arc::new(Mutex::new(Vec::new()));
    let seen = links.clone();
    let announce = move |announcement: &Announcement| {
        seen.lock().unwrap().push(announcement.link.is_some());
    };
    let mailer = open(folder.path(), Arc::new(announce));
    for content in contents() {
        mailer.send(&to_ada(content)).await.unwrap();
    }
    assert_eq!(*links.lock().unwrap(), [true, true, false, false]);
}

#[tokio::test]
async fn an_announcement_that_panics_costs_no_mail() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = open(folder.path(), Arc::new(|_| panic!("announced")));
    mailer.send(&to_ada(reset())).await.unwrap();
    mailer.send(&to_ada(verification())).await.unwrap();
    assert_eq!(names(folder.path()).len(), 2);
}

#[tokio::test]
async fn a_mail_to_nowhere_is_rejected_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = mail("nowhere", Some("ada"), reset());
    let error = silent(&folder).send(&nowhere).await.unwrap_err();
    assert!(matches!(error, MailError::Rejected { .. }));
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_disk_that_refuses_is_unavailable_and_may_come_back() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mail");
    let mailer = open(&folder, Arc::new(|_| {}));
    fs::remove_dir(&folder).unwrap();
    let mail = to_ada(reset());
    assert_eq!(mailer.send(&mail).await, Err(MailError::Unavailable));
    fs::create_dir(&folder).unwrap();
    mailer.send(&mail).await.unwrap();
}

#[test]
fn any_runtime_may_send_and_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Arc::new(silent(&folder));
    let senders: Vec<_> = (0..4_u128)
        .map(|sender| {
            let mailer = mailer.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap();
                for number in 0..8 {
                    let mut mail = to_ada(reset());
                    mail.id = uuid::Uuid::from_u128(sender * 100 + number);
                    runtime.block_on(mailer.send(&mail)).unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    assert_eq!(names(folder.path()).len(), 32);
}

#[tokio::test]
async fn more_mails_than_may_wait_are_unavailable_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (gate, opened) = std::sync::mpsc::channel::<()>();
    let opened = Mutex::new(opened);
    let announce = move |_: &Announcement| {
        let _ = opened.lock().unwrap().recv();
    };
    let mailer = open(folder.path(), Arc::new(announce));
    // One is being written, and the queue is full behind it; each call queues before it waits.
    let mut waiting = Vec::new();
    let mut refused = 0;
    for number in 0..FileMailer::QUEUE + 2 {
        let mut mail = to_ada(reset());
        mail.id = uuid::Uuid::from_u128(number as u128);
        let mailer = &mailer;
        let mut call = Box::pin(async move { mailer.send(&mail).await });
        match poll_once(call.as_mut()) {
            Some(answer) => {
                assert_eq!(answer, Err(MailError::Unavailable));
                refused += 1;
            }
            None => waiting.push(call),
        }
    }
    assert!(refused >= 1 && waiting.len() >= FileMailer::QUEUE);
    drop(gate);
    for call in waiting {
        call.await.unwrap();
    }
}

/// What a future says when it is asked once.
fn poll_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.poll(&mut context) {
        std::task::Poll::Ready(answer) => Some(answer),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let taken = parent.path().join("mail");
    fs::write(&taken, "a file").unwrap();
    let renderer = renderer(Templates::builtin());
    let error = FileMailer::open(&taken, renderer, Arc::new(|_| {})).unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }));
    assert!(error.to_string().contains(&taken.display().to_string()));
}
