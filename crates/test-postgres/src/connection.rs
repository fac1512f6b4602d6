//! Where a server is and who asks it; SQL for tests that need it, without `psql`.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// A server that has not let us in after this is out of reach.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Filling a database with a million rows takes less than this.
const ANSWER_LIMIT: Duration = Duration::from_mins(5);

/// Rows as Postgres writes them as text; `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// How to reach one database as one role.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    /// An address or a name.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The role.
    pub user: String,
    /// Its password; servers started here ask for none.
    pub password: Option<String>,
    /// The database.
    pub database: String,
    /// The folder of the server's socket: our own SQL goes there, whatever TCP is made to suffer.
    pub(crate) socket: Option<PathBuf>,
    /// What our own sessions set, so that the settings under test do not hinder the test itself.
    pub(crate) options: Option<&'static str>,
}

/// What Postgres refused, or why it was not reached.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{message}{}", code.as_ref().map(|code| format!(" (SQLSTATE {code})")).unwrap_or_default())]
pub struct SqlError {
    /// The SQLSTATE; `None` where Postgres was not reached.
    pub code: Option<String>,
    /// In Postgres's words.
    pub message: String,
}

impl SqlError {
    fn unreached(message: &str) -> Self {
        Self {
            code: None,
            message: message.to_owned(),
        }
    }
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(refusal) = error.as_db_error() {
            return Self {
                code: Some(refusal.code().code().to_owned()),
                message: refusal.message().to_owned(),
            };
        }
        let cause = error.source().map(|cause| format!(": {cause}"));
        Self::unreached(&format!("{error}{}", cause.unwrap_or_default()))
    }
}

impl Connection {
    /// As a URL: `postgres://user:password@host:port/database`.
    pub fn url(&self) -> String {
        let mut url = url::Url::parse("postgres://host").expect("this text is a URL");
        let set = url.set_host(Some(&self.host)).is_ok()
            && url.set_port(Some(self.port)).is_ok()
            && url.set_username(&self.user).is_ok()
            && url.set_password(self.password.as_deref()).is_ok();
        assert!(set, "no URL can name {self:?}");
        url.set_path(&self.database);
        url.into()
    }

    /// The same with another port: that of a proxy or pooler on this machine.
    #[must_use]
    pub fn through(&self, port: u16) -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port,
            ..self.plain()
        }
    }

    /// The same for another role.
    #[must_use]
    pub fn as_user(&self, user: &str) -> Self {
        Self {
            user: user.to_owned(),
            ..self.clone()
        }
    }

    /// The same over TCP and without what our own sessions set against hindrances: as a client
    /// under test would come.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self {
            socket: None,
            options: None,
            ..self.clone()
        }
    }

    pub(crate) fn to_database(&self, database: &str) -> Self {
        Self {
            database: database.to_owned(),
            ..self.clone()
        }
    }

    /// Opens a session that lasts until the value is dropped: for locks, settings, transactions.
    ///
    /// # Errors
    ///
    /// Postgres refuses, or has not answered in ten seconds.
    pub fn open(&self) -> Result<Session, SqlError> {
        Session::open(self.config(), CONNECT_LIMIT)
    }

    /// Runs SQL in a session of its own and gives the rows of all its statements.
    ///
    /// # Errors
    ///
    /// Postgres refuses a statement, or is not reached.
    pub fn try_query(&self, sql: &str) -> Result<Rows, SqlError> {
        self.open()?.try_query(sql)
    }

    /// Runs SQL in a session of its own and gives the rows of all its statements.
    ///
    /// # Panics
    ///
    /// Postgres refuses a statement, or is not reached.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Rows {
        accepted(sql, self.try_query(sql))
    }

    /// Runs SQL, several statements too, in a session of its own.
    ///
    /// # Panics
    ///
    /// Postgres refuses a statement, or is not reached.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.query(sql);
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        match &self.socket {
            Some(folder) => config.host_path(folder),
            None => config.host(&self.host),
        };
        config
            .port(self.port)
            .user(&self.user)
            .dbname(&self.database)
            .connect_timeout(CONNECT_LIMIT)
            .application_name("users-test-postgres");
        if let Some(password) = &self.password {
            config.password(password);
        }
        if let Some(options) = self.options {
            config.options(options);
        }
        config
    }
}

