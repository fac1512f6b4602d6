//! The platform is told again what every account is.

use users_domain::Error;
use users_domain::model::{Caller, Role, Status, TokenKind, User, UserId};
use users_domain::ports::PlatformRelations as _;
use users_testkit::people::{self, an_admin, id_of, user};

use super::{RELATION, Scene};
use crate::fakes_with;

/// Queues everybody, two at a time; how many that were.
async fn queue_all(scene: &Scene) -> usize {
    let relations = scene.users().relations;
    let (mut queued, mut after) = (0, None::<UserId>);
    loop {
        let page = relations.queue(&Caller::Operator, after, 2).await.unwrap();
        assert!(page.accounts <= 2);
        queued += page.accounts;
        after = page.next;
        if after.is_none() {
            return queued;
        }
    }
}

fn accounts() -> [User; 5] {
    let deleted = User {
        status: Status::Deleted,
        ..user("hedy")
    };
    [
        user("ada"),
        user("grace"),
        deleted,
        user("mary"),
        an_admin("root"),
    ]
}

#[tokio::test]
async fn a_platform_that_knows_nobody_or_somebody_wrongly_comes_to_know_all() {
    let scene = Scene::with(accounts());
    scene
        .platform
        .put(&id_of("ada"), Role::Admin)
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(queue_all(&scene).await, 5);
        assert_eq!(scene.waiting(), 5);
        assert_eq!(scene.deliver().await.delivered, 5);
        scene.assert_known();
    }
}

#[tokio::test]
async fn only_the_operator_has_relations_written_again() {
    let scene = Scene::with(accounts());
    let root = people::principal(an_admin("root"), TokenKind::Access);
    let refused = scene.users().relations.queue(&root, None, 10).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    assert_eq!(scene.waiting(), 0);
}

#[tokio::test]
async fn without_a_platform_nothing_is_queued() {
    let fakes = fakes_with(accounts());
    let relations = fakes.users().relations;
    assert!(!relations.are_kept());
    let page = relations.queue(&Caller::Operator, None, 10).await.unwrap();
    assert_eq!((page.accounts, page.next), (0, None));
    assert!(fakes.store.effects(RELATION).is_empty());
}
