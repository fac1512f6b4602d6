//! Accounts that come from elsewhere, and what becomes of them.

use std::collections::{HashMap, HashSet};

use super::{ConflictField, Effect, User, UserId, Username};

/// An account that is to be taken in as it is, and what must follow if it is.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The account; its version counts from 1.
    pub user: User,
    /// Whether its id was given rather than made: an account without is known by its names.
    pub has_id: bool,
    /// What must leave the process because of it, in order.
    pub effects: Vec<Effect>,
}

/// What became of an account that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is there now.
    Imported,
    /// It was there, and stays as it was: see [`TakenNames::judge`].
    AlreadyThere,
    /// Another account has its id, e-mail address or username.
    Refused(ConflictField),
}

/// Which of the names that arriving accounts have are taken, and by whom. A store fills it with what
/// it has, while nobody can change that.
#[derive(Default)]
pub struct TakenNames {
    /// The folded e-mail address of each account.
    ids: HashMap<UserId, String>,
    /// The usernames of the accounts that have an address: old rows may share one.
    emails: HashMap<String, HashSet<Option<String>>>,
    usernames: HashSet<String>,
}

impl TakenNames {
    /// Nothing is taken.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an account; `email` and `username` without ASCII case.
    pub fn take(&mut self, id: UserId, email: String, username: Option<String>) {
        self.usernames.extend(username.clone());
        self.emails
            .entry(email.clone())
            .or_default()
            .insert(username);
        self.ids.insert(id, email);
    }

    /// Decides about an account, and takes its names if it is to be imported.
    ///
    /// The same id with the same e-mail address, without ASCII case, is the same account. One whose id
    /// was not given is the account that has its address, unless both have a username and these differ:
    /// people who share an address are not lost without a word. Else the id, the e-mail address and the
    /// username must all be free, without ASCII case; the first that is not is named.
    pub fn judge(&mut self, arrival: &Arrival) -> ImportOutcome {
        let Arrival { user, has_id, .. } = arrival;
        let email = user.email.folded();
        let username = user.username.as_ref().map(Username::folded);
        match self.ids.get(&user.id) {
            Some(there) if *there == email => return ImportOutcome::AlreadyThere,
            Some(_) => return ImportOutcome::Refused(ConflictField::Id),
            None => {}
        }
        if let Some(there) = self.emails.get(&email) {
            let is_same = username.is_none() || there.contains(&None) || there.contains(&username);
            return if is_same && !has_id {
                ImportOutcome::AlreadyThere
            } else {
                ImportOutcome::Refused(ConflictField::Email)
            };
        }
        if username
            .as_ref()
            .is_some_and(|username| self.usernames.contains(username))
        {
            return ImportOutcome::Refused(ConflictField::Username);
        }
        self.take(user.id.clone(), email, username);
        ImportOutcome::Imported
    }
}
