//! Making accounts.

use std::fmt;
use std::sync::Arc;

use crate::authorization::{Operation, permit};
use crate::error::{Error, Invalid, InvalidReason};
use crate::model::{
    Caller, ConflictField, Effect, Email, Metadata, NewUser, Password, PersonName, Position,
    RequestContext, Role, Sort, Status, Tags, User, UserFilter, UserId, UserQuery, Username,
};
use crate::ports::{HasherError, Ports, StoreError, uuid_v4};
use crate::users::Settings;

use super::relations::{self, OwnRelation};

/// Makes accounts.
#[derive(Clone)]
pub struct Registration {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

/// The administrator that a fresh service is given.
#[derive(Clone)]
pub struct FirstAdministrator {
    /// E-mail address, stored byte for byte.
    pub email: String,
    /// Username; a suffix is added where it is taken.
    pub username: Username,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// Password, used only if the account is made now.
    pub password: Password,
}

/// Personal data and a secret: never printed by `{:?}`.
impl fmt::Debug for FirstAdministrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstAdministrator(***)")
    }
}

/// What became of the wish for an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdministratorOutcome {
    /// The account was made.
    Created(UserId),
    /// An enabled account has the e-mail address; nothing was changed.
    Exists {
        /// Whose it is.
        id: UserId,
        /// Whether it is an administrator's.
        administrator: bool,
    },
    /// Nobody has the address, but there are administrators already; nothing was changed.
    OtherAdministrators(Vec<UserId>),
    /// Nothing was changed, and there is no administrator: the address is that of an account that
    /// is not enabled, or differs only in case from that of one that is.
    EmailTaken,
}

impl Registration {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Makes an account.
    ///
    /// Only an administrator gives away a role ([`Error::Forbidden`]) or a status other than
    /// enabled ([`Error::Invalid`]); nobody makes a deleted account.
    #[tracing::instrument(skip_all, name = "create")]
    pub async fn create(
        &self,
        context: &RequestContext,
        caller: &Caller,
        new: NewUser,
    ) -> Result<User, Error> {
        permit(Operation::Create, caller, self.settings.access)?;
        let by_administrator = caller.is_administrator();
        if new.role != Role::User && !by_administrator {
            return Err(Error::Forbidden);
        }
        let status_fits = match new.status {
            Status::Enabled => true,
            Status::Disabled => by_administrator,
            Status::Deleted => false,
        };
        if !status_fits {
            return Err(Invalid::new(
                "status",
                InvalidReason::Malformed("must be enabled for a new account"),
            )
            .into());
        }
        let user = self.with_password(new).await?;
        Ok(self.insert(context, user, caller).await?)
    }

    /// Makes sure that a fresh service has somebody to administer it, and that the platform around it
    /// is told of him, whether he is made now or was there. Never changes an account that exists.
    #[tracing::instrument(skip_all, name = "ensure_administrator")]
    pub async fn ensure_administrator(
        &self,
        context: &RequestContext,
        wanted: &FirstAdministrator,
    ) -> Result<AdministratorOutcome, Error> {
        let outcome = self.find_or_make(context, wanted).await?;
        if let AdministratorOutcome::Exists {
            id,
            administrator: true,
        } = &outcome
        {
            relations::queue(&self.ports, id).await;
        }
        Ok(outcome)
    }

    async fn find_or_make(
        &self,
        context: &RequestContext,
        wanted: &FirstAdministrator,
    ) -> Result<AdministratorOutcome, Error> {
        if let Some(outcome) = self.administrator_there(&wanted.email).await? {
            return Ok(outcome);
        }
        let first = self
            .with_password(NewUser {
                first_name: wanted.first_name.clone(),
                last_name: wanted.last_name.clone(),
                username: wanted.username.clone(),
                email: Email::from_stored(wanted.email.clone()),
                password: wanted.password.clone(),
                tags: Tags::default(),
                metadata: Metadata::parse("metadata", r#"{"role":"admin"}"#)?,
                private_metadata: Metadata::default(),
                profile_picture: None,
                role: Role::Admin,
                status: Status::Enabled,
            })
            .await?;
        let mut user = first.clone();
        // Each round needs an account of that name, so 1000 rounds end in practice at the first.
        for suffix in 2..1000 {
            match self.insert(context, user, &Caller::Operator).await {
                Ok(user) => return Ok(AdministratorOutcome::Created(user.id)),
                Err(StoreError::Conflict(ConflictField::Username)) => {
                    let name = format!("{}-{suffix}", wanted.username.as_str());
                    user = User {
                        username: Some(Username::from_stored(name)),
                        ..first.clone()
                    };
                }
                // Another replica was faster, or a disabled account holds the address.
                Err(StoreError::Conflict(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let there = self.administrator_there(&wanted.email).await?;
        Ok(there.unwrap_or(AdministratorOutcome::EmailTaken))
    }

    async fn administrator_there(
        &self,
        email: &str,
    ) -> Result<Option<AdministratorOutcome>, Error> {
        let exists = |users: &[User]| {
            let mut users = users.iter();
            users.find(|user| user.email.as_str() == email).map(|user| {
                AdministratorOutcome::Exists {
                    id: user.id.clone(),
                    administrator: user.is_enabled_administrator(),
                }
            })
        };
        let candidates = self.ports.users.find_by_login(email).await?;
        if let Some(outcome) = exists(&candidates) {
            return Ok(Some(outcome));
        }
        let administrators = UserQuery {
            filter: UserFilter {
                status: Some(Status::Enabled),
                role: Some(Role::Admin),
                ..UserFilter::default()
            },
            sort: Sort::default(),
            position: Position::START,
            limit: UserQuery::MAX_LIMIT,
        };
        let found = self.ports.users.page(&administrators).await?.items;
        // Another replica may have made the account between the two looks.
        if let Some(outcome) = exists(&found) {
            return Ok(Some(outcome));
        }
        let ids: Vec<UserId> = found.into_iter().map(|user| user.id).collect();
        Ok((!ids.is_empty()).then_some(AdministratorOutcome::OtherAdministrators(ids)))
    }

    async fn with_password(&self, new: NewUser) -> Result<User, Error> {
        let secret = self.ports.hasher.hash(&new.password).await?;
        Ok(User {
            id: UserId::new(uuid_v4(&*self.ports.entropy)),
            first_name: new.first_name,
            last_name: new.last_name,
            username: Some(new.username),
            email: new.email,
            secret: Some(secret),
            tags: new.tags,
            metadata: new.metadata,
            private_metadata: new.private_metadata,
            profile_picture: new.profile_picture,
            role: new.role,
            status: new.status,
            auth_provider: None,
            created_at: Some(self.ports.clock.now()),
            updated_at: None,
            updated_by: None,
            verified_at: None,
            tokens_valid_from: None,
            sessions_valid_from: None,
            version: 1,
        })
    }

    async fn insert(
        &self,
        context: &RequestContext,
        user: User,
        caller: &Caller,
    ) -> Result<User, StoreError> {
        let event = super::created_event(&self.ports, context, caller, &user);
        let mut effects = vec![Effect::Event(event)];
        let relation = OwnRelation::of(&self.ports);
        effects.extend(relation.map(|relation| relation.effect(&self.ports, &user.id)));
        let user = self.ports.users.insert(user, effects).await?;
        if let Some(relation) = relation {
            relation.carry_out(&self.ports, &user).await;
        }
        Ok(user)
    }
}

impl From<HasherError> for Error {
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Busy { retry_after } => Self::Busy { retry_after },
            HasherError::Stopped => Self::Unavailable {
                port: "password hasher",
            },
        }
    }
}
