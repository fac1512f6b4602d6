//! A Postgres server: our own, or one that somebody started for the tests.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::binaries::{Binaries, variable};
use crate::cluster::Cluster;
use crate::connection::{Connection, Rows, Session};
use crate::leftovers;
use crate::processes::within;
use crate::tls::Tls;

/// The variable that names a running server for the tests.
pub(crate) const URL_VARIABLE: &str = "MG_TEST_POSTGRES_URL";

/// The superuser of servers started here.
pub(crate) const SUPERUSER: &str = "postgres";
/// The role that owns the databases of tests: no superuser, as in production.
pub const ROLE: &str = "users";

/// Keeps the sessions of tests themselves free from what they set for those under test.
const UNHINDERED: &str = "-c default_transaction_read_only=off -c statement_timeout=0 \
     -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c client_min_messages=warning";

/// How a server differs from a fast one for everyday tests.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// How many sessions at once, those reserved for superusers included.
    pub max_connections: u32,
    /// Whether what was acknowledged survives a power loss: `fsync`, `synchronous_commit` and
    /// `full_page_writes` stay on.
    pub durable: bool,
    /// Its certificate and what it demands; `None` is a server without TLS.
    pub tls: Option<Tls>,
    /// Further settings, name and value.
    pub settings: Vec<(String, String)>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_connections: 300,
            durable: false,
            tls: None,
            settings: Vec::new(),
        }
    }
}

impl ServerOptions {
    /// The same with TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The same with one more setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A Postgres server. One that was started here ends when this value is dropped, and when the test
/// process ends before that.
#[derive(Debug)]
pub struct Server {
    superuser: Connection,
    role: String,
    /// `None` where somebody else started it.
    cluster: Option<Mutex<Cluster>>,
    /// Keeps our databases from being swept where somebody else started it.
    _keeper: Option<Mutex<Session>>,
}

impl Server {
    /// Starts a server in a temporary folder, on a free port of 127.0.0.1. It asks nobody for a
    /// password, and has the role [`ROLE`].
    ///
    /// # Panics
    ///
    /// It does not start; its log is shown.
    pub fn start(binaries: &Binaries, options: &ServerOptions) -> Self {
        let cluster = Cluster::start(binaries, options);
        let superuser = Connection {
            host: "127.0.0.1".to_owned(),
            port: cluster.port,
            user: SUPERUSER.to_owned(),
            password: None,
            database: "postgres".to_owned(),
            socket: Some(cluster.folder().to_owned()),
            options: Some(UNHINDERED),
        };
        superuser.execute(&format!("CREATE ROLE {ROLE} LOGIN"));
        Self {
            superuser,
            role: ROLE.to_owned(),
            cluster: Some(Mutex::new(cluster)),
            _keeper: None,
        }
    }

