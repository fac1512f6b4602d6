//! Settings of who may have an account and use it, and for how long.

use std::time::Duration;

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

static DELETE_AFTER: Variable<Duration> = Variable::new(
    "MG_USERS_DELETE_AFTER",
    kind::DURATION,
    Preset::Value("720h"),
    "How long a deleted account is kept, so that an administrator can still enable it. Then it is \
     removed for good. With `0` the next look removes it.",
);

static DELETE_INTERVAL: Variable<Duration> = Variable::new(
    "MG_USERS_DELETE_INTERVAL",
    kind::POSITIVE_DURATION,
    Preset::Value("24h"),
    "How often is looked for deleted accounts that are to be removed for good; the first time at the \
     start.",
);

pub(super) static SECTION: Section = Section {
    title: "Accounts",
    entries: &[
        &ALLOW_SELF_REGISTER.entry,
        &ALLOW_UNVERIFIED_USER.entry,
        &DELETE_AFTER.entry,
        &DELETE_INTERVAL.entry,
    ],
};

/// Who may have an account and use it, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct AccountSettings {
    /// Whether anybody may register.
    pub allow_self_register: bool,
    /// Whether an unverified e-mail address is as good as a verified one.
    pub allow_unverified_user: bool,
    /// How long a deleted account is kept.
    pub delete_after: Duration,
    /// How often is looked for deleted accounts that are to go; above zero.
    pub delete_interval: Duration,
}

impl AccountSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let allow_self_register = reader.required(&ALLOW_SELF_REGISTER);
        let allow_unverified_user = reader.required(&ALLOW_UNVERIFIED_USER);
        let delete_after = reader.required(&DELETE_AFTER);
        let delete_interval = reader.required(&DELETE_INTERVAL);
        Some(Self {
            allow_self_register: allow_self_register?,
            allow_unverified_user: allow_unverified_user?,
            delete_after: delete_after?,
            delete_interval: delete_interval?,
        })
    }
}
