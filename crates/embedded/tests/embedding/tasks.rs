//! The loops that carry out what changes leave behind.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use users_embedded::Users;
use users_embedded::domain::Settings;
use users_embedded::domain::authorization::Operation;
use users_embedded::domain::model::{
    Caller, CodePurpose, EffectKind, Email, Proof, RequestContext, UserQuery,
};
use users_testkit::fakes::{RecordingMailer, RecordingPublisher};

use crate::people::{ADA, GRACE, caller, join};
use crate::publishers::{Conduct, TellingPublisher};

/// A folder whose events and mails a test can read.
struct Recorded {
    users: Users,
    publisher: RecordingPublisher,
    mailer: RecordingMailer,
}

impl Recorded {
    async fn open(folder: &TempDir) -> Self {
        let (publisher, mailer) = (RecordingPublisher::new(), RecordingMailer::new());
        let users = Users::builder(folder.path())
            .publisher(Arc::new(publisher.clone()))
            .mailer(Arc::new(mailer.clone()))
            .open()
            .await
            .unwrap();
        Self {
            users,
            publisher,
            mailer,
        }
    }
}

async fn open_with(folder: &TempDir, publisher: Arc<TellingPublisher>) -> Users {
    let builder = Users::builder(folder.path()).publisher(publisher);
    builder.open().await.unwrap()
}

async fn pending(users: &Users, kind: EffectKind) -> u64 {
    users.relay.depth(kind).await.unwrap().pending
}

#[tokio::test]
async fn stopping_empties_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let Recorded {
        users,
        publisher,
        mailer,
    } = Recorded::open(&folder).await;
    let context = RequestContext::default();
    let ada = caller(&users, ADA, Operation::SendVerification).await;
    users.directory.view_profile(&context, &ada).unwrap();
    users
        .verification
        .send_verification(&context, &ada)
        .await
        .unwrap();
    users.spawn_tasks().stop().await;

    for kind in EffectKind::ALL {
        assert_eq!(pending(&users, kind).await, 0, "{kind:?}");
    }
    let mut operations = publisher.operations();
    operations.sort();
    assert_eq!(
        operations,
        [
            "user.create",
            "user.issue_token",
            "user.send_verification",
            "user.view_profile"
        ]
    );
    let code = mailer
        .last_code(CodePurpose::VerifyEmail, ADA.email)
        .unwrap();
    let proof = Proof::Digest(code.digest());
    users
        .verification
        .verify_email(&context, &proof)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_deleted_long_enough_ago_goes_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let (publisher, mut told) = TellingPublisher::new(Conduct::Taken);
    let users = Users::builder(folder.path())
        .publisher(Arc::new(publisher))
        .settings(Settings {
            delete_after: Duration::ZERO,
            ..Settings::default()
        })
        // Raised to a second.
        .purge_interval(Duration::ZERO)
        .open()
        .await
        .unwrap();
    let tasks = users.spawn_tasks();
    let ada = users.register(ADA).await.unwrap().id;
    let context = RequestContext::default();
    users
        .administration
        .delete(&context, &Caller::Operator, &ada, None)
        .await
        .unwrap();
    let mut operations = Vec::new();
    while operations.last().map(String::as_str) != Some("user.purge") {
        operations.push(told.recv().await.unwrap());
    }
    assert_eq!(operations, ["user.create", "user.delete", "user.purge"]);
    let all = users.list(&UserQuery::default()).await.unwrap();
    assert_eq!(all.total, 0);
    tasks.stop().await;
}

#[tokio::test]
async fn stopping_lets_another_program_carry_on_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Recorded::open(&folder).await, Recorded::open(&folder).await);
    first.users.register(ADA).await.unwrap();
    first.users.spawn_tasks().stop().await;
    second.users.register(GRACE).await.unwrap();
    second.users.spawn_tasks().stop().await;
    assert_eq!(first.publisher.operations(), ["user.create"]);
    assert_eq!(second.publisher.operations(), ["user.create"]);
}

#[tokio::test]
async fn a_second_set_waits_for_the_end_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (publisher, mut told) = TellingPublisher::new(Conduct::Waits(Semaphore::new(0)));
    let publisher = Arc::new(publisher);
    let users = open_with(&folder, publisher.clone()).await;
    users.register(ADA).await.unwrap();
    let first = users.spawn_tasks();
    assert_eq!(told.recv().await.unwrap(), "user.create");
    users.spawn_tasks().stop().await;
    publisher.open();
    first.stop().await;
    assert!(told.try_recv().is_err(), "the event is published once");
    assert_eq!(pending(&users, EffectKind::Event).await, 0);
}

