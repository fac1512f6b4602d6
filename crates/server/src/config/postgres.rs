//! Settings of the Postgres server and of what is asked of it.

use std::fmt;
use std::fs::File;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::kind;
use super::reader::Reader;
use super::store::StoreKind;
use super::variable::{Entry, Kind, Preset, Section, Variable};

/// `max_connections` of a server cannot be more.
const MAX_MAX_CONNECTIONS: u32 = 262_143;

/// How much is asked of the server's certificate: `sslmode`, as Postgres names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseSslMode {
    /// No encryption.
    Disable,
    /// Encryption, whatever the certificate; with a root certificate the same as
    /// [`DatabaseSslMode::VerifyCa`].
    Require,
    /// Encryption, and a certificate that the root certificate vouches for.
    VerifyCa,
    /// Besides, the certificate must name the host.
    VerifyFull,
}

const SSL_MODE_NAME: Kind<DatabaseSslMode> = Kind {
    name: "choice",
    expected: "disable, require, verify-ca or verify-full",
    parse: |text| match text {
        "disable" => Ok(DatabaseSslMode::Disable),
        "require" => Ok(DatabaseSslMode::Require),
        "verify-ca" => Ok(DatabaseSslMode::VerifyCa),
        "verify-full" => Ok(DatabaseSslMode::VerifyFull),
        // Some drivers know these two.
        "allow" | "prefer" => Err(Some(format!(
            "{text} leaves it to the server, or to whoever poses as it, whether anything is \
             encrypted: use require where it can be, disable where it cannot"
        ))),
        _ => Err(None),
    },
};

const CONNECTIONS: Kind<NonZeroU32> = Kind {
    name: "number",
    expected: "a number from 1 to 262143",
    parse: |text| {
        let number = text
            .parse()
            .ok()
            .filter(|number: &NonZeroU32| number.get() <= MAX_MAX_CONNECTIONS);
        number.ok_or(None)
    },
};

const SWITCH: Kind<bool> = Kind {
    name: "choice",
    expected: "on or off",
    parse: |text| match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(None),
    },
};

/// No URL: it would hold a password, and stand in every error.
const HOST_NAME: Kind<String> = Kind {
    expected: "a host name or address, or the folder of a socket, not a URL",
    parse: |text| {
        let is_name = text.starts_with('/') || !text.contains(['/', '@', ' ']);
        is_name.then(|| text.to_owned()).ok_or(None)
    },
    ..kind::TEXT
};

static HOST: Variable<String> = Variable::new(
    "MG_USERS_DB_HOST",
    HOST_NAME,
    Preset::Value("localhost"),
    "Name or address of the Postgres server, or the folder of its socket, which begins with `/`.",
);

static PORT: Variable<u16> = Variable::new(
    "MG_USERS_DB_PORT",
    kind::PORT,
    Preset::Value("5432"),
    "Port of the Postgres server.",
);

static USER: Variable<String> = Variable::new(
    "MG_USERS_DB_USER",
    kind::TEXT,
    Preset::Value("magistrala"),
    "The role to log in as.",
);

static PASS: Variable<String> = Variable::new(
    "MG_USERS_DB_PASS",
    Kind {
        name: "secret",
        ..kind::TEXT
    },
    Preset::Value("magistrala"),
    "Password of that role.",
)
.secret();

static NAME: Variable<String> = Variable::new(
    "MG_USERS_DB_NAME",
    kind::TEXT,
    Preset::Value("users"),
    "The database. It must be there; the tables in it are made, or adopted where the deployed \
     service made them.",
);

static SSL_MODE: Variable<DatabaseSslMode> = Variable::new(
    "MG_USERS_DB_SSL_MODE",
    SSL_MODE_NAME,
    Preset::Value("disable"),
    "Whether the connection is encrypted, and what the server must prove: `disable`, not; `require`, \
     encrypted, whoever the server is; `verify-ca`, its certificate must be signed by an authority \
     in `MG_USERS_DB_SSL_ROOT_CERT`, which must be set; `verify-full`, by one of those or, without \
     them, of the system's, and name the host. `require` with a root certificate is `verify-ca`.",
);

