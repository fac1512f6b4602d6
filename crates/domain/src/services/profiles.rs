//! What people change about an account: their own, or administrators anybody's.

use std::sync::Arc;

use crate::authorization::{Operation, permit_on};
use crate::error::{Error, Invalid, InvalidReason};
use crate::model::{
    Caller, Change, Effect, Email, EventBuilder, EventOperation, MailRequest, Needs, Notice,
    PictureUrl, RequestContext, Tags, User, UserEvent, UserId, UserPatch, Username,
};
use crate::ports::Ports;
use crate::users::Settings;

/// Changes accounts. Only enabled ones; all others are [`Error::NotEnabled`].
///
/// `version` is what the caller saw ([`User::version`]), if he cares: another one now is
/// [`Error::Stale`].
#[derive(Clone)]
pub struct Profiles {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

/// Who changes which account, and what he saw of it.
struct Order<'a> {
    context: &'a RequestContext,
    caller: &'a Caller,
    id: &'a UserId,
    version: Option<i64>,
}

impl Profiles {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Changes names, labels, picture and free-form data. Names and picture of an account that an
    /// identity provider vouches for cannot be changed to others.
    #[tracing::instrument(skip_all, name = "update")]
    pub async fn update(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        patch: UserPatch,
    ) -> Result<User, Error> {
        let order = Order {
            context,
            caller,
            id,
            version,
        };
        self.change(Operation::Update, order, move |user, teller| {
            apply(user, &patch)?;
            let event = teller.changed(EventOperation::Update, user);
            Ok(vec![Effect::Event(event)])
        })
        .await
    }

    /// Changes the username.
    #[tracing::instrument(skip_all, name = "update_username")]
    pub async fn update_username(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        username: Username,
    ) -> Result<User, Error> {
        let order = Order {
            context,
            caller,
            id,
            version,
        };
        self.change(Operation::UpdateUsername, order, move |user, teller| {
            user.username = Some(username.clone());
            let event = teller
                .event(EventOperation::UpdateUsername, user)
                .text("id", user.id.as_str())
                .text_if("first_name", Some(user.first_name.as_str()))
                .text_if("last_name", Some(user.last_name.as_str()))
                .text("username", username.as_str())
                .time_if("updated_at", user.updated_at)
                .text_if("updated_by", user.updated_by.as_deref())
                .build();
            Ok(vec![Effect::Event(event)])
        })
        .await
    }

    /// Changes the picture, or takes it away. The picture of an account that an identity provider
    /// vouches for cannot be changed.
    #[tracing::instrument(skip_all, name = "update_profile_picture")]
    pub async fn update_profile_picture(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        picture: Option<PictureUrl>,
    ) -> Result<User, Error> {
        let order = Order {
            context,
            caller,
            id,
            version,
        };
        self.change(
            Operation::UpdateProfilePicture,
            order,
            move |user, teller| {
                super::ensure_own_field(user, "profile_picture")?;
                user.profile_picture.clone_from(&picture);
                let event = teller
                    .event(EventOperation::UpdateProfilePicture, user)
                    .text("id", user.id.as_str())
                    .text_if(
                        "profile_picture",
                        user.profile_picture.as_ref().map(PictureUrl::as_str),
                    )
                    .time_if("updated_at", user.updated_at)
                    .text_if("updated_by", user.updated_by.as_deref())
                    .build();
                Ok(vec![Effect::Event(event)])
            },
        )
        .await
    }

    /// Replaces the labels.
    #[tracing::instrument(skip_all, name = "update_tags")]
    pub async fn update_tags(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        tags: Tags,
    ) -> Result<User, Error> {
        let order = Order {
            context,
            caller,
            id,
            version,
        };
        self.change(Operation::UpdateTags, order, move |user, teller| {
            user.tags = tags.clone();
            let event = teller.changed(EventOperation::UpdateTags, user);
            Ok(vec![Effect::Event(event)])
        })
        .await
    }

