//! The services with the adapters they run on, and the few calls that most programs need.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use users_auth_embedded::EmbeddedAuth;
use users_domain::Error;
use users_domain::authorization::Operation;
use users_domain::model::{
    BearerToken, Caller, Email, Metadata, NewUser, Page, PersonName, RequestContext, Role, Status,
    Tags, TokenPair, User, UserQuery, Username,
};
use users_domain::ports::{EventPublisher, PublishedKeys};
use users_domain::services::Login;
use users_sqlite::SqliteStore;
use users_system::BoundedReadEvents;

use crate::builder::{Builder, OpenError};
use crate::tasks::Tasks;

/// A whole Users on one folder.
#[derive(Clone)]
pub struct Users {
    services: users_domain::Users,
    store: SqliteStore,
    auth: Arc<EmbeddedAuth>,
    read_events: Arc<BoundedReadEvents>,
    publisher: Arc<dyn EventPublisher>,
}

/// Somebody who wants an account.
#[derive(Debug, Clone, Copy)]
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

impl Users {
    pub(crate) fn new(
        services: users_domain::Users,
        store: SqliteStore,
        auth: Arc<EmbeddedAuth>,
        read_events: Arc<BoundedReadEvents>,
        publisher: Arc<dyn EventPublisher>,
    ) -> Self {
        Self {
            services,
            store,
            auth,
            read_events,
            publisher,
        }
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

    /// Carries out what changes leave behind, on the present tokio runtime (with its timer), until
    /// the answer is stopped or dropped.
    pub fn spawn_tasks(&self) -> Tasks {
        Tasks::spawn(
            self.services.clone(),
            self.read_events.clone(),
            self.publisher.clone(),
            Arc::new(self.store.clone()),
        )
    }

    /// Ends the store's threads once running calls are through. Later calls are refused.
    pub fn close(&self) {
        self.store.close();
    }
}

impl Deref for Users {
    type Target = users_domain::Users;

    fn deref(&self) -> &Self::Target {
        &self.services
    }
}
