//! What people ask for with an access token: changes of their own accounts.

use std::future::Future;
use std::pin::Pin;

use users_domain::authorization::Operation as Right;
use users_domain::error::Unauthenticated::InvalidToken;
use users_domain::model::{
    Caller, ConflictField, Email, PasswordAttempt, PasswordPolicy, PersonName, RequestContext,
    User, UserId, UserPatch,
};
use users_domain::{Error, Users};

use super::super::book::Ends;
use super::super::possessions::{accepts, password};
use super::super::world::{Attempt, World};
use super::signing_in::held;
use super::{Operation, Start, honoured, is_enabled, is_refused_for_a_reason, lesson, was};

/// What somebody asks for once he is identified.
type Request = Box<dyn FnOnce(Users, Caller, UserId) -> Answer>;
/// The account after it, where it changes one.
type Answer = Pin<Box<dyn Future<Output = Result<Option<User>, Error>>>>;
/// What is learned from an answer, besides what is true of all.
type Verdict = Box<dyn FnOnce(&mut World, Start, &UserId, Result<Option<User>, Error>)>;

/// Somebody asks for something with the access token of a session he holds.
fn ask(
    this: Operation,
    right: Right,
    world: &World,
    users: Users,
    plan: impl FnOnce(&World, &User) -> Option<(Request, Verdict)>,
) -> Option<Attempt> {
    let session = held(world)?;
    let (user, token) = (session.user.clone(), session.access.clone());
    let start = Start::now(world);
    let (request, verdict) = plan(world, &world.ledger.account(&user))?;
    Some(Box::pin(async move {
        let caller = users.access.identify(right, Some(&token.token)).await;
        let answer = match caller {
            Ok(caller) => request(users, caller, user.clone()).await,
            Err(error) => Err(error),
        };
        lesson(move |world| match answer {
            Ok(changed) => {
                honoured(world, start, &user, &token, Ends::AllTokens);
                if let Some(changed) = &changed {
                    world.ledger.confirm(changed);
                }
                world.acknowledged(this);
                verdict(world, start, &user, Ok(changed));
            }
            Err(Error::Unauthenticated(InvalidToken)) => {
                let refused = is_refused_for_a_reason(world, start, &user, &token, Ends::AllTokens);
                assert!(refused, "a living token is refused");
            }
            Err(Error::EmailNotVerified) => {
                assert!(was(world, start, &user, |user| !user.is_verified()));
            }
            Err(Error::NotEnabled) => {
                assert!(was(world, start, &user, |user| !is_enabled(user)));
            }
            Err(Error::Unavailable { .. } | Error::Busy { .. }) => {}
            Err(error) => verdict(world, start, &user, Err(error)),
        })
    }))
}

pub(super) fn update_profile(world: &World, users: Users) -> Option<Attempt> {
    let this = Operation::UpdateProfile;
    ask(this, Right::Update, world, users, |world, account| {
        let name = PersonName::parse("first_name", &world.fresh("name")).unwrap();
        // Mostly he changes what he saw and nothing else; sometimes he saw it long ago.
        let version = match world.below(3) {
            0 => None,
            1 => Some(account.version),
            _ => Some(account.version - 1),
        };
        let wanted = name.clone();
        Some((
            Box::new(move |users, caller, id| {
                Box::pin(async move {
                    let patch = UserPatch {
                        first_name: Some(name),
                        ..UserPatch::default()
                    };
                    let context = RequestContext::default();
                    let profiles = &users.profiles;
                    profiles
                        .update(&context, &caller, &id, version, patch)
                        .await
                        .map(Some)
                })
            }),
            Box::new(move |world, start, id, answer| match answer {
                Ok(changed) => {
                    let changed = changed.unwrap();
                    assert_eq!(changed.first_name, wanted);
                    assert!(version.is_none_or(|seen| changed.version == seen + 1));
                }
                Err(Error::Stale) => {
                    let seen = version.unwrap();
                    assert!(was(world, start, id, |user| user.version != seen));
                }
                Err(error) => panic!("{error:?}"),
            }),
        ))
    })
}

