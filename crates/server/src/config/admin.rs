//! Settings of the first administrator.

use std::fmt;

use users_domain::model::{Email, Password, PasswordPolicy, PersonName, Username};

use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// Documented, so known to everybody.
const DEFAULT_PASSWORD: &str = "12345678";

const PASSWORD_TEXT: Kind<Password> = Kind {
    name: "secret",
    expected: "1 to 72 bytes without U+0000",
    // The operator's own choice: the pattern for everybody else's passwords does not rule it.
    parse: |text| PasswordPolicy::anything().accept(text).map_err(|_| None),
};

const USERNAME_TEXT: Kind<Username> = Kind {
    name: "username",
    expected: "1 to 32 letters, digits, single _ or -, beginning with a letter or digit",
    parse: |text| Username::parse(text).map_err(|_| None),
};

const NAME: Kind<PersonName> = Kind {
    name: "name",
    expected: "1 to 254 bytes without control characters",
    parse: |text| PersonName::parse("name", text).map_err(|_| None),
};

/// Looser than for everybody else, and kept byte for byte: an administrator who is there already may
/// have an address of older rules.
const ADDRESS: Kind<String> = Kind {
    name: "e-mail address",
    expected: "an e-mail address such as admin@example.com",
    parse: |text| {
        let fits = text.len() <= Email::MAX_BYTES
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
            && matches!(text.rsplit_once('@'), Some((local, domain))
                if !local.is_empty() && !domain.is_empty());
        fits.then(|| text.to_owned()).ok_or(None)
    },
};

static EMAIL: Variable<String> = Variable::new(
    "MG_USERS_ADMIN_EMAIL",
    ADDRESS,
    Preset::Value("admin@example.com"),
    "E-mail address of the administrator that is made at the first start. An account that has it \
     already is never changed.",
);

static PASSWORD: Variable<Password> = Variable::new(
    "MG_USERS_ADMIN_PASSWORD",
    PASSWORD_TEXT,
    Preset::Value(DEFAULT_PASSWORD),
    "Password of that administrator, used only when the account is made. Everybody knows the \
     default: `serve` warns as long as it is set. `dev` makes a random one and shows it once.",
)
.in_dev(Preset::Unset("a random one, shown once"))
.secret();

static USERNAME: Variable<Username> = Variable::new(
    "MG_USERS_ADMIN_USERNAME",
    USERNAME_TEXT,
    Preset::Value("admin"),
    "Username of that administrator; a suffix is added if somebody else has it.",
);

static FIRST_NAME: Variable<PersonName> = Variable::new(
    "MG_USERS_ADMIN_FIRST_NAME",
    NAME,
    Preset::Value("super"),
    "First name of that administrator.",
);

static LAST_NAME: Variable<PersonName> = Variable::new(
    "MG_USERS_ADMIN_LAST_NAME",
    NAME,
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
#[derive(Clone)]
pub struct AdminSettings {
    /// E-mail address, byte for byte as it was written.
    pub email: String,
    /// Password; `None`, possible in `dev` only, asks for a random one.
    pub password: Option<Password>,
    /// Username.
    pub username: Username,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
}

/// Personal data and a secret: never printed by `{:?}`.
impl fmt::Debug for AdminSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminSettings(***)")
    }
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
