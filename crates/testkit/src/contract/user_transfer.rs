//! What a store promises that gives accounts out in bulk and takes them in.

use std::collections::BTreeMap;
use std::sync::Arc;

use users_domain::model::{
    Arrival, ConflictField, Effect, EffectKind, Email, ImportOutcome, User, UserFilter, UserId,
    Username,
};
use users_domain::ports::{ImportMode, Outbox, UserImport, UserStore, UserTransfer};

use super::material::pending;
use super::{Keep, Lever};
use crate::people::user;

mod dry_run;
mod everywhere;
mod exporting;
mod judging;
mod keeping;
mod racing;

pub use dry_run::*;
pub use everywhere::*;
pub use exporting::*;
pub use judging::*;
pub use keeping::*;
pub use racing::*;

/// A store, empty, by each of the ports that look at the same accounts.
pub struct UserTransferUnderTest {
    /// The way out and in.
    pub transfer: Arc<dyn UserTransfer>,
    /// The store of the same accounts.
    pub users: Arc<dyn UserStore>,
    /// The outbox that effects are committed to.
    pub outbox: Arc<dyn Outbox>,
    /// Places a row as an older program may have left it, past every rule but those of the columns
    /// themselves; may block.
    pub put_raw: Box<dyn Fn(User) + Send + Sync>,
    /// Makes the store unavailable for good; `None` where it cannot be.
    pub go_away: Option<Lever>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

suite! {
    $
    /// Makes a test of every promise of [`UserTransfer`](users_domain::ports::UserTransfer) and
    /// [`UserImport`](users_domain::ports::UserImport). The argument gives a fresh
    /// [`UserTransferUnderTest`]($crate::contract::UserTransferUnderTest).
    user_transfer_contract, user_transfer:
    accounts_are_given_in_the_order_of_their_ids_byte_for_byte,
    accounts_of_any_status_and_role_are_given,
    pages_of_any_size_together_are_every_account,
    the_account_asked_on_behind_need_not_be_there,
    a_limit_of_nothing_gives_nothing,
    odd_rows_are_given_as_they_are_read,
    who_was_there_throughout_is_given_once_whoever_writes_meanwhile,
    an_account_is_taken_in_whole,
    odd_accounts_are_taken_in_whole,
    texts_of_every_kind_are_taken_in_byte_for_byte,
    no_accounts_have_no_outcomes,
    a_large_call_is_taken_in_and_then_there,
    imported_accounts_are_found_listed_and_counted,
    imported_accounts_change_like_any_other,
    an_import_that_is_dropped_keeps_what_was_committed,
    an_import_that_takes_nothing_in_changes_nothing,
    effects_of_every_kind_are_committed_in_order,
    a_held_effect_is_held_from_its_import_on,
    only_the_imported_have_effects,
    outcomes_are_in_the_order_of_the_accounts,
    the_same_id_and_address_is_there_already_and_stays_as_it_is,
    a_taken_id_is_refused,
    a_taken_address_is_refused_without_case,
    a_taken_username_is_refused_without_case,
    where_several_are_taken_the_first_of_id_address_and_username_is_named,
    those_before_in_the_same_call_count_as_there,
    those_of_earlier_calls_count_as_there,
    what_is_refused_takes_no_names,
    names_of_accounts_of_any_status_refuse,
    what_differs_in_more_than_ascii_case_may_come_in,
    an_address_may_come_in_that_is_the_username_of_another,
    accounts_without_username_may_come_in,
    twins_that_are_there_refuse_a_third_and_are_there_themselves,
    a_dry_run_says_what_an_import_would,
    a_dry_run_changes_nothing,
    dry_runs_do_not_see_each_other,
    a_dry_run_sees_what_others_wrote_before_it,
    imports_beside_each_other_see_what_the_other_committed,
    imports_of_the_same_accounts_at_once_take_each_in_once,
    imports_at_once_never_make_twins,
    imports_and_registrations_at_once_never_make_twins,
    imports_and_changes_of_names_at_once_never_make_twins,
    of_one_call_all_is_seen_or_nothing,
    a_call_may_be_made_again,
    it_serves_a_bare_runtime,
    an_import_goes_on_in_another_runtime,
    a_dropped_call_is_wholly_done_or_undone,
    a_dropped_export_does_no_harm,
    away_it_answers_unavailable,
}

/// What comes in without effects.
fn plain(user: User) -> Arrival {
    Arrival {
        has_id: true,
        user,
        effects: Vec::new(),
    }
}

/// Accounts of these names, without effects.
fn people<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Arrival> {
    names.into_iter().map(user).map(plain).collect()
}

/// An account of a number, without effects.
fn numbered(prefix: &str, number: usize) -> Arrival {
    plain(user(&format!("{prefix}{number:05}")))
}

fn id(text: &str) -> UserId {
    UserId::from_stored(text.to_owned())
}

fn with_email(name: &str, email: &str) -> User {
    User {
        email: Email::from_stored(email.to_owned()),
        ..user(name)
    }
}

fn with_username(name: &str, username: &str) -> User {
    User {
        username: Some(Username::from_stored(username.to_owned())),
        ..user(name)
    }
}

const IMPORTED: ImportOutcome = ImportOutcome::Imported;
const THERE: ImportOutcome = ImportOutcome::AlreadyThere;
const ID: ImportOutcome = ImportOutcome::Refused(ConflictField::Id);
const EMAIL: ImportOutcome = ImportOutcome::Refused(ConflictField::Email);
const USERNAME: ImportOutcome = ImportOutcome::Refused(ConflictField::Username);

impl UserTransferUnderTest {
    async fn begin(&self, mode: ImportMode) -> Box<dyn UserImport> {
        self.transfer.begin_import(mode).await.unwrap()
    }

    /// Takes accounts in by one call of an import of its own, and ends it.
    async fn import(&self, accounts: &[Arrival]) -> Vec<ImportOutcome> {
        let mut import = self.begin(ImportMode::Write).await;
        let outcomes = import.add(accounts).await.unwrap();
        import.finish().await.unwrap();
        outcomes
    }

    /// Everything, as an export gives it.
    async fn everybody(&self) -> Vec<User> {
        self.walk(1000).await
    }

    /// Everything, so many at a time.
    async fn walk(&self, limit: u32) -> Vec<User> {
        let mut all: Vec<User> = Vec::new();
        loop {
            let last = all.last().map(|user| user.id.clone());
            let page = self.transfer.export(last.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    async fn get(&self, id: &UserId) -> User {
        self.users.find(id).await.unwrap().expect("it is stored")
    }

    async fn insert(&self, user: User) -> User {
        self.users.insert(user, Vec::new()).await.unwrap()
    }

    async fn count(&self) -> usize {
        let counted = self.users.count(&UserFilter::default()).await.unwrap();
        usize::try_from(counted).unwrap()
    }

    /// The events that are to be published, in order.
    async fn effects(&self) -> Vec<Effect> {
        pending(&self.outbox, EffectKind::Event).await
    }

    /// No two accounts may have one name.
    async fn assert_no_twins(&self) {
        let mut names: BTreeMap<String, UserId> = BTreeMap::new();
        for user in self.everybody().await {
            let email = format!("email {}", user.email.folded());
            let username = user.username.as_ref().map(Username::folded);
            let username = username.map(|name| format!("username {name}"));
            for name in std::iter::once(email).chain(username) {
                if let Some(other) = names.insert(name.clone(), user.id.clone()) {
                    panic!("{other} and {} both have the {name}", user.id);
                }
            }
        }
    }
}
