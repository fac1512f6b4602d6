//! What people hold: tokens, codes, passwords, and what they may expect of them.

use users_domain::model::{
    BearerToken, CodePurpose, OneTimeCode, Timestamp, TokenId, TokenPair, User, UserId,
};
use users_domain::ports::TokenVerifier;

use super::book::Moment;
use super::world::{World, now};

/// A token that somebody holds.
#[derive(Clone)]
pub(crate) struct HeldToken {
    pub(crate) token: BearerToken,
    pub(crate) ends: Timestamp,
    /// When he asked for it: what ended tokens before, did not end it.
    pub(crate) asked: Moment,
    /// From when on whatever ends tokens ends it too.
    pub(crate) came: Moment,
}

/// A session that somebody holds.
pub(crate) struct HeldSession {
    pub(crate) user: UserId,
    pub(crate) id: TokenId,
    pub(crate) access: HeldToken,
    /// Every refresh token of the session that came back, the newest last.
    pub(crate) refresh: Vec<HeldToken>,
}

/// A code that lies in a mailbox.
#[derive(Clone)]
pub(crate) struct MailedCode {
    pub(crate) purpose: CodePurpose,
    pub(crate) code: OneTimeCode,
}

impl World {
    /// Keeps a session that was begun.
    pub(crate) fn keep(&mut self, pair: TokenPair, asked: Moment, came: Moment) {
        let Some((access, user, id)) = self.held(pair.access, asked, came) else {
            return;
        };
        let Some((refresh, ..)) = self.held(pair.refresh, asked, came) else {
            return;
        };
        self.ledger.hand_over(&id);
        self.sessions.push(HeldSession {
            user,
            id,
            access,
            refresh: vec![refresh],
        });
    }

    /// Keeps the next pair of a session. Whatever ended the token it was exchanged for after it was
    /// shown ends this one too.
    pub(crate) fn keep_next(&mut self, id: &TokenId, pair: TokenPair, asked: Moment) {
        let access = self.held(pair.access, asked, asked);
        let refresh = self.held(pair.refresh, asked, asked);
        let mut sessions = self.sessions.iter_mut();
        if let Some(session) = sessions.find(|session| session.id == *id) {
            session.access = access.map_or_else(|| session.access.clone(), |(token, ..)| token);
            session.refresh.extend(refresh.map(|(token, ..)| token));
        }
    }

    /// A token as it is held, whose it is, and of which session; `None` if it came too late.
    fn held(
        &self,
        token: BearerToken,
        asked: Moment,
        came: Moment,
    ) -> Option<(HeldToken, UserId, TokenId)> {
        let claims = now(self.fakes.tokens.verify(&token)).ok()?;
        let held = HeldToken {
            token,
            ends: claims.expires_at.unwrap(),
            asked,
            came,
        };
        Some((
            held,
            claims.user,
            claims.id.expect("tokens of a session name it"),
        ))
    }
}

/// The password that an account has: the plain hasher hides none.
pub(crate) fn password(user: &User) -> String {
    let hash = user.secret.as_ref().unwrap().as_str();
    hash.rsplit('$').next().unwrap().to_owned()
}

pub(crate) fn accepts(user: &User, typed: &str) -> bool {
    password(user) == typed
}