    /// Changes the e-mail address, at once. The account is unverified until somebody proves the new
    /// one, codes mailed before open nothing any more, and the old address is told.
    #[tracing::instrument(skip_all, name = "update_email")]
    pub async fn update_email(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        email: Email,
    ) -> Result<User, Error> {
        let order = Order {
            context,
            caller,
            id,
            version,
        };
        self.change(Operation::UpdateEmail, order, move |user, teller| {
            super::ensure_own_field(user, "email")?;
            if user.email == email {
                return Err(Invalid::new(
                    "email",
                    InvalidReason::Malformed("is the account's address already"),
                )
                .into());
            }
            let before = std::mem::replace(&mut user.email, email.clone());
            let was_proven = user.verified_at.take().is_some();
            let event = teller.changed(EventOperation::UpdateEmail, user);
            // An address that nobody proved may be a stranger's, whom all this is no business of.
            let told = was_proven.then(|| MailRequest::Notice {
                user: user.id.clone(),
                notice: Notice::EmailChanged,
                address: Some(before),
            });
            let proof = MailRequest::Verification {
                user: user.id.clone(),
                address: user.email.clone(),
            };
            let mails = told.into_iter().chain([proof]).map(Effect::Mail);
            Ok([Effect::Event(event)].into_iter().chain(mails).collect())
        })
        .await
    }

    /// The frame of every change: may he, is the account enabled, is it what he saw.
    async fn change(
        &self,
        operation: Operation,
        order: Order<'_>,
        change: impl Fn(&mut User, &Teller) -> Result<Vec<Effect>, Error> + Send + Sync + 'static,
    ) -> Result<User, Error> {
        let Order {
            context,
            caller,
            id,
            version,
        } = order;
        permit_on(operation, caller, id, self.settings.access)?;
        let teller = Teller {
            ports: self.ports.clone(),
            context: context.clone(),
            caller: caller.clone(),
        };
        let decide = move |user: &User, _: &_| -> Result<Change, Error> {
            super::ensure_version(user, version)?;
            super::ensure_enabled(user)?;
            let mut user = user.clone();
            super::touch(&mut user, &teller.caller, teller.ports.clock.now());
            let effects = change(&mut user, &teller)?;
            Ok(Change { user, effects })
        };
        let decide = Arc::new(decide);
        Ok(self.ports.users.update(id, Needs::ROW, decide).await?)
    }
}

/// What a decision takes along, perhaps to a store's thread, to tell of what it changed.
struct Teller {
    ports: Arc<Ports>,
    context: RequestContext,
    caller: Caller,
}

impl Teller {
    /// Begins the event of a change, with who made it.
    fn event(&self, operation: EventOperation, user: &User) -> EventBuilder {
        let by = &self.caller;
        super::event(&self.ports, &self.context, operation, user.id.as_str())
            .session(by, by.is_administrator())
    }

    /// The event of a change that prints the whole account after it.
    fn changed(&self, operation: EventOperation, user: &User) -> UserEvent {
        super::changed_event(&self.ports, &self.context, operation, &self.caller, user)
    }
}

fn apply(user: &mut User, patch: &UserPatch) -> Result<(), Error> {
    let UserPatch {
        first_name,
        last_name,
        tags,
        metadata,
        private_metadata,
        profile_picture,
    } = patch;
    if let Some(name) = first_name {
        if *name != user.first_name {
            super::ensure_own_field(user, "first_name")?;
        }
        user.first_name = name.clone();
    }
    if let Some(name) = last_name {
        if *name != user.last_name {
            super::ensure_own_field(user, "last_name")?;
        }
        user.last_name = name.clone();
    }
    if let Some(picture) = profile_picture {
        if *picture != user.profile_picture {
            super::ensure_own_field(user, "profile_picture")?;
        }
        user.profile_picture.clone_from(picture);
    }
    if let Some(tags) = tags {
        user.tags = tags.clone();
    }
    if let Some(metadata) = metadata {
        user.metadata = metadata.clone();
    }
    if let Some(metadata) = private_metadata {
        user.private_metadata = metadata.clone();
    }
    Ok(())
}