/// Without the password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            user,
            database,
            ..
        } = self;
        write!(f, "Connection({user}@{host}:{port}/{database})")
    }
}

/// One session with Postgres, on a thread and a runtime of its own, so that tests may use it inside
/// and outside of a runtime.
#[derive(Debug)]
pub struct Session {
    statements: Sender<String>,
    answers: Receiver<Result<Rows, SqlError>>,
}

impl Session {
    pub(crate) fn open(config: Config, limit: Duration) -> Result<Self, SqlError> {
        let (statements, asked) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        // Nobody waits for this thread: with a frozen server it may last until that is ended.
        thread::spawn(move || serve(&config, &asked, &answer));
        let session = Self {
            statements,
            answers,
        };
        session.answer(limit)?;
        Ok(session)
    }

    /// Runs SQL and gives the rows of all its statements.
    ///
    /// # Errors
    ///
    /// Postgres refuses a statement, the session is broken, or five minutes have passed.
    pub fn try_query(&self, sql: &str) -> Result<Rows, SqlError> {
        self.query_within(sql, ANSWER_LIMIT)
    }

    pub(crate) fn query_within(&self, sql: &str, limit: Duration) -> Result<Rows, SqlError> {
        if self.statements.send(sql.to_owned()).is_err() {
            return Err(SqlError::unreached("the session is over"));
        }
        self.answer(limit)
    }

    /// Runs SQL and gives the rows of all its statements.
    ///
    /// # Panics
    ///
    /// As [`Session::try_query`] fails.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Rows {
        accepted(sql, self.try_query(sql))
    }

    /// Runs SQL, several statements too.
    ///
    /// # Panics
    ///
    /// As [`Session::try_query`] fails.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        self.query(sql);
    }

    fn answer(&self, limit: Duration) -> Result<Rows, SqlError> {
        self.answers
            .recv_timeout(limit)
            .unwrap_or_else(|_| Err(SqlError::unreached("Postgres has not answered in time")))
    }
}

#[track_caller]
fn accepted(sql: &str, outcome: Result<Rows, SqlError>) -> Rows {
    outcome.unwrap_or_else(|error| {
        let beginning: String = sql.chars().take(200).collect();
        panic!("{error}, for: {beginning}")
    })
}

/// The life of a session's thread: an empty answer once connected, then one for each statement.
fn serve(config: &Config, asked: &Receiver<String>, answer: &Sender<Result<Rows, SqlError>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a machine that runs tests has a thread's worth of memory and descriptors");
    let connected = runtime.block_on(async {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok::<Client, tokio_postgres::Error>(client)
    });
    let client = match connected {
        Ok(client) => client,
        Err(error) => {
            // Whoever opened the session may have stopped waiting.
            let _ = answer.send(Err(error.into()));
            return;
        }
    };
    let mut delivered = answer.send(Ok(Rows::new()));
    while delivered.is_ok() {
        // No further statement: the session was dropped.
        let Ok(sql) = asked.recv() else { break };
        let outcome = runtime.block_on(client.simple_query(&sql));
        delivered = answer.send(
            outcome
                .map(|messages| rows(&messages))
                .map_err(SqlError::from),
        );
    }
}

fn rows(messages: &[SimpleQueryMessage]) -> Rows {
    messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|column| row.get(column).map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        Connection {
            host: "127.0.0.1".to_owned(),
            port: 5432,
            user: "ada".to_owned(),
            password: Some("p/w@d".to_owned()),
            database: "users".to_owned(),
            socket: None,
            options: None,
        }
    }

    #[test]
    fn a_url_survives_the_characters_of_a_password() {
        let url = connection().url();
        assert_eq!(url, "postgres://ada:p%2Fw%40d@127.0.0.1:5432/users");
        let parsed: Config = url.parse().unwrap();
        assert_eq!(parsed.get_password(), Some(b"p/w@d".as_slice()));
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", connection());
        assert_eq!(shown, "Connection(ada@127.0.0.1:5432/users)");
    }

    #[test]
    fn nobody_at_the_port_is_told_without_a_code() {
        let port = crate::ports::free_port();
        let error = connection()
            .through(port)
            .try_query("SELECT 1")
            .unwrap_err();
        assert_eq!(error.code, None);
        assert!(error.message.contains("refused"), "{error}");
    }
}
