//! Signing in, staying signed in, and giving a session up.

use users_domain::authorization::Operation as Right;
use users_domain::error::Unauthenticated::{InvalidCredentials, InvalidToken};
use users_domain::model::{RequestContext, TokenId, User};
use users_domain::services::Login;
use users_domain::{Error, Users};
use users_testkit::people;

use super::super::book::Ends;
use super::super::possessions::{HeldSession, accepts, password};
use super::super::world::{Attempt, World};
use super::{Operation, Start, failed, honoured, is_enabled, is_refused_for_a_reason, lesson, was};

pub(super) fn sign_in(world: &World, users: Users) -> Option<Attempt> {
    let account = world.any_account()?;
    let typed = password(&account);
    Some(sign_in_with(
        Operation::SignIn,
        world,
        users,
        account,
        typed,
    ))
}

pub(super) fn sign_in_with_an_old_password(world: &World, users: Users) -> Option<Attempt> {
    let account = world.any_account()?;
    let history = world.ledger.history(&account.id);
    let typed = password(&history[world.below(history.len())]);
    let this = Operation::SignInWithAnOldPassword;
    Some(sign_in_with(this, world, users, account, typed))
}

/// Whether an account is known under a name or address.
fn is_known_as(user: &User, identity: &str) -> bool {
    let username = user.username.as_ref().unwrap().as_str();
    username.eq_ignore_ascii_case(identity) || user.email.as_str() == identity
}

fn sign_in_with(
    this: Operation,
    world: &World,
    users: Users,
    account: User,
    typed: String,
) -> Attempt {
    let start = Start::now(world);
    let identity = match world.below(2) {
        0 => account.email.as_str().to_owned(),
        _ => account.username.as_ref().unwrap().as_str().to_owned(),
    };
    let id = account.id;
    Box::pin(async move {
        let login = Login::parse(&identity, typed.clone(), "").unwrap();
        let context = RequestContext::default();
        let answer = users.credentials.issue_token(&context, login).await;
        lesson(move |world| match answer {
            Ok(pair) => {
                let fits = |user: &User| is_enabled(user) && accepts(user, &typed);
                assert!(was(world, start, &id, fits), "an old password opens");
                world.acknowledged(this);
                // Who typed what is no password any more was let in before that ended everything.
                let outdated = was(world, start, &id, |user| !accepts(user, &typed));
                let now = world.ledger.moment();
                let came = if outdated { start.moment } else { now };
                world.keep(pair, start.moment, came);
            }
            Err(Error::Unauthenticated(InvalidCredentials)) => {
                let fits = |user: &User| {
                    is_enabled(user) && accepts(user, &typed) && is_known_as(user, &identity)
                };
                let now = world.ledger.moment();
                let refused = was(world, start, &id, |user| !fits(user))
                    || world
                        .ledger
                        .ended_between(&id, start.moment, now, Ends::RefreshTokens);
                assert!(refused, "{id} cannot sign in");
            }
            Err(error) => failed(&error),
        })
    })
}

pub(super) fn sign_in_wrongly(world: &World, users: Users) -> Attempt {
    let identity = people::email_of(&world.somebody());
    Box::pin(async move {
        let login = Login::parse(&identity, "wrong".to_owned(), "").unwrap();
        let context = RequestContext::default();
        let answer = users.credentials.issue_token(&context, login).await;
        lesson(move |_| match answer {
            Err(Error::Unauthenticated(InvalidCredentials)) => {}
            Ok(_) => panic!("{identity} signs in with a wrong password"),
            Err(error) => failed(&error),
        })
    })
}

pub(super) fn refresh(this: Operation, world: &World, users: Users) -> Option<Attempt> {
    let session = held(world)?;
    let newest = session.refresh.len() - 1;
    let number = match this {
        Operation::RefreshWithACopy => world.below(newest + 1),
        _ => newest,
    };
    let token = session.refresh[number].clone();
    let (id, user) = (session.id.clone(), session.user.clone());
    let start = Start::now(world);
    Some(Box::pin(async move {
        let answer = async {
            let shown = &token.token;
            let caller = users
                .access
                .identify(Right::RefreshToken, Some(shown))
                .await?;
            let context = RequestContext::default();
            users
                .credentials
                .refresh_token(&context, &caller, shown.clone())
                .await
        }
        .await;
        lesson(move |world| match answer {
            Ok(pair) => {
                honoured(world, start, &user, &token, Ends::RefreshTokens);
                world.acknowledged(this);
                world.keep_next(&id, pair, start.moment);
            }
            Err(Error::Unauthenticated(InvalidToken)) => {
                let refused = world.ledger.is_over(&id)
                    || is_refused_for_a_reason(world, start, &user, &token, Ends::RefreshTokens);
                assert!(refused, "a living session is refused");
                forget(world, &id);
            }
            Err(error) => failed(&error),
        })
    }))
}

pub(super) fn view_profile(world: &World, users: Users) -> Option<Attempt> {
    let session = held(world)?;
    let (user, token) = (session.user.clone(), session.access.clone());
    let start = Start::now(world);
    Some(Box::pin(async move {
        let context = RequestContext::default();
        let answer = users
            .access
            .identify(Right::ViewProfile, Some(&token.token))
            .await
            .and_then(|caller| users.directory.view_profile(&context, &caller));
        lesson(move |world| match answer {
            Ok(seen) => {
                assert_eq!(seen.id, user, "a token shows its own account");
                assert!(was(world, start, &user, |user| *user == seen));
                honoured(world, start, &user, &token, Ends::AllTokens);
            }
            Err(Error::Unauthenticated(InvalidToken)) => {
                let refused = is_refused_for_a_reason(world, start, &user, &token, Ends::AllTokens);
                assert!(refused, "a living token is refused");
            }
            Err(error) => failed(&error),
        })
    }))
}

pub(super) fn give_up_session(world: &World, users: Users) -> Option<Attempt> {
    let session = held(world)?;
    let (user, token, id) = (
        session.user.clone(),
        session.access.clone(),
        session.id.clone(),
    );
    world.ledger.give_up(&id);
    let start = Start::now(world);
    Some(Box::pin(async move {
        let answer = async {
            let right = Right::RevokeRefreshToken;
            let caller = users.access.identify(right, Some(&token.token)).await?;
            let context = RequestContext::default();
            users
                .credentials
                .revoke_refresh_token(&context, &caller, &id)
                .await
        }
        .await;
        lesson(move |world| match answer {
            Ok(()) => {
                honoured(world, start, &user, &token, Ends::AllTokens);
                assert!(world.ledger.is_over(&id), "a session outlives its end");
                world.acknowledged(Operation::GiveUpSession);
            }
            Err(Error::Unauthenticated(InvalidToken)) => {
                let refused = is_refused_for_a_reason(world, start, &user, &token, Ends::AllTokens);
                assert!(refused, "a living token is refused");
            }
            Err(error) => failed(&error),
        })
    }))
}

/// A session that somebody holds.
pub(super) fn held(world: &World) -> Option<&HeldSession> {
    let number = world.below(world.sessions.len());
    world.sessions.get(number)
}

fn forget(world: &mut World, id: &TokenId) {
    world.sessions.retain(|session| session.id != *id);
}