#[tokio::test]
async fn a_publisher_that_panics_does_not_end_the_tasks() {
    let folder = tempfile::tempdir().unwrap();
    let (publisher, mut told) = TellingPublisher::new(Conduct::PanicsAtFirst(AtomicU32::new(3)));
    let users = open_with(&folder, Arc::new(publisher)).await;
    let ada = caller(&users, ADA, Operation::ViewProfile).await;
    let context = RequestContext::default();
    users.directory.view_profile(&context, &ada).unwrap();
    let tasks = users.spawn_tasks();
    let mut operations = Vec::new();
    while operations.len() < 3 {
        let next = tokio::time::timeout(Duration::from_mins(1), told.recv());
        let next = next.await.expect("tasks are still running");
        operations.push(next.unwrap());
    }
    operations.sort();
    assert_eq!(
        operations,
        ["user.create", "user.issue_token", "user.view_profile"]
    );
    tasks.stop().await;
}

/// The clock of tokio stands still and jumps when everybody waits, so ten seconds take no time.
#[tokio::test(start_paused = true)]
async fn a_publisher_that_hangs_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (publisher, mut told) = TellingPublisher::new(Conduct::Waits(Semaphore::new(0)));
    let users = open_with(&folder, Arc::new(publisher)).await;
    users.register(ADA).await.unwrap();
    let tasks = users.spawn_tasks();
    told.recv().await.unwrap();
    let began = Instant::now();
    tasks.stop().await;
    assert!(began.elapsed() < Duration::from_secs(11));
    assert_eq!(pending(&users, EffectKind::Event).await, 1);
}

#[tokio::test]
async fn a_long_outbox_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (publisher, mut told) = TellingPublisher::new(Conduct::Waits(Semaphore::new(0)));
    let publisher = Arc::new(publisher);
    let users = open_with(&folder, publisher.clone()).await;
    let ada = caller(&users, ADA, Operation::SendVerification).await;
    for _ in 0..298 {
        let context = RequestContext::default();
        let sent = users.verification.send_verification(&context, &ada).await;
        sent.unwrap();
    }
    assert_eq!(pending(&users, EffectKind::Event).await, 300);
    let tasks = users.spawn_tasks();
    told.recv().await.unwrap();
    let open = async { publisher.open() };
    // The first is polled first: it asks for the end before the first event is taken.
    tokio::join!(biased; tasks.stop(), open);
    // The step that it was in, and a last one.
    assert!(pending(&users, EffectKind::Event).await >= 100);
}

#[tokio::test(start_paused = true)]
async fn many_notes_of_reads_are_published_in_one_go() {
    let folder = tempfile::tempdir().unwrap();
    let (publisher, mut told) = TellingPublisher::new(Conduct::Taken);
    let users = open_with(&folder, Arc::new(publisher)).await;
    let ada = caller(&users, ADA, Operation::ViewProfile).await;
    for _ in 0..450 {
        let context = RequestContext::default();
        users.directory.view_profile(&context, &ada).unwrap();
    }
    let began = Instant::now();
    let _tasks = users.spawn_tasks();
    let mut views = 0;
    while views < 450 {
        views += u32::from(told.recv().await.unwrap() == "user.view_profile");
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "no pause between batches");
}

#[tokio::test]
async fn tasks_of_a_closed_store_end_too() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path()).await.unwrap();
    join(&users, ADA).await;
    let tasks = users.spawn_tasks();
    users.close().await;
    tasks.stop().await;
}

#[tokio::test]
async fn a_lost_password_is_mailed_for() {
    let folder = tempfile::tempdir().unwrap();
    let Recorded { users, mailer, .. } = Recorded::open(&folder).await;
    users.register(ADA).await.unwrap();
    let context = RequestContext::default();
    let address = Email::parse(ADA.email).unwrap();
    users
        .recovery
        .send_password_reset(&context, address)
        .await
        .unwrap();
    users.spawn_tasks().stop().await;
    let code = mailer
        .last_code(CodePurpose::ResetSecret, ADA.email)
        .unwrap();
    let password = users.settings().password_policy.accept("another password");
    users
        .recovery
        .reset_secret(&context, &Proof::Digest(code.digest()), &password.unwrap())
        .await
        .unwrap();
    users
        .log_in(ADA.username, "another password")
        .await
        .unwrap();
}
