//! The services with the adapters they run on, and the few calls that most programs need.

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use tracing::warn;

use users_auth_embedded::EmbeddedAuth;
use users_domain::Error;
use users_domain::authorization::Operation;
use users_domain::model::{
    BearerToken, Caller, Email, Metadata, NewUser, Page, PersonName, RequestContext, Role, Status,
    Tags, TokenPair, User, UserQuery, Username,
};
use users_domain::ports::PublishedKeys;
use users_domain::services::Login;

use crate::apart::{NoAnswer, apart};
use crate::builder::{Builder, OpenError};
use crate::tasks::{Tasks, Work};

/// A whole Users on one folder. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct Users {
    work: Work,
    auth: Arc<EmbeddedAuth>,
}

/// Somebody who wants an account.
#[derive(Clone, Copy)]
pub struct SignUp<'a> {
    /// First name.
    pub first_name: &'a str,
    /// Last name.
    pub last_name: &'a str,
    /// Username.
    pub username: &'a str,
    /// E-mail address.
    pub email: &'a str,
    /// Password.
    pub password: &'a str,
}

/// A password and personal data: `{:?}` shows none of them.
impl fmt::Debug for SignUp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignUp").finish_non_exhaustive()
    }
}

impl Users {
    pub(crate) fn new(work: Work, auth: Arc<EmbeddedAuth>) -> Self {
        Self { work, auth }
    }

    /// Opens a folder with everything as it comes.
    pub async fn open(folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::builder(folder).open().await
    }

    /// Chooses what differs from the defaults first.
    pub fn builder(folder: impl AsRef<Path>) -> Builder {
        Builder::new(folder.as_ref())
    }

    /// Makes an account for somebody, as your program (no right is asked for).
    pub async fn register(&self, sign_up: SignUp<'_>) -> Result<User, Error> {
        let new = NewUser {
            first_name: PersonName::parse("first_name", sign_up.first_name)?,
            last_name: PersonName::parse("last_name", sign_up.last_name)?,
            username: Username::parse(sign_up.username)?,
            email: Email::parse(sign_up.email)?,
            password: self.settings().password_policy.accept(sign_up.password)?,
            tags: Tags::default(),
            metadata: Metadata::default(),
            private_metadata: Metadata::default(),
            profile_picture: None,
            role: Role::User,
            status: Status::Enabled,
        };
        self.registration
            .create(&RequestContext::default(), &Caller::Operator, new)
            .await
    }

    /// Exchanges an e-mail address or username and a password for tokens.
    pub async fn log_in(&self, identity: &str, password: &str) -> Result<TokenPair, Error> {
        let login = Login::parse(identity, password.to_owned(), "")?;
        self.credentials
            .issue_token(&RequestContext::default(), login)
            .await
    }

    /// Who shows this token, if he may do this.
    pub async fn identify(
        &self,
        operation: Operation,
        token: &BearerToken,
    ) -> Result<Caller, Error> {
        self.access.identify(operation, Some(token)).await
    }

    /// One page of accounts, as your program.
    pub async fn list(&self, query: &UserQuery) -> Result<Page<User>, Error> {
        self.directory
            .list(&RequestContext::default(), &Caller::Operator, query)
            .await
    }

    /// The public keys that others verify this folder's tokens with (RFC 7517).
    pub fn key_set(&self) -> String {
        self.auth.key_set()
    }

    /// Carries out what changes leave behind, on the present tokio runtime, until the answer is
    /// stopped or dropped. While a set of tasks runs, a second one of the same `Users` waits for its
    /// end.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, and on one without a timer (`enable_time`).
    pub fn spawn_tasks(&self) -> Tasks {
        Tasks::spawn(self.work.clone())
    }

    /// Ends the store's threads once running calls are through, on all clones. Later calls are
    /// refused. Stop tasks before.
    ///
    /// It goes on to its end where its future is dropped; a second call does nothing.
    pub async fn close(&self) {
        let store = self.work.store.clone();
        if let Err(NoAnswer::NoThread(error)) = apart("users-close", move || store.close()).await {
            warn!(%error, "no thread to be had: closing blocks the one that asked");
            self.work.store.close();
        }
    }
}

impl Deref for Users {
    type Target = users_domain::Users;

    fn deref(&self) -> &Self::Target {
        &self.work.services
    }
}