pub(super) fn update_email(world: &World, users: Users) -> Option<Attempt> {
    let this = Operation::UpdateEmail;
    ask(this, Right::UpdateEmail, world, users, |world, account| {
        let history = world.ledger.history(&account.id);
        let address = match world.below(6) {
            0 => world.any_account()?.email.as_str().to_owned(),
            1 => history[world.below(history.len())]
                .email
                .as_str()
                .to_owned(),
            _ => format!("{}@example.com", world.fresh("address")),
        };
        let email = Email::parse(&address).unwrap();
        let wanted = email.clone();
        Some((
            Box::new(move |users, caller, id| {
                Box::pin(async move {
                    let context = RequestContext::default();
                    let profiles = &users.profiles;
                    profiles
                        .update_email(&context, &caller, &id, None, email)
                        .await
                        .map(Some)
                })
            }),
            Box::new(move |world, start, id, answer| match answer {
                Ok(changed) => {
                    let changed = changed.unwrap();
                    assert_eq!(changed.email, wanted);
                    assert!(!changed.is_verified());
                }
                Err(Error::Conflict { field }) => {
                    assert_eq!(field, ConflictField::Email);
                    let has = |user: &User| user.email.folded() == wanted.folded();
                    let others = world.ledger.accounts();
                    assert!(others.iter().any(|other| was(world, start, other, has)));
                }
                Err(Error::Invalid(invalid)) => {
                    assert_eq!(invalid.field, "email");
                    assert!(was(world, start, id, |user| user.email == wanted));
                }
                Err(error) => panic!("{error:?}"),
            }),
        ))
    })
}

pub(super) fn update_secret(world: &World, users: Users) -> Option<Attempt> {
    let this = Operation::UpdateSecret;
    ask(this, Right::UpdateSecret, world, users, |world, account| {
        let history = world.ledger.history(&account.id);
        let old = match world.below(4) {
            0 => password(&history[world.below(history.len())]),
            _ => password(account),
        };
        let new = world.fresh("password");
        let (typed, wanted) = (old.clone(), new.clone());
        Some((
            Box::new(move |users, caller, _| {
                Box::pin(async move {
                    let old = PasswordAttempt::new(old);
                    let new = PasswordPolicy::default().accept(&new).unwrap();
                    let context = RequestContext::default();
                    users
                        .credentials
                        .update_secret(&context, &caller, None, &old, &new)
                        .await
                        .map(Some)
                })
            }),
            Box::new(move |world, start, id, answer| match answer {
                Ok(changed) => {
                    assert!(accepts(&changed.unwrap(), &wanted));
                    assert!(was(world, start, id, |user| accepts(user, &typed)));
                }
                Err(Error::Invalid(invalid)) => {
                    assert_eq!(invalid.field, "old_secret");
                    assert!(was(world, start, id, |user| !accepts(user, &typed)));
                }
                Err(error) => panic!("{error:?}"),
            }),
        ))
    })
}

pub(super) fn leave(world: &World, users: Users) -> Option<Attempt> {
    let this = Operation::Leave;
    ask(this, Right::Disable, world, users, |_, _| {
        Some((
            Box::new(move |users, caller, id| {
                Box::pin(async move {
                    let context = RequestContext::default();
                    users
                        .administration
                        .disable(&context, &caller, &id, None)
                        .await
                        .map(Some)
                })
            }),
            Box::new(move |world, start, id, answer| match answer {
                Ok(changed) => assert!(!is_enabled(&changed.unwrap())),
                Err(Error::StatusAlreadyAssigned) => {
                    assert!(was(world, start, id, |user| !is_enabled(user)));
                }
                Err(Error::LastAdministrator) => {
                    assert!(was(world, start, id, User::is_enabled_administrator));
                    world.last_ones += 1;
                }
                Err(error) => panic!("{error:?}"),
            }),
        ))
    })
}

pub(super) fn send_verification(world: &World, users: Users) -> Option<Attempt> {
    let this = Operation::SendVerification;
    ask(this, Right::SendVerification, world, users, |_, _| {
        Some((
            Box::new(move |users, caller, _| {
                Box::pin(async move {
                    let context = RequestContext::default();
                    let verification = &users.verification;
                    verification
                        .send_verification(&context, &caller)
                        .await
                        .map(|()| None)
                })
            }),
            Box::new(move |world, start, id, answer| match answer {
                Ok(_) => assert!(was(world, start, id, |user| !user.is_verified())),
                Err(Error::AlreadyVerified) => {
                    assert!(was(world, start, id, User::is_verified));
                }
                Err(error) => panic!("{error:?}"),
            }),
        ))
    })
}
