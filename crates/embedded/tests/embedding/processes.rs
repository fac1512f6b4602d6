//! Several programs on one folder at once.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use users_embedded::domain::authorization::Operation;
use users_embedded::domain::model::{BearerToken, UserQuery};
use users_embedded::{SignUp, Users};

use crate::people::{ADA, GRACE, join};

/// Tells a copy of this test program which folder to open, and who joins there.
const FOLDER: &str = "USERS_EMBEDDED_TEST_FOLDER";
const PERSON: &str = "USERS_EMBEDDED_TEST_PERSON";

#[tokio::test]
async fn two_on_one_folder_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let one = Users::open(folder.path()).await.unwrap();
    let other = Users::open(folder.path()).await.unwrap();
    let tokens = join(&one, ADA).await;
    let caller = other.identify(Operation::ViewProfile, &tokens.access).await;
    assert!(caller.is_ok(), "a token of the one is good at the other");
    join(&other, GRACE).await;
    one.close().await;
    assert_eq!(other.list(&UserQuery::default()).await.unwrap().total, 2);
}

#[tokio::test]
async fn processes_that_open_a_fresh_folder_at_once_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let names = ["hedy", "joan", "mary"];
    let others = names.map(|name| another_process(&data, name));
    let users = Users::open(&data).await.unwrap();
    let tasks = users.spawn_tasks();
    users.register(ADA).await.unwrap();
    for other in others {
        let output = other.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    tasks.stop().await;
    assert_eq!(users.list(&UserQuery::default()).await.unwrap().total, 4);
    for name in names {
        let token = BearerToken::new(fs::read_to_string(data.join(name)).unwrap());
        let caller = users.identify(Operation::ViewProfile, &token).await;
        let account = caller.unwrap().principal().unwrap().account.clone();
        assert_eq!(account.username.unwrap().as_str(), name);
    }
}

fn another_process(folder: &Path, name: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "processes::joins_where_another_process_says"])
        .env(FOLDER, folder)
        .env(PERSON, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Run alone it has nowhere to join; see the test above.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test program has no settings to read"
)]
async fn joins_where_another_process_says() {
    let (Some(folder), Some(name)) = (env::var_os(FOLDER), env::var_os(PERSON)) else {
        return;
    };
    let (folder, name) = (PathBuf::from(folder), name.into_string().unwrap());
    let users = Users::open(&folder).await.unwrap();
    let tasks = users.spawn_tasks();
    let person = SignUp {
        username: &name,
        email: &format!("{name}@example.com"),
        ..ADA
    };
    let tokens = join(&users, person).await;
    fs::write(folder.join(&name), tokens.access.expose()).unwrap();
    tasks.stop().await;
    users.close().await;
}

#[tokio::test]
async fn the_example_runs_twice_in_a_folder_that_another_program_uses() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path().join("data")).await.unwrap();
    users.register(GRACE).await.unwrap();
    let first = run_the_example(folder.path());
    assert!(first.contains("registered ada as "), "{first}");
    let second = run_the_example(folder.path());
    assert!(
        second.contains("this email is registered already"),
        "{second}"
    );
    for output in [first, second] {
        assert!(output.contains("logged in with a token of "), "{output}");
        assert!(output.contains("2 accounts:"), "{output}");
    }
    users.log_in(ADA.email, ADA.password).await.unwrap();
}

/// What the example prints when it is run in a folder.
fn run_the_example(folder: &Path) -> String {
    let tests = env::current_exe().unwrap();
    let target = tests.ancestors().nth(2).unwrap();
    let example = target.join("examples").join("embed");
    let output = Command::new(&example)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| {
            let example = example.display();
            panic!("{example}: {error}; make it: cargo build -p users-embedded --examples")
        });
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
