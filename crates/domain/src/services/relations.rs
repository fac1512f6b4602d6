//! Has the platform know accounts as what they are: at once where it answers, later where it does not.

use std::sync::Arc;

use tracing::{info, warn};
use uuid::Uuid;

use super::relay::{Failure, unless_it_panics};
use crate::authorization::{Operation, permit};
use crate::error::Error;
use crate::model::{Caller, Effect, EffectKind, Hold, Role, User, UserId};
use crate::ports::{LEASE, PlatformError, PlatformRelations, Ports, uuid_v4};
use crate::users::Settings;

/// How often an account is told in a row while it goes on changing.
const ROUNDS: usize = 5;

/// Has the platform told again what every account is: where it was restored from a copy, where a
/// platform comes to accounts that are there already, and where relations were put aside.
#[derive(Clone)]
pub struct Relations {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

/// Some of the accounts that the platform is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedPage {
    /// How many.
    pub accounts: usize,
    /// Behind whom to go on; `None` at the end.
    pub next: Option<UserId>,
}

impl Relations {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// Whether there is a platform that wants to know.
    pub fn are_kept(&self) -> bool {
        self.ports.platform.relations.is_some()
    }

    /// Has the relay tell the platform what the next `limit` accounts behind an id are, of any status.
    /// To do it again changes nothing: each is told of as it is when its turn comes. Without a
    /// platform nothing is queued.
    #[tracing::instrument(skip_all, name = "relations")]
    pub async fn queue(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<QueuedPage, Error> {
        permit(Operation::Relations, caller, self.settings.access)?;
        let found = self.ports.transfer.export(after.as_ref(), limit).await?;
        let is_full = found.len() >= limit as usize;
        let last = found.last().filter(|_| is_full);
        let next = last.map(|account| account.id.clone());
        let effects: Vec<Effect> = found
            .iter()
            .filter_map(|account| effect(&self.ports, &account.id))
            .collect();
        let accounts = effects.len();
        if accounts > 0 {
            let added = self.ports.outbox.add(effects).await;
            added.map_err(|_| Error::Unavailable { port: "outbox" })?;
        }
        Ok(QueuedPage { accounts, next })
    }
}

/// What follows of an account for the platform, for any replica to carry out; nothing where no
/// platform wants to know.
pub(super) fn effect(ports: &Ports, user: &UserId) -> Option<Effect> {
    ports.platform.relations.as_ref().map(|_| Effect::Relation {
        user: user.clone(),
        hold: None,
    })
}

/// Has any replica tell the platform what an account is. Nobody waits for it, and it does not fail.
pub(super) async fn queue(ports: &Ports, user: &UserId) {
    let Some(effect) = effect(ports, user) else {
        return;
    };
    if let Err(error) = ports.outbox.add(vec![effect]).await {
        warn!(user.id = %user, %error, "the platform is not told what an account is");
    }
}

/// An effect that whoever commits it carries out himself. If he cannot, or does not live to, any
/// replica does.
#[derive(Clone, Copy)]
pub(super) struct OwnRelation {
    name: Uuid,
}

impl OwnRelation {
    /// `None` where no platform wants to know.
    pub(super) fn of(ports: &Ports) -> Option<Self> {
        ports.platform.relations.as_ref().map(|_| Self {
            name: uuid_v4(&*ports.entropy),
        })
    }

    /// What is to be committed with the account.
    pub(super) fn effect(self, ports: &Ports, user: &UserId) -> Effect {
        Effect::Relation {
            user: user.clone(),
            hold: Some(Hold {
                name: self.name,
                until: ports.clock.now() + LEASE,
            }),
        }
    }

    /// Tells the platform of an account that was committed just now. What goes wrong is the relay's
    /// to mend, so whoever asked for the account never hears of it.
    pub(super) async fn carry_out(self, ports: &Ports, committed: &User) {
        let Some(relations) = &ports.platform.relations else {
            return;
        };
        let user = &committed.id;
        let telling = follow(ports, &**relations, user, Some(committed.role));
        let told = unless_it_panics(telling).await.is_ok();
        let settled = if told {
            ports.outbox.settle_held(EffectKind::Relation, self.name)
        } else {
            info!(user.id = %user, "the platform is told later what an account is");
            ports.outbox.let_go(EffectKind::Relation, self.name)
        };
        if let Err(error) = settled.await {
            info!(user.id = %user, %error, "what the platform was told of an account is told again");
        }
    }
}

/// Carries out an effect of the outbox. A relay without a platform claims none.
pub(super) async fn carry_out(ports: &Ports, user: &UserId) -> Result<(), Failure> {
    let Some(relations) = &ports.platform.relations else {
        return Err(Failure::NotNow);
    };
    let seen = role(ports, user).await?;
    follow(ports, &**relations, user, seen).await
}

/// Makes the platform's relations equal to the account, which was last seen in this role, or gone;
/// its status does not matter. Any number may do this at once for one account: each looks again
/// behind what he wrote, so that whoever writes last has seen the account as it is.
async fn follow(
    ports: &Ports,
    relations: &dyn PlatformRelations,
    user: &UserId,
    mut seen: Option<Role>,
) -> Result<(), Failure> {
    let began = ports.clock.now();
    for _ in 0..ROUNDS {
        match seen {
            Some(role) => relations.put(user, role).await,
            None => relations.remove(user).await,
        }
        .map_err(failure)?;
        let now = role(ports, user).await?;
        if now == seen {
            return Ok(());
        }
        seen = now;
        // Somebody waits for this, or a lease runs.
        if ports.clock.now() - began > LEASE / 2 {
            break;
        }
    }
    Err(Failure::NotNow)
}

/// The role of an account, if it is there.
async fn role(ports: &Ports, user: &UserId) -> Result<Option<Role>, Failure> {
    let account = ports.users.find(user).await?;
    Ok(account.map(|account| account.role))
}

fn failure(error: PlatformError) -> Failure {
    match error {
        PlatformError::Refused => Failure::Never(error.to_string()),
        PlatformError::Unavailable => Failure::NotNow,
    }
}
