//! Administrators decide about each other and about everybody else.

use std::future::Future;

use users_domain::model::{Caller, RequestContext, Role, Status, TokenKind, User, UserId};
use users_domain::{Error, Users};
use users_testkit::people;

use super::super::world::{Attempt, World};
use super::{Operation, Start, failed, is_enabled, lesson, was};

/// Somebody who was an administrator a moment ago, or the operator.
fn administrator(world: &World) -> Caller {
    let administrators = world.ledger.administrators();
    match administrators.get(world.below(administrators.len() + 1)) {
        Some(id) => people::principal(world.ledger.account(id), TokenKind::Access),
        None => Caller::Operator,
    }
}

/// Mostly an administrator: they are few, and nobody may be left.
fn target(world: &World) -> Option<UserId> {
    let administrators = world.ledger.administrators();
    match administrators.get(world.below(administrators.len() + 2)) {
        Some(id) => Some(id.clone()),
        None => Some(world.any_account()?.id),
    }
}

/// What is true of every decision, whatever it was.
fn decide(
    this: Operation,
    world: &World,
    id: UserId,
    decision: impl Future<Output = Result<User, Error>> + 'static,
    fits: impl Fn(&User) -> bool + 'static,
) -> Attempt {
    let start = Start::now(world);
    Box::pin(async move {
        let answer = decision.await;
        lesson(move |world| match answer {
            Ok(user) => {
                assert!(fits(&user));
                world.ledger.confirm(&user);
                world.acknowledged(this);
            }
            Err(Error::StatusAlreadyAssigned) => {
                assert!(was(world, start, &id, fits));
            }
            Err(Error::NotEnabled) => {
                assert!(was(world, start, &id, |user| !is_enabled(user)));
            }
            Err(Error::LastAdministrator) => {
                assert!(was(world, start, &id, User::is_enabled_administrator));
                world.last_ones += 1;
            }
            Err(error) => failed(&error),
        })
    })
}

pub(super) fn give_role(world: &World, users: Users) -> Option<Attempt> {
    let id = target(world)?;
    let caller = administrator(world);
    let role = match world.below(3) {
        0 => Role::Admin,
        _ => Role::User,
    };
    let whose = id.clone();
    let decision = async move {
        let context = RequestContext::default();
        let administration = &users.administration;
        administration
            .update_role(&context, &caller, &whose, None, role)
            .await
    };
    let fits = move |user: &User| user.role == role;
    Some(decide(Operation::GiveRole, world, id, decision, fits))
}

pub(super) fn suspend(world: &World, users: Users) -> Option<Attempt> {
    let id = target(world)?;
    let caller = administrator(world);
    let status = match world.below(2) {
        0 => Status::Disabled,
        _ => Status::Deleted,
    };
    let whose = id.clone();
    let decision = async move {
        let context = RequestContext::default();
        let administration = &users.administration;
        match status {
            Status::Deleted => administration.delete(&context, &caller, &whose, None).await,
            _ => {
                administration
                    .disable(&context, &caller, &whose, None)
                    .await
            }
        }
    };
    let fits = move |user: &User| user.status == status;
    Some(decide(Operation::Suspend, world, id, decision, fits))
}

pub(super) fn restore(world: &World, users: Users) -> Option<Attempt> {
    let suspended = world.suspended();
    let id = suspended.get(world.below(suspended.len()))?.clone();
    let caller = administrator(world);
    let whose = id.clone();
    let decision = async move {
        let context = RequestContext::default();
        let administration = &users.administration;
        administration.enable(&context, &caller, &whose, None).await
    };
    Some(decide(Operation::Restore, world, id, decision, is_enabled))
}