static SSL_CERT: Variable<PathBuf> = Variable::new(
    "MG_USERS_DB_SSL_CERT",
    kind::PATH,
    Preset::Unset("none"),
    "PEM file of the certificate that this client shows, its chain behind it; it needs the key.",
);

static SSL_KEY: Variable<PathBuf> = Variable::new(
    "MG_USERS_DB_SSL_KEY",
    kind::PATH,
    Preset::Unset("none"),
    "PEM file of that certificate's private key.",
);

static SSL_ROOT_CERT: Variable<PathBuf> = Variable::new(
    "MG_USERS_DB_SSL_ROOT_CERT",
    kind::PATH,
    Preset::Unset("the system's authorities, for `verify-full` alone"),
    "PEM file of the authorities that may have signed the server's certificate; `verify-ca` needs \
     it. The server's own certificate may stand there too, if it is self-signed.",
);

static MAX_CONNECTIONS: Variable<NonZeroU32> = Variable::new(
    "MG_USERS_DB_MAX_CONNECTIONS",
    CONNECTIONS,
    Preset::Value("20"),
    "Connections that each process opens at most for requests; one more watches over the database. \
     All processes together must stay below what the server allows (`max_connections`, 100 by default).",
);

static STATEMENT_CACHE: Variable<bool> = Variable::new(
    "MG_USERS_DB_STATEMENT_CACHE",
    SWITCH,
    Preset::Value("on"),
    "Whether prepared statements are kept as long as their connection, which is faster: `on` or \
     `off`. Behind a pooler in transaction mode, such as PgBouncer, it must be `off`.",
);

static CONNECT_TIMEOUT: Variable<Duration> = Variable::new(
    "MG_USERS_DB_CONNECT_TIMEOUT",
    kind::POSITIVE_DURATION,
    Preset::Value("5s"),
    "How long a request waits for a connection, the time to open one included, before it gets 503.",
);

static STATEMENT_TIMEOUT: Variable<Duration> = Variable::new(
    "MG_USERS_DB_STATEMENT_TIMEOUT",
    kind::POSITIVE_DURATION,
    Preset::Value("5s"),
    "How long a request waits for what it does in the database, once it has a connection, before it \
     gets 503.",
);

pub(super) static SECTION: Section = Section {
    title: "Postgres",
    entries: &[
        &HOST.entry,
        &PORT.entry,
        &USER.entry,
        &PASS.entry,
        &NAME.entry,
        &SSL_MODE.entry,
        &SSL_CERT.entry,
        &SSL_KEY.entry,
        &SSL_ROOT_CERT.entry,
        &MAX_CONNECTIONS.entry,
        &STATEMENT_CACHE.entry,
        &CONNECT_TIMEOUT.entry,
        &STATEMENT_TIMEOUT.entry,
    ],
};

/// The settings that say which files TLS needs.
static SSL_FILES: [&Entry; 3] = [&SSL_CERT.entry, &SSL_KEY.entry, &SSL_ROOT_CERT.entry];

/// How the database is reached and used; without meaning for another store.
#[derive(Clone)]
pub struct PostgresSettings {
    /// The server's name or address, or the folder of its socket (it begins with `/`).
    pub host: String,
    /// The server's port; never 0.
    pub port: u16,
    /// The role to log in as.
    pub user: String,
    /// The role's password.
    pub password: String,
    /// The database.
    pub database: String,
    /// Whether the connection is encrypted, and what the server must prove.
    pub ssl_mode: DatabaseSslMode,
    /// PEM file of this client's certificate. With [`PostgresSettings::ssl_key`] or not at all,
    /// if anything is encrypted.
    pub ssl_certificate: Option<PathBuf>,
    /// PEM file of its private key.
    pub ssl_key: Option<PathBuf>,
    /// PEM file of the authorities that may have signed the server's certificate; `None`: the
    /// system's, and not with [`DatabaseSslMode::VerifyCa`].
    pub ssl_root_certificate: Option<PathBuf>,
    /// Connections that one process opens at most.
    pub max_connections: NonZeroU32,
    /// Whether prepared statements are kept as long as their connection.
    pub statement_cache: bool,
    /// How long a call waits for a connection; above zero.
    pub connect_timeout: Duration,
    /// How long a call may take once it has a connection; above zero.
    pub statement_timeout: Duration,
}

