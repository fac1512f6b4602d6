//! What a folder keeps.

use std::fs;
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use users_embedded::domain::Settings;
use users_embedded::domain::authorization::Operation;
use users_embedded::domain::error::Error;
use users_embedded::domain::model::{PasswordPolicy, RequestContext, UserQuery};
use users_embedded::{OpenError, SignUp, Users};

use crate::people::{ADA, GRACE, join};

#[tokio::test]
async fn reopening_keeps_accounts_sessions_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path()).await.unwrap();
    let tokens = join(&users, ADA).await;
    let key_set = users.key_set();
    users.close().await;
    drop(users);

    let users = Users::open(folder.path()).await.unwrap();
    assert_eq!(users.key_set(), key_set);
    let caller = users.identify(Operation::ViewProfile, &tokens.access).await;
    assert!(caller.is_ok());
    let caller = users
        .identify(Operation::RefreshToken, &tokens.refresh)
        .await;
    users
        .credentials
        .refresh_token(&RequestContext::default(), &caller.unwrap(), tokens.refresh)
        .await
        .unwrap();
    let page = users.list(&UserQuery::default()).await.unwrap();
    assert_eq!(page.items[0].email.as_str(), ADA.email);
}

/// The server's `dev --data` takes its names from the same constants.
#[tokio::test]
async fn its_files_have_the_names_that_others_know_them_by() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/when/needed");
    let users = Users::open(&data).await.unwrap();
    users.close().await;
    let mut names: Vec<_> = fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [users_auth_embedded::KEY_FILE_NAME, users_sqlite::FILE_NAME]
    );
}

#[tokio::test]
async fn others_verify_a_token_by_the_key_set() {
    let folder = tempfile::tempdir().unwrap();
    let users = Users::open(folder.path()).await.unwrap();
    let token = join(&users, ADA).await.access;
    let key_set: Value = serde_json::from_str(&users.key_set()).unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let key = decode(key_set["keys"][0]["x"].as_str().unwrap());
    let (signed, signature) = token.expose().rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(signed.as_bytes(), &decode(signature)).unwrap();
}

#[tokio::test]
async fn what_the_builder_was_told_holds() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        password_policy: PasswordPolicy::parse("[0-9]{4}").unwrap(),
        ..Settings::default()
    };
    let users = Users::builder(folder.path())
        .settings(settings)
        .token_lifetimes(Duration::from_mins(1), Duration::from_mins(10))
        .hash_threads(1)
        .open()
        .await
        .unwrap();
    let refused = users.register(ADA).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    let person = SignUp {
        password: "1234",
        ..GRACE
    };
    let tokens = join(&users, person).await;
    let lives = async |operation, token| {
        let caller = users.identify(operation, token).await.unwrap();
        let claims = &caller.principal().unwrap().claims;
        claims.expires_at.unwrap().unix_timestamp() - claims.issued_at.unwrap()
    };
    assert_eq!(lives(Operation::ViewProfile, &tokens.access).await, 60);
    assert_eq!(lives(Operation::RefreshToken, &tokens.refresh).await, 600);
}

#[tokio::test]
async fn what_cannot_be_opened_says_which_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "no folder").unwrap();
    let Err(error) = Users::open(&file).await else {
        panic!("a file is no folder");
    };
    assert!(matches!(error, OpenError::Store(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&*file.to_string_lossy()), "{text}");

    let damaged = folder.path().join("damaged");
    fs::create_dir(&damaged).unwrap();
    let key = damaged.join(users_auth_embedded::KEY_FILE_NAME);
    fs::write(&key, "no key").unwrap();
    let Err(error) = Users::open(&damaged).await else {
        panic!("a damaged key is no key");
    };
    assert!(matches!(error, OpenError::Key(_)), "{error:?}");
    assert!(error.to_string().contains(&*key.to_string_lossy()));
}
