//! What was really committed, in order, and what each commit is held to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use users_domain::model::{
    CodePurpose, CodeRecord, Effect, MailRequest, Notice, RefreshSession, Status, Timestamp,
    TokenId, User, UserEvent, UserId,
};
use users_domain::ports::Rotation;

/// How long the refresh token that was just replaced is honoured.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// Counts the changes of accounts: a moment, finer than any clock.
pub(crate) type Moment = usize;

#[derive(Default)]
pub(crate) struct Book {
    pub(crate) now: Moment,
    pub(crate) events: Vec<UserEvent>,
    pub(crate) notices: Vec<(UserId, Notice)>,
    pub(crate) accounts: BTreeMap<UserId, Vec<State>>,
    pub(crate) administrators: BTreeSet<UserId>,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) sessions: BTreeMap<TokenId, Session>,
    pub(crate) stolen: BTreeSet<TokenId>,
    /// Sessions that their holders asked to end.
    pub(crate) given_up: BTreeSet<TokenId>,
}

/// An account as it was for a while.
pub(crate) struct State {
    pub(crate) since: Moment,
    pub(crate) user: User,
    /// Which tokens of before the change ended.
    pub(crate) ended: Ends,
}

/// What a change of an account is the end of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ends {
    Nothing,
    RefreshTokens,
    AllTokens,
}

pub(crate) struct Code {
    pub(crate) record: CodeRecord,
    /// Used or voided.
    pub(crate) spent: bool,
}

pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) began: Moment,
    pub(crate) expires_at: Timestamp,
    /// Whether somebody was given its tokens.
    pub(crate) held: bool,
    pub(crate) ended: bool,
    /// When each generation was exchanged for the next.
    pub(crate) exchanged: Vec<Timestamp>,
}

impl Book {
    pub(crate) fn write_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Event(event) => self.events.push(event),
                Effect::Mail(MailRequest::Notice { user, notice, .. }) => {
                    self.notices.push((user, notice));
                }
                // Links are asked for once; what becomes of them is seen by who gets them.
                Effect::Mail(_)
                | Effect::EndSessions { .. }
                | Effect::Relation { .. }
                | Effect::Purge { .. } => {}
            }
        }
    }

    /// Versions count up by one, time never runs back, and somebody can always administer.
    pub(crate) fn write_account(&mut self, user: &User, by_code: Option<CodePurpose>) {
        let states = self.accounts.entry(user.id.clone()).or_default();
        let mut ended = Ends::Nothing;
        if let Some(State { user: before, .. }) = states.last() {
            if before.version == user.version {
                assert_eq!(before, user, "a change is another version");
                return;
            }
            assert_eq!(user.version, before.version + 1);
            assert!(user.updated_at >= before.updated_at);
            let suspended = user.status != before.status && user.status != Status::Enabled;
            if suspended || by_code == Some(CodePurpose::ResetSecret) {
                ended = Ends::AllTokens;
            } else if user.secret != before.secret {
                ended = Ends::RefreshTokens;
            }
            if user.email != before.email {
                spend(&mut self.codes, &user.id, None);
            }
            if user.secret != before.secret || user.status != before.status {
                spend(&mut self.codes, &user.id, Some(CodePurpose::ResetSecret));
            }
        }
        self.now += 1;
        states.push(State {
            since: self.now,
            user: user.clone(),
            ended,
        });
        if user.is_enabled_administrator() {
            self.administrators.insert(user.id.clone());
        } else if self.administrators.remove(&user.id) {
            assert!(!self.administrators.is_empty(), "nobody administers");
        }
    }

    /// A code opens one thing, for one account that still has the address, in time, and once.
    pub(crate) fn write_redemption(&mut self, before: &User, code: &CodeRecord, now: Timestamp) {
        let kept = &self.codes[&code.digest.to_hex()];
        assert!(!kept.spent, "a code works once");
        assert_eq!(&kept.record, code);
        assert!(now < code.expires_at, "a code works in time");
        assert_eq!((&before.id, &before.email), (&code.user, &code.email));
        if code.purpose == CodePurpose::ResetSecret {
            assert_eq!(before.status, Status::Enabled);
        }
        spend(&mut self.codes, &code.user, Some(code.purpose));
    }

    /// Only what is over is ended, what its holder gave up, or what nobody was given.
    pub(crate) fn write_end(&mut self, user: &UserId, id: &TokenId) {
        let over = self.is_dishonoured(id);
        let given_up = self.given_up.contains(id);
        let session = self.sessions.get_mut(id).unwrap();
        assert_eq!(session.user, *user);
        assert!(
            over || given_up || !session.held,
            "a living session is ended"
        );
        session.ended = true;
    }

    /// Whether the refresh tokens of an account were ended after a session began.
    pub(crate) fn is_dishonoured(&self, id: &TokenId) -> bool {
        let session = &self.sessions[id];
        self.accounts[&session.user]
            .iter()
            .any(|state| state.since > session.began && state.ended >= Ends::RefreshTokens)
    }

    pub(crate) fn write_session(&mut self, session: RefreshSession) {
        let begun = Session {
            user: session.user,
            began: self.now,
            expires_at: session.expires_at,
            held: false,
            ended: false,
            exchanged: Vec::new(),
        };
        self.sessions.insert(session.id, begun);
    }

    /// No generation is exchanged twice, nor given again but for its grace, nor after the end; and
    /// no session ends without a reason.
    pub(crate) fn write_rotation(
        &mut self,
        id: &TokenId,
        generation: u64,
        rotation: &Rotation,
        now: Timestamp,
    ) {
        let session = self
            .sessions
            .get_mut(id)
            .expect("only issued tokens verify");
        let over = session.ended || session.expires_at <= now;
        let exchanged = session.exchanged.len() as u64;
        match rotation {
            Rotation::Advanced(next) => {
                assert!(!over, "a session goes on after its end");
                assert_eq!(generation, exchanged, "a generation is exchanged once");
                assert_eq!(next.generation, generation + 1);
                session.exchanged.push(now);
            }
            Rotation::Repeated(same) => {
                assert!(!over, "a session goes on after its end");
                assert_eq!(
                    generation + 1,
                    exchanged,
                    "only the last answer is repeated"
                );
                assert_eq!(same.generation, exchanged);
                let since = now - *session.exchanged.last().unwrap();
                assert!(since <= GRACE, "an answer is repeated {since} later");
            }
            Rotation::Reused => {
                assert!(!over, "a session ends once");
                assert!(generation < exchanged, "the current token is no copy");
                session.ended = true;
                self.stolen.insert(id.clone());
            }
            Rotation::Ended => assert!(over, "a session ends for a reason"),
        }
    }
}

fn spend(codes: &mut BTreeMap<String, Code>, user: &UserId, purpose: Option<CodePurpose>) {
    for code in codes.values_mut() {
        if code.record.user == *user && purpose.is_none_or(|is| is == code.record.purpose) {
            code.spent = true;
        }
    }
}
