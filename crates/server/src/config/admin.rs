//! Settings of the first administrator.

use super::kind;
use super::reader::Reader;
use super::secret::Secret;
use super::variable::{Preset, Section, Variable};

/// Documented, so known to everybody.
const DEFAULT_PASSWORD: &str = "12345678";

static EMAIL: Variable<String> = Variable::new(
    "MG_USERS_ADMIN_EMAIL",
    kind::TEXT,
    Preset::Value("admin@example.com"),
    "E-mail address of the administrator that is made at the first start. An account that has it \
     already is never changed.",
);

static PASSWORD: Variable<Secret> = Variable::new(
    "MG_USERS_ADMIN_PASSWORD",
    kind::SECRET,
    Preset::Value(DEFAULT_PASSWORD),
    "Password of that administrator, used only when the account is made. Everybody knows the \
     default: `serve` warns as long as it is set. `dev` makes a random one and shows it once.",
)
.in_dev(Preset::Unset("a random one, shown once"))
.secret();

static USERNAME: Variable<String> = Variable::new(
    "MG_USERS_ADMIN_USERNAME",
    kind::TEXT,
    Preset::Value("admin"),
    "Username of that administrator; a suffix is added if somebody else has it.",
);

static FIRST_NAME: Variable<String> = Variable::new(
    "MG_USERS_ADMIN_FIRST_NAME",
    kind::TEXT,
    Preset::Value("super"),
    "First name of that administrator.",
);

static LAST_NAME: Variable<String> = Variable::new(
    "MG_USERS_ADMIN_LAST_NAME",
    kind::TEXT,
    Preset::Value("admin"),
    "Last name of that administrator.",
);

pub(super) static SECTION: Section = Section {
    title: "First administrator",
    entries: &[
        &EMAIL.entry,
        &PASSWORD.entry,
        &USERNAME.entry,
        &FIRST_NAME.entry,
        &LAST_NAME.entry,
    ],
};

/// Who is made administrator at the first start.
#[derive(Clone, Debug)]
pub struct AdminSettings {
    /// E-mail address, byte for byte as it was written.
    pub email: String,
    /// Password; `None`, possible in `dev` only, asks for a random one.
    pub password: Option<Secret>,
    /// Username.
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

impl AdminSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let email = reader.required(&EMAIL);
        let password = reader.optional(&PASSWORD);
        let username = reader.required(&USERNAME);
        let first_name = reader.required(&FIRST_NAME);
        let last_name = reader.required(&LAST_NAME);
        Some(Self {
            email: email?,
            password,
            username: username?,
            first_name: first_name?,
            last_name: last_name?,
        })
    }

    /// Whether the password is the documented one, by default or because somebody set it.
    pub fn is_default_password(&self) -> bool {
        self.password
            .as_ref()
            .is_some_and(|password| password.expose() == DEFAULT_PASSWORD)
    }
}
