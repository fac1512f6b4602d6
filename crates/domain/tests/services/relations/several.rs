//! The relay tells of several accounts at once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use users_domain::model::{Role, UserId};
use users_domain::ports::{Outbox, PlatformError, PlatformRelations};
use users_domain::services::Progress;
use users_domain::{Settings, Users};
use users_testkit::fakes::MemoryRelations;
use users_testkit::people;

use super::{RELATION, Scene, relation};

/// A platform that takes its time, and does not answer about one user.
struct Unhurried {
    platform: MemoryRelations,
    silent_about: UserId,
    asked: Arc<Mutex<Asked>>,
}

/// About whom a platform is being asked, and was.
#[derive(Default)]
struct Asked {
    now: BTreeSet<UserId>,
    most: usize,
    all: Vec<UserId>,
}

#[async_trait]
impl PlatformRelations for Unhurried {
    async fn put(&self, user: &UserId, role: Role) -> Result<(), PlatformError> {
        {
            let mut asked = self.asked.lock().unwrap();
            assert!(asked.now.insert(user.clone()), "two at once about {user}");
            asked.most = asked.most.max(asked.now.len());
            asked.all.push(user.clone());
        }
        tokio::task::yield_now().await;
        self.asked.lock().unwrap().now.remove(user);
        if *user == self.silent_about {
            return Err(PlatformError::Unavailable);
        }
        self.platform.put(user, role).await
    }

    async fn remove(&self, user: &UserId) -> Result<(), PlatformError> {
        self.platform.remove(user).await
    }
}

#[tokio::test]
async fn several_accounts_are_told_of_at_once_and_each_by_itself() {
    let names: Vec<String> = (0..20).map(|number| format!("user{number:02}")).collect();
    let scene = Scene::with(names.iter().map(|name| people::user(name)));
    scene
        .platform
        .refuse(|user| *user == people::id_of("user03"));
    let asked: Arc<Mutex<Asked>> = Arc::default();
    let platform = Unhurried {
        platform: scene.platform.clone(),
        silent_about: people::id_of("user05"),
        asked: asked.clone(),
    };
    let relay = Users::new(scene.ports_with(Arc::new(platform)), Settings::default()).relay;
    // Of each account three times, of one twice in a row behind that.
    let mut effects = Vec::new();
    for _ in 0..3 {
        effects.extend(names.iter().map(|name| relation(name)));
    }
    effects.extend([relation("user00"), relation("user00")]);
    scene.fakes.store.add(effects).await.unwrap();
    let step = relay.deliver_due(RELATION, 100).await.unwrap();
    // What could not be told holds back the later ones of its account, and nobody else's.
    let expected = Progress {
        delivered: 18 * 3 + 2,
        retried: 1,
        parked: 3,
        ..Progress::default()
    };
    assert_eq!(step, expected);
    assert_eq!(scene.waiting(), 3);
    assert_eq!(scene.platform.users().len(), 18);
    let asked = asked.lock().unwrap();
    assert_eq!(asked.most, 8);
    let about = |name| {
        asked
            .all
            .iter()
            .filter(|id| **id == people::id_of(name))
            .count()
    };
    assert_eq!((about("user05"), about("user06")), (1, 3));
}
