//! Having the platform know accounts as what they are.

use std::sync::Arc;

use async_trait::async_trait;
use users_domain::model::{Effect, EffectKind, Role, User, UserId};
use users_domain::ports::{Platform, PlatformError, PlatformRelations, Ports};
use users_domain::services::Progress;
use users_domain::{Error, Settings, Users};
use users_testkit::fakes::{MemoryRelations, RelationCall};
use users_testkit::{Fakes, people};

use crate::{administrator, context, fakes_with};

mod again;
mod at_once;
mod imported;
mod later;
mod racing;
mod several;

const RELATION: EffectKind = EffectKind::Relation;

/// Services inside a platform.
struct Scene {
    fakes: Fakes,
    /// What the platform knows.
    platform: MemoryRelations,
}

impl Scene {
    /// Where these accounts are there, of which the platform knows nothing.
    fn with(accounts: impl IntoIterator<Item = User>) -> Self {
        Self {
            fakes: fakes_with(accounts),
            platform: MemoryRelations::new(),
        }
    }

    fn ports(&self) -> Ports {
        self.ports_with(Arc::new(self.platform.clone()))
    }

    fn ports_with(&self, relations: Arc<dyn PlatformRelations>) -> Ports {
        Ports {
            platform: Platform {
                relations: Some(relations),
                ..Platform::default()
            },
            ..self.fakes.ports()
        }
    }

    fn users(&self) -> Users {
        Users::new(self.ports(), Settings::default())
    }

    /// Services whose platform does this before it writes something.
    fn users_whose_platform(&self, first: impl Fn() + Send + Sync + 'static) -> Users {
        let platform = Interrupted {
            platform: self.platform.clone(),
            first: Box::new(first),
        };
        Users::new(self.ports_with(Arc::new(platform)), Settings::default())
    }

    /// What still has to be told.
    fn waiting(&self) -> usize {
        self.fakes.store.effects(RELATION).len()
    }

    /// Carries out what is due, as any replica may.
    async fn deliver(&self) -> Progress {
        let relay = self.users().relay;
        let progress = relay.deliver_due(RELATION, 100).await.unwrap();
        relay.release(RELATION).await.unwrap();
        progress
    }

    /// The platform knows every account as what it is, and nobody else.
    fn assert_known(&self) {
        let accounts = self.fakes.store.users().into_iter();
        let expected: Vec<_> = accounts.map(|user| (user.id, user.role)).collect();
        assert_eq!(self.platform.users(), expected);
    }
}

/// A platform that something happens to before it writes.
struct Interrupted {
    platform: MemoryRelations,
    first: Box<dyn Fn() + Send + Sync>,
}

#[async_trait]
impl PlatformRelations for Interrupted {
    async fn put(&self, user: &UserId, role: Role) -> Result<(), PlatformError> {
        (self.first)();
        self.platform.put(user, role).await
    }

    async fn remove(&self, user: &UserId) -> Result<(), PlatformError> {
        (self.first)();
        self.platform.remove(user).await
    }
}

async fn register(users: &Users, name: &str) -> Result<User, Error> {
    let registration = &users.registration;
    registration
        .create(&context(), &administrator(), people::new_user(name))
        .await
}

async fn give_role(users: &Users, name: &str, role: Role) -> Result<User, Error> {
    let administration = &users.administration;
    administration
        .update_role(
            &context(),
            &administrator(),
            &people::id_of(name),
            None,
            role,
        )
        .await
}

fn put(name: &str, role: Role) -> RelationCall {
    RelationCall::Put(people::id_of(name), role)
}

fn relation(name: &str) -> Effect {
    Effect::Relation {
        user: people::id_of(name),
        hold: None,
    }
}