    /// One server for all tests of this process: that which `MG_TEST_POSTGRES_URL` names, or one
    /// that is started now. Tests that stop, freeze or set something start their own.
    ///
    /// # Panics
    ///
    /// There is no Postgres on this machine (the text says what to install), or no server at the
    /// URL.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| {
            if let Some(url) = variable(URL_VARIABLE) {
                return Self::at(&url.to_string_lossy());
            }
            let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
            Self::start(&binaries, &ServerOptions::default())
        })
    }

    /// A running server, as a role that may create databases; what killed test processes left there
    /// is dropped.
    pub(crate) fn at(url: &str) -> Self {
        let config: Config = url
            .parse()
            .unwrap_or_else(|error| panic!("{URL_VARIABLE} is no URL of a server: {error}"));
        let host = match config.get_hosts() {
            [Host::Tcp(host)] => host.clone(),
            _ => panic!("{URL_VARIABLE} has to name one host that is reached over TCP"),
        };
        let user = config.get_user().unwrap_or(SUPERUSER).to_owned();
        let superuser = Connection {
            host,
            port: config.get_ports().first().copied().unwrap_or(5432),
            password: config
                .get_password()
                .map(|password| String::from_utf8_lossy(password).into_owned()),
            database: config.get_dbname().unwrap_or(&user).to_owned(),
            user,
            socket: None,
            options: Some(UNHINDERED),
        };
        let keeper = leftovers::keep(&superuser)
            .unwrap_or_else(|error| panic!("the server of {URL_VARIABLE}: {error}"));
        Self {
            role: superuser.user.clone(),
            superuser,
            cluster: None,
            _keeper: Some(Mutex::new(keeper)),
        }
    }

    /// Its address.
    pub fn host(&self) -> &str {
        &self.superuser.host
    }

    /// Its TCP port; it keeps that over restarts.
    pub fn port(&self) -> u16 {
        self.superuser.port
    }

    /// How its superuser reaches it; on a server that somebody else started, the role of its URL.
    pub fn superuser(&self) -> &Connection {
        &self.superuser
    }

    /// The role that owns the databases of tests: [`ROLE`], or the role of the URL.
    pub fn role(&self) -> &str {
        &self.role
    }

    /// Runs SQL as superuser. See [`Connection::execute`].
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.superuser.execute(sql);
    }

    /// Runs SQL as superuser. See [`Connection::query`].
    #[track_caller]
    pub fn query(&self, sql: &str) -> Rows {
        self.superuser.query(sql)
    }

    /// Changes a setting for all sessions (`ALTER SYSTEM`), and waits until new ones have it; those
    /// that are open see it before their next statement. Some settings want a restart besides.
    ///
    /// # Panics
    ///
    /// Postgres refuses the value.
    #[track_caller]
    pub fn set(&self, name: &str, value: &str) {
        // Somebody else's server must not stay changed.
        let _ours = self.ours();
        let loaded = "SELECT pg_conf_load_time()";
        let before = self.query(loaded);
        self.execute(&format!(
            "ALTER SYSTEM SET {name} = '{}'",
            value.replace('\'', "''")
        ));
        self.execute("SELECT pg_reload_conf()");
        let seen = within(Duration::from_secs(10), || {
            (self.query(loaded) != before).then_some(())
        });
        assert!(seen.is_some(), "Postgres did not load `{name}`");
    }

    /// Stops it and starts it again: sessions are cut, nothing is lost.
    #[track_caller]
    pub fn restart_fast(&self) {
        let mut cluster = self.ours();
        cluster.stop();
        cluster.start_again();
    }

    /// Stops it in order; connecting is refused from now on.
    #[track_caller]
    pub fn stop(&self) {
        self.ours().stop();
    }

    /// Ends it as a crash of Postgres would: the next start recovers from the log of writes.
    #[track_caller]
    pub fn crash(&self) {
        self.ours().crash();
    }

    /// Starts it after [`Server::stop`] or [`Server::crash`], on the same port.
    #[track_caller]
    pub fn start_again(&self) {
        self.ours().start_again();
    }

    /// Stops its processes in their tracks (SIGSTOP): connections are taken by the kernel, and
    /// nobody answers.
    #[track_caller]
    pub fn freeze(&self) {
        if let Some(process) = self.ours().process() {
            process.freeze();
        }
    }

    /// Lets it go on after [`Server::freeze`].
    #[track_caller]
    pub fn thaw(&self) {
        if let Some(process) = self.ours().process() {
            process.thaw();
        }
    }

    /// Lets no file of it grow beyond so many bytes; `None` is no limit. Postgres answers as on a full
    /// disk. Its log of writes has files of 16 MiB from the beginning, and must not be hindered, or
    /// the server stops: give more than that.
    ///
    /// # Panics
    ///
    /// The limit is too small, or there is no `prlimit` (of util-linux).
    #[track_caller]
    pub fn limit_files(&self, bytes: Option<u64>) {
        assert!(bytes.is_none_or(|bytes| bytes > 16 << 20));
        self.ours().limit_files(bytes);
    }

    /// Makes it a standby whose primary is away (until [`Server::promote`]): it restarts, serves
    /// reads and takes no writes.
    ///
    /// # Panics
    ///
    /// The data folder cannot be written to.
    #[track_caller]
    pub fn demote(&self) {
        let mut cluster = self.ours();
        cluster.stop();
        cluster.be_standby();
        cluster.start_again();
    }

    /// Makes the standby a primary, and waits until it takes writes.
    #[track_caller]
    pub fn promote(&self) {
        self.execute("SELECT pg_promote()");
    }

    /// All that it has logged so far.
    #[track_caller]
    pub fn log(&self) -> String {
        self.ours().log()
    }

    /// Where its data is.
    #[track_caller]
    pub fn data(&self) -> PathBuf {
        self.ours().data()
    }

    /// Whether it was started here, so that it may be stopped, frozen and set.
    pub fn is_ours(&self) -> bool {
        self.cluster.is_some()
    }

    #[track_caller]
    fn ours(&self) -> MutexGuard<'_, Cluster> {
        let cluster = self.cluster.as_ref();
        let cluster = cluster.expect("only a server that was started here can be changed");
        // A test that panicked meanwhile left nothing half done that matters here.
        cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
