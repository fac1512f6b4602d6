//! Accounts in bulk: out, and in from elsewhere.

use std::sync::Arc;

use crate::authorization::{Operation, permit};
use crate::error::{Error, Invalid, InvalidReason};
use crate::model::{
    Arrival, Caller, Effect, ImportOutcome, RequestContext, User, UserId, UserRecord,
};
use crate::ports::{HashRefusal, ImportMode, Ports, UserImport, uuid_v4};
use crate::users::Settings;

use super::relations;

/// Gives all accounts out, and takes accounts in as they are.
#[derive(Clone)]
pub struct Transfer {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
}

/// How accounts are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportOptions {
    /// Whether anything is kept.
    pub mode: ImportMode,
    /// What their values must obey.
    pub rules: RecordRules,
    /// Whether the platform is told of each account as if it had been registered.
    pub events: bool,
}

/// What the values of an account from elsewhere must obey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRules {
    /// The rules of a registration; but names and username may be absent, and any status and role
    /// may be given.
    Today,
    /// What every store can hold. A hash that is too dear to verify is refused all the same.
    Storable,
}

/// An import that goes on.
pub struct Import {
    arrivals: Arrivals,
    going_on: Box<dyn UserImport>,
}

/// Makes accounts of records: on any thread, while others of them are being taken in.
#[derive(Clone)]
pub struct Arrivals {
    ports: Arc<Ports>,
    context: RequestContext,
    caller: Caller,
    options: ImportOptions,
}

/// Accounts that are to be taken in together.
#[derive(Default)]
pub struct ImportBatch {
    arrivals: Vec<Arrival>,
}

impl ImportBatch {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many accounts it holds.
    pub fn len(&self) -> usize {
        self.arrivals.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }
}

impl Transfer {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        Self { ports, settings }
    }

    /// The accounts of any status behind an id, at most `limit`, in the order of their ids byte for
    /// byte, with all there is to them. Asked on behind the last one each time, it gives every account
    /// that was there throughout exactly once.
    #[tracing::instrument(skip_all, name = "export")]
    pub async fn export(
        &self,
        caller: &Caller,
        after: Option<&UserId>,
        limit: u32,
    ) -> Result<Vec<User>, Error> {
        permit(Operation::Export, caller, self.settings.access)?;
        Ok(self.ports.transfer.export(after, limit).await?)
    }

    /// Why an account that was given out could not come in again by these rules. That another one may
    /// have its names is not looked at.
    pub fn check(&self, rules: RecordRules, user: &User) -> Result<(), Invalid> {
        check(&self.ports, rules, user)
    }

    /// Begins to take accounts in.
    #[tracing::instrument(skip_all, name = "import")]
    pub async fn begin_import(
        &self,
        context: &RequestContext,
        caller: &Caller,
        options: ImportOptions,
    ) -> Result<Import, Error> {
        permit(Operation::Import, caller, self.settings.access)?;
        let going_on = self.ports.transfer.begin_import(options.mode).await?;
        let arrivals = Arrivals {
            ports: self.ports.clone(),
            context: context.clone(),
            caller: caller.clone(),
            options,
        };
        Ok(Import { arrivals, going_on })
    }
}

impl Import {
    /// What makes accounts of records for this import.
    pub fn arrivals(&self) -> Arrivals {
        self.arrivals.clone()
    }

    /// Takes accounts in, and says in their order what became of each. Everything is committed before
    /// the answer; of one call all or nothing. A call that failed may be made again.
    ///
    /// The account of a record without id is the one that has its names, see
    /// [`crate::model::TakenNames::judge`]. So every import can be run again.
    #[tracing::instrument(skip_all, name = "import")]
    pub async fn add(&mut self, batch: &ImportBatch) -> Result<Vec<ImportOutcome>, Error> {
        Ok(self.going_on.add(&batch.arrivals).await?)
    }

    /// Ends the import: makes quick again what it let be slower, and may take long. Dropped instead,
    /// it keeps what was committed.
    #[tracing::instrument(skip_all, name = "import")]
    pub async fn finish(self) -> Result<(), Error> {
        Ok(self.going_on.finish().await?)
    }
}

impl Arrivals {
    /// Adds the account that a record stands for to a batch, with what must follow if it comes in; what
    /// it breaks if it may not.
    pub fn judge(&self, record: UserRecord, batch: &mut ImportBatch) -> Result<(), Invalid> {
        let has_id = record.id.as_deref().is_some_and(|id| !id.is_empty());
        let ports = &*self.ports;
        let new_id = || UserId::new(uuid_v4(&*ports.entropy));
        let user = record.into_user(new_id, ports.clock.now())?;
        check(ports, self.options.rules, &user)?;
        let mut effects = Vec::new();
        if self.options.events {
            let event = super::created_event(ports, &self.context, &self.caller, &user);
            effects.push(Effect::Event(event));
        }
        // Told or not, the platform must know whom it is to let in.
        effects.extend(relations::effect(ports, &user.id));
        batch.arrivals.push(Arrival {
            user,
            has_id,
            effects,
        });
        Ok(())
    }
}

fn check(ports: &Ports, rules: RecordRules, user: &User) -> Result<(), Invalid> {
    match rules {
        RecordRules::Today => user.check_rules()?,
        RecordRules::Storable => user.check_storable()?,
    }
    let Some(secret) = &user.secret else {
        return Ok(());
    };
    match (ports.hasher.check(secret), rules) {
        (Ok(()), _) | (Err(HashRefusal::Unreadable(_)), RecordRules::Storable) => Ok(()),
        (Err(refusal), _) => Err(Invalid::new(
            "password_hash",
            InvalidReason::PasswordHash(refusal),
        )),
    }
}
