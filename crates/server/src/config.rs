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
mod deployed;
pub mod duration;
mod effective;
mod environment;
mod grpc;
mod grpc_client;
mod http;
mod kind;
mod known_names;
mod mail;
mod notice;
mod passwords;
mod pem;
mod platform;
mod postgres;
mod problem;
mod reader;
mod source;
mod store;
mod telemetry;
#[cfg(test)]
mod tests;
mod variable;

use std::path::PathBuf;

pub use accounts::AccountSettings;
pub use admin::AdminSettings;
pub use api::ApiSettings;
pub use auth::{AuthKind, AuthSettings};
pub use effective::Setting;
pub use environment::{Environment, ProcessEnvironment};
pub use grpc::{GrpcServerTls, GrpcSettings};
pub use grpc_client::{Address, ClientTls, GrpcClientSettings};
pub use http::HttpSettings;
pub use mail::{MailKind, MailSettings};
pub use notice::Notice;
pub use passwords::PasswordSettings;
pub use pem::Pem;
pub use platform::{AuthServiceSettings, JwksUrl, PlatformSettings, SpiceDbSettings};
pub use postgres::{DatabaseSslMode, PostgresSettings};
pub use problem::{Problem, Problems};
pub use store::{StoreKind, StoreSettings};
pub use telemetry::{LogLevel, TelemetrySettings};
pub use variable::{Entry, Preset, Section};

use effective::effective;
use reader::Reader;
use source::{Layer, Written};

/// The table: all settings, group by group.
pub static SECTIONS: &[&Section] = &[
    &http::SECTION,
    &grpc::SECTION,
    &store::SECTION,
    &postgres::SECTION,
    &auth::SECTION,
    platform::SECTIONS[0],
    platform::SECTIONS[1],
    platform::SECTIONS[2],
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
    /// How the platform's other services reach it; `None`: they do not.
    pub grpc: Option<GrpcSettings>,
    /// Where accounts are kept.
    pub store: StoreSettings,
    /// How the Postgres server is reached and used.
    pub postgres: PostgresSettings,
    /// Who issues tokens.
    pub auth: AuthSettings,
    /// What there is of a platform.
    pub platform: PlatformSettings,
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
        let grpc = GrpcSettings::read(&mut reader);
        let store = StoreSettings::read(&mut reader);
        let kind = store.as_ref().map(|store| store.kind);
        let postgres = PostgresSettings::read(&mut reader, kind);
        let auth = AuthSettings::read(&mut reader);
        let auth_kind = auth.as_ref().map(|auth| auth.kind);
        let sections = (
            http,
            store,
            postgres,
            auth,
            PlatformSettings::read(&mut reader, auth_kind),
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
            Some((platform, of_platform)),
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
        if grpc.is_none() {
            notices.extend(GrpcSettings::idle(&reader));
        }
        notices.extend(of_platform);
        Problems::check(reader.problems)?;
        Ok(Self {
            profile,
            http,
            grpc,
            store,
            postgres,
            auth,
            platform,
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
        let refused = self.notices.iter().filter_map(|notice| match notice {
            Notice::Refused { .. } => Some(Problem::new(&notice.to_string())),
            Notice::Unknown { .. }
            | Notice::WithoutEffect { .. }
            | Notice::Advice(_)
            | Notice::Idle { .. } => None,
        });
        let mail = self.mail.check_supported().err();
        Problems::check(mail.into_iter().chain(refused).collect())
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