/// Which database it is, and not the password.
impl fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("ssl_mode", &self.ssl_mode)
            .finish_non_exhaustive()
    }
}

impl PostgresSettings {
    /// Values must be of their types whatever the store is; whether they fit together, and whether
    /// files are there, matters only where this one is used.
    pub(super) fn read(reader: &mut Reader, store: Option<StoreKind>) -> Option<Self> {
        let host = reader.required(&HOST);
        let port = reader.required(&PORT);
        let user = reader.required(&USER);
        let password = reader.required(&PASS);
        let database = reader.required(&NAME);
        let ssl_mode = reader.required(&SSL_MODE);
        let ssl_certificate = reader.optional(&SSL_CERT);
        let ssl_key = reader.optional(&SSL_KEY);
        let ssl_root_certificate = reader.optional(&SSL_ROOT_CERT);
        let is_encrypted = ssl_mode.is_some_and(|mode| mode != DatabaseSslMode::Disable);
        if store == Some(StoreKind::Postgres) && is_encrypted {
            match (&ssl_certificate, &ssl_key) {
                (Some(_), None) => reader.refuse(
                    &SSL_CERT.entry,
                    "MG_USERS_DB_SSL_KEY beside it, the file of its private key",
                ),
                (None, Some(_)) => reader.refuse(
                    &SSL_KEY.entry,
                    "MG_USERS_DB_SSL_CERT beside it, the file of its certificate",
                ),
                (Some(_), Some(_)) | (None, None) => {}
            }
            if ssl_mode == Some(DatabaseSslMode::VerifyCa) && ssl_root_certificate.is_none() {
                // The system's authorities sign for anybody: without the name they prove nothing.
                reader.refuse(
                    &SSL_MODE.entry,
                    "MG_USERS_DB_SSL_ROOT_CERT beside it, the file of the authorities that may \
                     have signed the server's certificate, or verify-full",
                );
            }
            let files = [&ssl_certificate, &ssl_key, &ssl_root_certificate];
            for (entry, path) in SSL_FILES.into_iter().zip(files) {
                if let Some(Err(reason)) = path.as_deref().map(check_readable) {
                    reader.refuse(entry, &format!("a PEM file; {reason}"));
                }
            }
        }
        let max_connections = reader.required(&MAX_CONNECTIONS);
        let statement_cache = reader.required(&STATEMENT_CACHE);
        let connect_timeout = reader.required(&CONNECT_TIMEOUT);
        let statement_timeout = reader.required(&STATEMENT_TIMEOUT);
        Some(Self {
            host: host?,
            port: port?,
            user: user?,
            password: password?,
            database: database?,
            ssl_mode: ssl_mode?,
            ssl_certificate,
            ssl_key,
            ssl_root_certificate,
            max_connections: max_connections?,
            statement_cache: statement_cache?,
            connect_timeout: connect_timeout?,
            statement_timeout: statement_timeout?,
        })
    }

    /// Which of the settings that somebody wrote down nothing will look at, and the other setting
    /// that is the reason.
    pub(super) fn idle(
        &self,
        reader: &Reader,
        store: StoreKind,
    ) -> Option<(&'static str, Vec<String>)> {
        let (reason, entries) = match (store, self.ssl_mode) {
            (StoreKind::Sqlite, _) => ("MG_USERS_STORE=sqlite", SECTION.entries),
            (StoreKind::Postgres, DatabaseSslMode::Disable) => {
                ("MG_USERS_DB_SSL_MODE=disable", &SSL_FILES[..])
            }
            (StoreKind::Postgres, _) => return None,
        };
        let names = reader.written(entries);
        (!names.is_empty()).then_some((reason, names))
    }
}

/// What stands in it is looked at where it is used.
fn check_readable(path: &Path) -> Result<(), String> {
    let file = File::open(path).and_then(|file| file.metadata());
    match file {
        Ok(metadata) if metadata.is_dir() => Err("this is a folder".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot read the file: {error}")),
    }
}
