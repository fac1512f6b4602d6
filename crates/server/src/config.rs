//! Every setting that something in this program obeys: one table of variables is the source of
//! what is read, what is documented and what `magistrala-users config` prints.
//!
//! Values come, the last word first, from the command line, the environment (`NAME` or
//! `NAME_FILE`), the TOML file of `--config`, and the defaults of the profile. An empty value is
//! none. All problems are reported at once.

mod accounts;
mod admin;
mod api;
mod auth;
pub mod duration;
mod environment;
mod http;
mod kind;
mod known_names;
mod mail;
mod passwords;
mod postgres;
mod problem;
mod reader;
mod source;
mod store;
mod telemetry;
#[cfg(test)]
mod tests;
mod variable;

use std::fmt;
use std::path::PathBuf;

pub use accounts::AccountSettings;
pub use admin::AdminSettings;
pub use api::ApiSettings;
pub use auth::{AuthKind, AuthSettings};
pub use environment::{Environment, ProcessEnvironment};
pub use http::HttpSettings;
pub use mail::{MailKind, MailSettings};
pub use passwords::PasswordSettings;
pub use postgres::{DatabaseSslMode, PostgresSettings};
pub use problem::{Problem, Problems};
pub use store::{StoreKind, StoreSettings};
pub use telemetry::{LogLevel, TelemetrySettings};
pub use variable::{Entry, Preset, Section};

use problem::without_controls;
use reader::Reader;
use source::{Layer, Written, default_origin};

/// The table: all settings, group by group.
pub static SECTIONS: &[&Section] = &[
    &http::SECTION,
    &store::SECTION,
    &postgres::SECTION,
    &auth::SECTION,
    &accounts::SECTION,
    &passwords::SECTION,
    &admin::SECTION,
    &mail::SECTION,
    &api::SECTION,
    &telemetry::SECTION,
];

/// Documented settings that stop the start of this version.
pub static REFUSED: &[&str] = known_names::REFUSED;

/// Documented settings that this version knows and does not obey.
pub static WITHOUT_EFFECT: &[&str] = known_names::WITHOUT_EFFECT;

/// Every entry of the table.
fn entries() -> impl Iterator<Item = &'static Entry> {
    SECTIONS
        .iter()
        .flat_map(|section| section.entries.iter().copied())
}

/// Which defaults hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For operators: the platform's other services are there.
    Serve,
    /// For trying out: everything embedded, nothing but this program needed.
    Dev,
}

/// What flags say about settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// A TOML file of `NAME = value` lines.
    pub config_file: Option<PathBuf>,
    /// The folder of database and signing key.
    pub data: Option<PathBuf>,
    /// The HTTP port.
    pub port: Option<u16>,
}

/// The settings of one run, each of its type, and where they came from.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which defaults held.
    pub profile: Profile,
    /// How the service is reached.
    pub http: HttpSettings,
    /// Where accounts are kept.
    pub store: StoreSettings,
    /// How the Postgres server is reached and used.
    pub postgres: PostgresSettings,
    /// Who issues tokens.
    pub auth: AuthSettings,
    /// Who may have an account.
    pub accounts: AccountSettings,
    /// Which passwords are accepted.
    pub passwords: PasswordSettings,
    /// Who is made administrator at the first start.
    pub admin: AdminSettings,
    /// What mails look like and where they go.
    pub mail: MailSettings,
    /// How answers are written.
    pub api: ApiSettings,
    /// What the service tells about itself.
    pub telemetry: TelemetrySettings,
    effective: Vec<Setting>,
    notices: Vec<Notice>,
}

/// One setting as it holds, ready to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// The group it belongs to.
    pub section: &'static str,
    /// The variable.
    pub name: &'static str,
    /// The value as it was written; of a secret, `***`; of what is unset, in parentheses, what
    /// happens then.
    pub value: String,
    /// Where the value came from: `default`, `dev default`, `environment`, `file PATH`,
    /// `config file PATH` or `command line`.
    pub origin: String,
    /// What the setting does.
    pub description: &'static str,
}

/// A value may be an address of somebody: `{:?}` shows where it came from and not what it is.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=*** ({})", self.name, self.origin)
    }
}

/// Something to be said about a name that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A setting that asks for TLS; [`Config::check_supported`] refuses it.
    Refused {
        /// Its name.
        name: String,
    },
    /// A name that means nothing to anybody: most likely a typing mistake.
    Unknown {
        /// The name.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// Settings of this service that nothing in this version obeys.
    WithoutEffect {
        /// Their names.
        names: Vec<String>,
    },
    /// Settings that another setting leaves without effect.
    Idle {
        /// The other setting, with its value.
        reason: &'static str,
        /// Their names.
        names: Vec<String>,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { name } => write!(
                f,
                "{name}: this version does not speak TLS, so passwords would travel in the clear; \
                 put a proxy that does in front of it, and unset this"
            ),
            Self::Unknown { name, nearest } => {
                // Anything can stand in a name of the environment's.
                write!(f, "{} is no known setting", without_controls(name))?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::WithoutEffect { names } => {
                write!(f, "without effect in this version: {}", names.join(", "))
            }
            Self::Idle { reason, names } => {
                write!(f, "without effect with {reason}: {}", names.join(", "))
            }
        }
    }
}

