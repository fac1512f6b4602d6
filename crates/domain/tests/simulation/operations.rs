//! What somebody may ask for: an arm each, with what must be true of the answer.

use users_domain::Error;
use users_domain::authorization::Operation as Right;
use users_domain::error::Unauthenticated::{InvalidCredentials, InvalidToken};
use users_domain::model::{
    Caller, ConflictField, EffectKind, PersonName, RequestContext, TokenId, UserId, UserQuery,
    Username,
};
use users_domain::services::{AdministratorOutcome, FirstAdministrator, Login};
use users_testkit::people;

use super::world::{Attempt, Lesson, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Register,
    SignIn,
    SignInWrongly,
    Refresh,
    RefreshWithACopy,
    ViewProfile,
    List,
    EnsureAdministrator,
    Deliver,
    Release,
    ClearExpiredSessions,
}

impl Operation {
    pub(crate) const ALL: [Self; 11] = [
        Self::Register,
        Self::SignIn,
        Self::SignInWrongly,
        Self::Refresh,
        Self::RefreshWithACopy,
        Self::ViewProfile,
        Self::List,
        Self::EnsureAdministrator,
        Self::Deliver,
        Self::Release,
        Self::ClearExpiredSessions,
    ];

    /// How often it is asked for, compared with others.
    pub(crate) fn weight(self) -> usize {
        match self {
            Self::Deliver => 8,
            Self::Register | Self::SignIn | Self::Refresh => 3,
            Self::ViewProfile => 2,
            Self::SignInWrongly
            | Self::RefreshWithACopy
            | Self::List
            | Self::EnsureAdministrator
            | Self::Release
            | Self::ClearExpiredSessions => 1,
        }
    }

    /// Whether it is a step of a replica's relay, of which there is one at a time.
    pub(crate) fn is_relays(self) -> bool {
        matches!(self, Self::Deliver | Self::Release)
    }

