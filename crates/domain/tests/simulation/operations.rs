//! What somebody may ask for: an arm each, with what must be true of the answer.

use users_domain::model::{Status, Timestamp, User, UserId};
use users_domain::{Error, Users};

use super::book::{Ends, Moment};
use super::possessions::HeldToken;
use super::world::{Attempt, Lesson, World};

mod accounts;
mod administration;
mod background;
mod codes;
mod holders;
mod signing_in;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Register,
    List,
    EnsureAdministrator,
    SignIn,
    SignInWithAnOldPassword,
    SignInWrongly,
    Refresh,
    RefreshWithACopy,
    ViewProfile,
    GiveUpSession,
    UpdateProfile,
    UpdateEmail,
    UpdateSecret,
    Leave,
    SendVerification,
    VerifyEmail,
    AskForReset,
    ResetSecret,
    GiveRole,
    Suspend,
    Restore,
    Deliver,
    Release,
    ClearExpired,
}

impl Operation {
    pub(crate) const ALL: [Self; 24] = [
        Self::Register,
        Self::List,
        Self::EnsureAdministrator,
        Self::SignIn,
        Self::SignInWithAnOldPassword,
        Self::SignInWrongly,
        Self::Refresh,
        Self::RefreshWithACopy,
        Self::ViewProfile,
        Self::GiveUpSession,
        Self::UpdateProfile,
        Self::UpdateEmail,
        Self::UpdateSecret,
        Self::Leave,
        Self::SendVerification,
        Self::VerifyEmail,
        Self::AskForReset,
        Self::ResetSecret,
        Self::GiveRole,
        Self::Suspend,
        Self::Restore,
        Self::Deliver,
        Self::Release,
        Self::ClearExpired,
    ];

    /// How often it is asked for, compared with others.
    pub(crate) fn weight(self) -> usize {
        match self {
            Self::Deliver => 16,
            Self::Register | Self::SignIn | Self::Refresh => 6,
            Self::ViewProfile
            | Self::VerifyEmail
            | Self::AskForReset
            | Self::ResetSecret
            | Self::Restore => 4,
            Self::UpdateEmail | Self::UpdateSecret | Self::SendVerification | Self::GiveRole => 3,
            Self::List
            | Self::EnsureAdministrator
            | Self::SignInWithAnOldPassword
            | Self::SignInWrongly
            | Self::RefreshWithACopy
            | Self::UpdateProfile
            | Self::Suspend
            | Self::Leave
            | Self::Release
            | Self::ClearExpired => 2,
            Self::GiveUpSession => 1,
        }
    }

    /// Whether it is a step of a replica's relay, of which there is one at a time.
    pub(crate) fn is_relays(self) -> bool {
        matches!(self, Self::Deliver | Self::Release)
    }

    /// Begins it at a replica; `None` where nobody is there to ask for it.
    pub(crate) fn begin(self, world: &World, replica: usize) -> Option<Attempt> {
        let users: Users = world.replicas[replica].clone();
        match self {
            Self::Register => Some(accounts::register(world, users)),
            Self::List => Some(accounts::list(world, users)),
            Self::EnsureAdministrator => Some(accounts::ensure_administrator(users)),
            Self::SignIn => signing_in::sign_in(world, users),
            Self::SignInWithAnOldPassword => signing_in::sign_in_with_an_old_password(world, users),
            Self::SignInWrongly => Some(signing_in::sign_in_wrongly(world, users)),
            Self::Refresh | Self::RefreshWithACopy => signing_in::refresh(self, world, users),
            Self::ViewProfile => signing_in::view_profile(world, users),
            Self::GiveUpSession => signing_in::give_up_session(world, users),
            Self::UpdateProfile => holders::update_profile(world, users),
            Self::UpdateEmail => holders::update_email(world, users),
            Self::UpdateSecret => holders::update_secret(world, users),
            Self::Leave => holders::leave(world, users),
            Self::SendVerification => holders::send_verification(world, users),
            Self::VerifyEmail => codes::verify_email(world, users),
            Self::AskForReset => codes::ask_for_reset(world, users),
            Self::ResetSecret => codes::reset_secret(world, users),
            Self::GiveRole => administration::give_role(world, users),
            Self::Suspend => administration::suspend(world, users),
            Self::Restore => administration::restore(world, users),
            Self::Deliver => Some(background::deliver(world, users)),
            Self::Release => Some(background::release(world, users)),
            Self::ClearExpired => Some(background::clear_expired(world)),
        }
    }
}

/// When something began: among the changes of accounts, and by the clock.
#[derive(Clone, Copy)]
struct Start {
    moment: Moment,
    at: Timestamp,
}

impl Start {
    fn now(world: &World) -> Self {
        Self {
            moment: world.ledger.moment(),
            at: world.now(),
        }
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

/// Whether an account was so at any time since something began.
fn was(world: &World, start: Start, id: &UserId, so: impl Fn(&User) -> bool) -> bool {
    world.ledger.was(id, start.moment, so)
}

fn is_enabled(user: &User) -> bool {
    user.status == Status::Enabled
}

/// A token that was ended before somebody showed it opens nothing.
fn honoured(world: &World, start: Start, user: &UserId, token: &HeldToken, ended_by: Ends) {
    let ended = world
        .ledger
        .ended_between(user, token.came, start.moment, ended_by);
    assert!(!ended, "a token outlives its end");
    assert!(token.ends > start.at, "a token outlives its time");
    assert!(was(world, start, user, is_enabled), "a suspended account");
}

/// A token that nothing ended opens what it is for.
fn is_refused_for_a_reason(
    world: &World,
    start: Start,
    user: &UserId,
    token: &HeldToken,
    ended_by: Ends,
) -> bool {
    let now = world.ledger.moment();
    token.ends <= world.now()
        || world.ledger.ended_between(user, token.asked, now, ended_by)
        || was(world, start, user, |user| !is_enabled(user))
}