/// What is said of defaults of `serve` that this version does not have yet.
const BOTH_UNSUPPORTED: &str = "MG_USERS_AUTH=grpc, MG_USERS_MAIL=smtp: this version issues tokens \
     itself and sends no mail over SMTP; set MG_USERS_AUTH=embedded, and MG_USERS_MAIL=file or log, \
     or start with `dev`";

impl Config {
    /// Reads every setting.
    ///
    /// What this version cannot do yet is no problem here, so that it can be shown:
    /// see [`Config::check_supported`].
    pub fn load(
        profile: Profile,
        environment: &dyn Environment,
        command_line: &CommandLine,
    ) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut notices = Vec::new();
        let mut layers = vec![Layer::defaults(profile)];
        if let Some(path) = &command_line.config_file {
            match Written::toml_file(path) {
                Ok(written) => {
                    notices.extend(known_names::notices(written.names(), true));
                    layers.push(written.into_layer(&mut problems));
                }
                Err(problem) => problems.push(problem),
            }
        }
        let written = Written::environment(environment);
        notices.extend(known_names::notices(written.names(), false));
        layers.push(written.into_layer(&mut problems));
        layers.push(Layer::command_line(command_line, &mut problems));

        let mut reader = Reader::new(profile, layers, problems)
            .map_err(|error| Problems::new(vec![Problem::new(&error.to_string())]))?;
        let http = HttpSettings::read(&mut reader);
        let store = StoreSettings::read(&mut reader);
        let kind = store.as_ref().map(|store| store.kind);
        let sections = (
            http,
            store,
            PostgresSettings::read(&mut reader, kind),
            AuthSettings::read(&mut reader),
            AccountSettings::read(&mut reader),
            PasswordSettings::read(&mut reader),
            AdminSettings::read(&mut reader),
            MailSettings::read(&mut reader),
            ApiSettings::read(&mut reader),
            TelemetrySettings::read(&mut reader),
        );
        let effective = effective(&reader);
        // A section that could not be read has noted why.
        let (
            Some(http),
            Some(store),
            Some(postgres),
            Some(auth),
            Some(accounts),
            Some(passwords),
            Some(admin),
            Some(mail),
            Some(api),
            Some(telemetry),
        ) = sections
        else {
            return Err(Problems::new(reader.problems));
        };
        if let Some((reason, names)) = postgres.idle(&reader, store.kind) {
            notices.push(Notice::Idle { reason, names });
        }
        Problems::check(reader.problems)?;
        Ok(Self {
            profile,
            http,
            store,
            postgres,
            auth,
            accounts,
            passwords,
            admin,
            mail,
            api,
            telemetry,
            effective,
            notices,
        })
    }

    /// Whether this version can run with these settings; if not, which to use.
    pub fn check_supported(&self) -> Result<(), Problems> {
        let checks = match (self.auth.check_supported(), self.mail.check_supported()) {
            // Whoever starts `serve` for the first time meets both: one line tells him both.
            (Err(_), Err(_)) => vec![Problem::new(BOTH_UNSUPPORTED)],
            (auth, mail) => [auth, mail].into_iter().filter_map(Result::err).collect(),
        };
        let refused = self.notices.iter().filter_map(|notice| match notice {
            Notice::Refused { .. } => Some(Problem::new(&notice.to_string())),
            Notice::Unknown { .. } | Notice::WithoutEffect { .. } | Notice::Idle { .. } => None,
        });
        Problems::check(checks.into_iter().chain(refused).collect())
    }

    /// Every setting with its value and origin, in the order of the table.
    pub fn effective(&self) -> &[Setting] {
        &self.effective
    }

    /// What should be said about the names that are set, once, at the start.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether the first administrator's password is the documented one.
    pub fn is_default_admin_password(&self) -> bool {
        self.admin.is_default_password()
    }
}

fn effective(reader: &Reader) -> Vec<Setting> {
    let mut settings = Vec::new();
    for section in SECTIONS {
        for entry in section.entries {
            let (value, origin) = match reader.found(entry) {
                Some(found) if entry.is_secret => (problem::STARS.to_owned(), found.origin.clone()),
                Some(found) => (found.text.clone(), found.origin.clone()),
                None => {
                    let preset = entry.preset(reader.profile);
                    let meaning = match preset {
                        Preset::Unset(meaning) => meaning,
                        Preset::Value(_) | Preset::Computed { .. } => "unset",
                    };
                    (
                        format!("({meaning})"),
                        default_origin(entry, preset).to_owned(),
                    )
                }
            };
            settings.push(Setting {
                section: section.title,
                name: entry.name,
                value,
                origin,
                description: entry.description,
            });
        }
    }
    settings
}