    /// Begins it at a replica; `None` where nobody is there to ask for it.
    pub(crate) fn begin(self, world: &World, replica: usize) -> Option<Attempt> {
        let users = world.replicas[replica].clone();
        let context = RequestContext::default();
        Some(match self {
            Self::Register => {
                let name = world.somebody();
                Box::pin(async move {
                    let new = people::new_user(&name);
                    let registration = users.registration;
                    let answer = registration.create(&context, &Caller::Anonymous, new).await;
                    lesson(move |world| match answer {
                        Ok(user) => {
                            world.acknowledged(self);
                            let before = world.registered.insert(user.id.clone(), user);
                            assert_eq!(before, None, "an id is given once");
                        }
                        Err(Error::Conflict { field }) => {
                            assert_eq!(field, ConflictField::Email);
                            assert!(is_there(world, &name), "{name} is taken by nobody");
                        }
                        Err(error) => failed(&error),
                    })
                })
            }
            Self::SignIn => {
                let name = world.somebody();
                let was_registered = is_registered(world, &name);
                Box::pin(async move {
                    let login = people::login(&name.to_ascii_lowercase()).unwrap();
                    let answer = users.credentials.issue_token(&context, login).await;
                    lesson(move |world| match answer {
                        Ok(pair) => {
                            world.acknowledged(self);
                            world.keep(pair);
                        }
                        Err(Error::Unauthenticated(InvalidCredentials)) => {
                            assert!(!was_registered, "{name} cannot sign in");
                        }
                        Err(error) => failed(&error),
                    })
                })
            }
            Self::SignInWrongly => {
                let identity = people::email_of(&world.somebody());
                Box::pin(async move {
                    let login = Login::parse(&identity, "wrong".to_owned(), "").unwrap();
                    let answer = users.credentials.issue_token(&context, login).await;
                    lesson(move |_| match answer {
                        Err(Error::Unauthenticated(InvalidCredentials)) => {}
                        Ok(_) => panic!("{identity} signs in with a wrong password"),
                        Err(error) => failed(&error),
                    })
                })
            }
            Self::Refresh | Self::RefreshWithACopy => {
                let session = held(world)?;
                let newest = session.refresh.len() - 1;
                let number = match self {
                    Self::RefreshWithACopy => world.below(newest + 1),
                    _ => newest,
                };
                let token = session.refresh[number].clone();
                let id = session.id.clone();
                Box::pin(async move {
                    let answer = async {
                        let access = &users.access;
                        let caller = access.identify(Right::RefreshToken, Some(&token)).await?;
                        let credentials = &users.credentials;
                        credentials
                            .refresh_token(&context, &caller, token.clone())
                            .await
                    }
                    .await;
                    lesson(move |world| match answer {
                        Ok(pair) => {
                            world.acknowledged(self);
                            let mut sessions = world.sessions.iter_mut();
                            if let Some(session) = sessions.find(|session| session.id == id) {
                                session.refresh.push(pair.refresh);
                            }
                        }
                        Err(Error::Unauthenticated(InvalidToken)) => forget(world, &id),
                        Err(error) => failed(&error),
                    })
                })
            }
            Self::ViewProfile => {
                let session = held(world)?;
                let (token, ends) = (session.access.clone(), session.access_ends);
                let user = session.user.clone();
                Box::pin(async move {
                    let access = &users.access;
                    let answer = access
                        .identify(Right::ViewProfile, Some(&token))
                        .await
                        .and_then(|caller| users.directory.view_profile(&context, &caller));
                    lesson(move |world| match answer {
                        Ok(seen) => {
                            assert_eq!(seen.id, user, "a token shows its own account");
                        }
                        Err(Error::Unauthenticated(InvalidToken)) => {
                            assert!(ends <= world.now(), "a living token is refused");
                        }
                        Err(error) => failed(&error),
                    })
                })
            }
            Self::List => {
                let at_least = world.registered.len() as u64;
                Box::pin(async move {
                    let query = UserQuery {
                        limit: 100,
                        ..UserQuery::default()
                    };
                    let directory = users.directory;
                    let answer = directory.list(&context, &Caller::Operator, &query).await;
                    lesson(move |_| match answer {
                        Ok(page) => {
                            assert!(page.total >= at_least, "accounts are missing");
                            let mut ids: Vec<UserId> =
                                page.items.into_iter().map(|user| user.id).collect();
                            let listed = ids.len();
                            ids.sort();
                            ids.dedup();
                            assert_eq!(ids.len(), listed, "an account is listed twice");
                        }
                        Err(error) => failed(&error),
                    })
                })
            }
            Self::EnsureAdministrator => Box::pin(async move {
                let wanted = first_administrator();
                let registration = users.registration;
                let answer = registration.ensure_administrator(&context, &wanted).await;
                lesson(move |world| match answer {
                    Ok(AdministratorOutcome::Created(_)) => world.acknowledged(self),
                    Ok(AdministratorOutcome::Exists { administrator, .. }) => {
                        assert!(administrator);
                    }
                    Ok(outcome) => panic!("{outcome:?}"),
                    Err(error) => failed(&error),
                })
            }),
            Self::Deliver => {
                let limit = [1, 3, 50][world.below(3)];
                Box::pin(async move {
                    let answer = users.relay.deliver_due(EffectKind::Event, limit).await;
                    lesson(move |_| {
                        if let Err(error) = answer {
                            failed(&error);
                        }
                    })
                })
            }
            Self::Release => Box::pin(async move {
                let answer = users.relay.release(EffectKind::Event).await;
                lesson(move |_| {
                    if let Err(error) = answer {
                        failed(&error);
                    }
                })
            }),
            Self::ClearExpiredSessions => {
                let sessions = world.ledger.clone();
                Box::pin(async move {
                    use users_domain::ports::RefreshTokenStore;
                    let answer = sessions.remove_expired(3).await;
                    lesson(move |_| assert!(answer.unwrap() <= 3))
                })
            }
        })
    }
}

fn lesson(learn: impl FnOnce(&mut World) + 'static) -> Lesson {
    Box::new(learn)
}

/// The only failures that faults may cause.
fn failed(error: &Error) {
    assert!(
        matches!(error, Error::Unavailable { .. } | Error::Busy { .. }),
        "{error:?}"
    );
}

/// A session that somebody holds.
fn held(world: &World) -> Option<&super::world::HeldSession> {
    let number = world.below(world.sessions.len());
    world.sessions.get(number)
}

/// A session that is refused: there must be a reason.
fn forget(world: &mut World, id: &TokenId) {
    assert!(world.ledger.is_over(id), "a living session is refused");
    world.sessions.retain(|session| session.id != *id);
}

fn is_there(world: &World, name: &str) -> bool {
    let email = people::email_of(name);
    let users = world.fakes.store.users();
    users
        .iter()
        .any(|user| user.email.as_str().eq_ignore_ascii_case(&email))
}

/// Whether somebody was told that he has an account under this name in lower case, which decides his
/// password too.
fn is_registered(world: &World, name: &str) -> bool {
    let email = people::email_of(&name.to_ascii_lowercase());
    let mut users = world.registered.values();
    users.any(|user| user.email.as_str() == email)
}

pub(crate) fn first_administrator() -> FirstAdministrator {
    FirstAdministrator {
        email: people::email_of("admin"),
        username: Username::parse("admin").unwrap(),
        first_name: PersonName::parse("first_name", "Super").unwrap(),
        last_name: PersonName::parse("last_name", "User").unwrap(),
        password: people::accepted_password_of("admin"),
    }
}
