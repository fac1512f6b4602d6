//! Settings of who may have an account and use it.

use super::kind;
use super::reader::Reader;
use super::variable::{Preset, Section, Variable};

static ALLOW_SELF_REGISTER: Variable<bool> = Variable::new(
    "MG_USERS_ALLOW_SELF_REGISTER",
    kind::FLAG,
    Preset::Value("true"),
    "Whether anybody may register. With `false`, `POST /users` needs an administrator's token.",
);

static ALLOW_UNVERIFIED_USER: Variable<bool> = Variable::new(
    "MG_ALLOW_UNVERIFIED_USER",
    kind::FLAG,
    Preset::Value("false"),
    "Whether users whose e-mail address is not verified may do what otherwise needs a verified one.",
);

pub(super) static SECTION: Section = Section {
    title: "Accounts",
    entries: &[&ALLOW_SELF_REGISTER.entry, &ALLOW_UNVERIFIED_USER.entry],
};

/// Who may have an account and use it.
#[derive(Clone, Copy, Debug)]
pub struct AccountSettings {
    /// Whether anybody may register.
    pub allow_self_register: bool,
    /// Whether an unverified e-mail address is as good as a verified one.
    pub allow_unverified_user: bool,
}

impl AccountSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let allow_self_register = reader.required(&ALLOW_SELF_REGISTER);
        let allow_unverified_user = reader.required(&ALLOW_UNVERIFIED_USER);
        Some(Self {
            allow_self_register: allow_self_register?,
            allow_unverified_user: allow_unverified_user?,
        })
    }
}
