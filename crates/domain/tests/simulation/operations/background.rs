//! What replicas do by themselves.

use users_domain::Users;
use users_domain::model::EffectKind;
use users_domain::ports::RefreshTokenStore;

use super::super::world::{Attempt, World};
use super::{failed, lesson};

fn any_kind(world: &World) -> EffectKind {
    EffectKind::ALL[world.below(EffectKind::ALL.len())]
}

pub(super) fn deliver(world: &World, users: Users) -> Attempt {
    let kind = any_kind(world);
    let limit = [1, 3, 50][world.below(3)];
    Box::pin(async move {
        let answer = users.relay.deliver_due(kind, limit).await;
        lesson(move |_| {
            if let Err(error) = answer {
                failed(&error);
            }
        })
    })
}

pub(super) fn release(world: &World, users: Users) -> Attempt {
    let kind = any_kind(world);
    Box::pin(async move {
        let answer = users.relay.release(kind).await;
        lesson(move |_| {
            if let Err(error) = answer {
                failed(&error);
            }
        })
    })
}

pub(super) fn clear_expired(world: &World) -> Attempt {
    let (sessions, accounts) = (world.ledger.clone(), world.ports.users.clone());
    Box::pin(async move {
        let sessions = sessions.remove_expired(3).await.unwrap();
        let codes = accounts.remove_expired_codes(3).await;
        lesson(move |_| match codes {
            Ok(codes) => assert!(sessions <= 3 && codes <= 3),
            Err(error) => failed(&error.into()),
        })
    })
}
