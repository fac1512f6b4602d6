//! Accounts that come from elsewhere, and what becomes of them.

use std::collections::HashMap;

use super::{ConflictField, Effect, User, UserId, Username};

/// An account that is to be taken in as it is, and what must follow if it is.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The account; its version counts from 1.
    pub user: User,
    /// What must leave the process because of it, in order.
    pub effects: Vec<Effect>,
}

/// What became of an account that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is there now.
    Imported,
    /// An account with its id and e-mail address was there, and stays as it was.
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
    emails: HashMap<String, UserId>,
    usernames: HashMap<String, UserId>,
}

impl TakenNames {
    /// Nothing is taken.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes an account; `email` and `username` without ASCII case.
    pub fn take(&mut self, id: UserId, email: String, username: Option<String>) {
        if let Some(username) = username {
            self.usernames.insert(username, id.clone());
        }
        self.emails.insert(email.clone(), id.clone());
        self.ids.insert(id, email);
    }

    /// Decides about an account, and takes its names if it is to be imported.
    ///
    /// The same id with the same e-mail address, without ASCII case, is the same account. Else the id,
    /// the e-mail address and the username must all be free, without ASCII case; the first that is not
    /// is named.
    pub fn judge(&mut self, user: &User) -> ImportOutcome {
        let email = user.email.folded();
        match self.ids.get(&user.id) {
            Some(there) if *there == email => return ImportOutcome::AlreadyThere,
            Some(_) => return ImportOutcome::Refused(ConflictField::Id),
            None => {}
        }
        if self.emails.contains_key(&email) {
            return ImportOutcome::Refused(ConflictField::Email);
        }
        let username = user.username.as_ref().map(Username::folded);
        if username
            .as_ref()
            .is_some_and(|username| self.usernames.contains_key(username))
        {
            return ImportOutcome::Refused(ConflictField::Username);
        }
        self.take(user.id.clone(), email, username);
        ImportOutcome::Imported
    }
}
