//! What is decided about accounts: role, suspension, deletion.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::authorization::{Operation, permit_on};
use crate::error::Error;
use crate::model::{
    Caller, Change, Effect, EventOperation, Facts, Needs, RequestContext, Role, Status, User,
    UserId,
};
use crate::ports::Ports;
use crate::users::Settings;

use super::relations::OwnRelation;

/// Decides about accounts. The last enabled administrator stays one ([`Error::LastAdministrator`]).
///
/// `version` is what the caller saw ([`User::version`]), if he cares: another one now is
/// [`Error::Stale`].
#[derive(Clone)]
pub struct Administration {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

impl Administration {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Gives an enabled account a role. The same role again changes nothing.
    #[tracing::instrument(skip_all, name = "update_role")]
    pub async fn update_role(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        role: Role,
    ) -> Result<User, Error> {
        permit_on(Operation::UpdateRole, caller, id, self.settings.access)?;
        let (ports, context, by) = (self.ports.clone(), context.clone(), caller.clone());
        let relation = OwnRelation::of(&ports);
        // A store that begins again decides again: the last time counts.
        let changed = Arc::new(AtomicBool::new(false));
        let decided = changed.clone();
        let decide = move |user: &User, facts: &Facts| -> Result<Change, Error> {
            super::ensure_version(user, version)?;
            super::ensure_enabled(user)?;
            let mut user = user.clone();
            decided.store(user.role != role, Ordering::Relaxed);
            if user.role == role {
                return Ok(Change {
                    user,
                    effects: Vec::new(),
                });
            }
            ensure_not_last(&user, facts)?;
            user.role = role;
            super::touch(&mut user, &by, ports.clock.now());
            let event =
                super::changed_event(&ports, &context, EventOperation::UpdateRole, &by, &user);
            let mut effects = vec![Effect::Event(event)];
            effects.extend(relation.map(|relation| relation.effect(&ports, &user.id)));
            Ok(Change { user, effects })
        };
        let user = self.update(id, decide).await?;
        if let Some(relation) = relation.filter(|_| changed.load(Ordering::Relaxed)) {
            relation.carry_out(&self.ports, &user).await;
        }
        Ok(user)
    }

    /// Lifts a suspension, or a deletion that was not carried out yet.
    #[tracing::instrument(skip_all, name = "enable")]
    pub async fn enable(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
    ) -> Result<User, Error> {
        permit_on(Operation::Enable, caller, id, self.settings.access)?;
        self.set_status(context, caller, id, version, Status::Enabled)
            .await
    }

    /// Suspends an account: nobody signs in to it, and its tokens die at once.
    #[tracing::instrument(skip_all, name = "disable")]
    pub async fn disable(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
    ) -> Result<User, Error> {
        permit_on(Operation::Disable, caller, id, self.settings.access)?;
        self.set_status(context, caller, id, version, Status::Disabled)
            .await
    }

    /// Marks an account for removal: nobody signs in to it, and its tokens die at once.
    #[tracing::instrument(skip_all, name = "delete")]
    pub async fn delete(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
    ) -> Result<User, Error> {
        permit_on(Operation::Delete, caller, id, self.settings.access)?;
        self.set_status(context, caller, id, version, Status::Deleted)
            .await
    }

    async fn set_status(
        &self,
        context: &RequestContext,
        caller: &Caller,
        id: &UserId,
        version: Option<i64>,
        status: Status,
    ) -> Result<User, Error> {
        let (ports, context, by) = (self.ports.clone(), context.clone(), caller.clone());
        let decide = move |user: &User, facts: &Facts| -> Result<Change, Error> {
            super::ensure_version(user, version)?;
            if user.status == status {
                return Err(Error::StatusAlreadyAssigned);
            }
            ensure_not_last(user, facts)?;
            let mut user = user.clone();
            let now = ports.clock.now();
            user.status = status;
            super::touch(&mut user, &by, now);
            let operation = match status {
                Status::Enabled => EventOperation::Enable,
                Status::Disabled => EventOperation::Disable,
                Status::Deleted => EventOperation::Delete,
            };
            let event = super::event(&ports, &context, operation, user.id.as_str())
                .text("id", user.id.as_str())
                .session(&by, by.is_administrator());
            let event = if status == Status::Deleted {
                event
            } else {
                event
                    .text("status", status.as_str())
                    .time_if("updated_at", user.updated_at)
                    .text_if("updated_by", user.updated_by.as_deref())
            };
            let mut effects = vec![Effect::Event(event.build())];
            if status != Status::Enabled {
                super::end_tokens(&mut user, now);
                effects.push(Effect::EndSessions {
                    user: user.id.clone(),
                });
            }
            Ok(Change { user, effects })
        };
        self.update(id, decide).await
    }

    async fn update(
        &self,
        id: &UserId,
        decide: impl Fn(&User, &Facts) -> Result<Change, Error> + Send + Sync + 'static,
    ) -> Result<User, Error> {
        let needs = Needs::ENABLED_ADMINISTRATORS;
        Ok(self.ports.users.update(id, needs, Arc::new(decide)).await?)
    }
}

/// A platform without administrator cannot be administered again. Called for every change that would
/// take the rights of an administrator away.
fn ensure_not_last(user: &User, facts: &Facts) -> Result<(), Error> {
    let is_one = user.is_enabled_administrator();
    if is_one && facts.enabled_administrators.iter().all(|id| *id == user.id) {
        return Err(Error::LastAdministrator);
    }
    Ok(())
}
