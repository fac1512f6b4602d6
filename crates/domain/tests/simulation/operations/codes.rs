//! What people do with their mails: several try one code at once, some try it for something else.

use users_domain::model::{CodePurpose, Email, PasswordPolicy, Proof, RequestContext, User};
use users_domain::{Error, Users};
use users_testkit::people;

use super::super::possessions::{MailedCode, accepts};
use super::super::world::{Attempt, World};
use super::{Operation, Start, failed, is_enabled, lesson, was};

pub(super) fn ask_for_reset(world: &World, users: Users) -> Option<Attempt> {
    let address = match world.below(8) {
        0 => people::email_of(&world.somebody()),
        _ => world.any_account()?.email.as_str().to_owned(),
    };
    let address = Email::parse(&address).unwrap();
    Some(Box::pin(async move {
        let context = RequestContext::default();
        let recovery = &users.recovery;
        let answer = recovery.send_password_reset(&context, address).await;
        lesson(move |world| match answer {
            Ok(()) => world.acknowledged(Operation::AskForReset),
            Err(error) => failed(&error),
        })
    }))
}

/// A code out of some mail, mostly of a new one.
fn any_code(world: &World) -> Option<MailedCode> {
    let all = world.codes.len();
    let recent = match world.below(4) {
        0 => all,
        _ => all.min(12),
    };
    let number = (all - recent) + world.below(recent);
    world.codes.get(number).cloned()
}

pub(super) fn verify_email(world: &World, users: Users) -> Option<Attempt> {
    let MailedCode { purpose, code } = any_code(world)?;
    Some(Box::pin(async move {
        let context = RequestContext::default();
        let proof = Proof::Digest(code.digest());
        let answer = users.verification.verify_email(&context, &proof).await;
        lesson(move |world| match answer {
            Ok(user) => {
                assert_eq!(purpose, CodePurpose::VerifyEmail);
                assert!(user.is_verified());
                world.ledger.confirm(&user);
                world.acknowledged(Operation::VerifyEmail);
            }
            Err(Error::InvalidCode) => {
                let useless = world.ledger.is_useless(&code);
                assert!(useless || purpose != CodePurpose::VerifyEmail);
            }
            Err(error) => failed(&error),
        })
    }))
}

pub(super) fn reset_secret(world: &World, users: Users) -> Option<Attempt> {
    let MailedCode { purpose, code } = any_code(world)?;
    let new = world.fresh("password");
    let start = Start::now(world);
    Some(Box::pin(async move {
        let password = PasswordPolicy::default().accept(&new).unwrap();
        let context = RequestContext::default();
        let proof = Proof::Digest(code.digest());
        let recovery = &users.recovery;
        let answer = recovery.reset_secret(&context, &proof, &password).await;
        lesson(move |world| match answer {
            Ok(user) => {
                assert_eq!(purpose, CodePurpose::ResetSecret);
                assert!(accepts(&user, &new) && user.is_verified());
                world.ledger.confirm(&user);
                world.acknowledged(Operation::ResetSecret);
            }
            Err(Error::InvalidCode) => {
                let id = world.ledger.opens(&code);
                let suspended = |user: &User| !is_enabled(user);
                assert!(
                    world.ledger.is_useless(&code)
                        || purpose != CodePurpose::ResetSecret
                        || was(world, start, &id, suspended)
                );
            }
            Err(error) => failed(&error),
        })
    }))
}
