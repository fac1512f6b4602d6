//! One connection: opened in bounded time, encrypted as asked for, set up for this store.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use diesel::connection::CacheSize;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use secrecy::ExposeSecret as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::OpenError;
use crate::settings::PostgresSettings;

/// How a dead peer is found out when nobody says anything.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// What the driver says of a server that does not encrypt.
const NO_TLS: &str = "server does not support TLS";

/// Opens connections to one database.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    settings: PostgresSettings,
}

/// Why there is no connection. The text is the server's or the network's, and holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConnectError(String);

impl Connector {
    pub(crate) fn new(settings: PostgresSettings) -> Result<Self, OpenError> {
        let mut config = Config::new();
        if settings.host.starts_with('/') {
            config.host_path(&settings.host);
        } else {
            config.host(&settings.host);
        }
        config
            .port(settings.port)
            .user(&settings.user)
            .password(settings.password.expose_secret())
            .dbname(&settings.database)
            .application_name(&settings.application_name)
            .connect_timeout(settings.connect_timeout)
            .keepalives_idle(KEEPALIVE_IDLE);
        // No server encrypts what goes through its socket; libpq does not ask for it either.
        let tls = if settings.host.starts_with('/') {
            None
        } else {
            crate::tls::connect(&settings.ssl)?
        };
        config.ssl_mode(match tls {
            None => tokio_postgres::config::SslMode::Disable,
            Some(_) => tokio_postgres::config::SslMode::Require,
        });
        Ok(Self {
            config,
            tls,
            settings,
        })
    }

    pub(crate) fn settings(&self) -> &PostgresSettings {
        &self.settings
    }

    /// Opens one within the settings' time, on the runtime that this is called in.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, ConnectError> {
        let opened = tokio::time::timeout(self.settings.connect_timeout, self.open());
        opened.await.unwrap_or_else(|_| Err(self.too_late()))
    }

    async fn open(&self) -> Result<AsyncPgConnection, ConnectError> {
        match &self.tls {
            None => {
                let (client, driver) = self
                    .config
                    .connect(NoTls)
                    .await
                    .map_err(|error| refused(&error))?;
                self.set_up(client, driver).await
            }
            Some(tls) => {
                let connected = self.config.connect(tls.clone()).await;
                let (client, driver) = connected.map_err(|error| refused(&error))?;
                self.set_up(client, driver).await
            }
        }
    }

    /// Opens one in the same time that is not set up for calls, see [`crate::session`].
    pub(crate) async fn connect_client(&self) -> Result<Client, ConnectError> {
        let opened = tokio::time::timeout(self.settings.connect_timeout, self.open_client());
        opened.await.unwrap_or_else(|_| Err(self.too_late()))
    }

    async fn open_client(&self) -> Result<Client, ConnectError> {
        match &self.tls {
            None => self.config.connect(NoTls).await.map(driven),
            Some(tls) => self.config.connect(tls.clone()).await.map(driven),
        }
        .map_err(|error| refused(&error))
    }

    fn too_late(&self) -> ConnectError {
        let limit = self.settings.connect_timeout.as_secs_f64();
        ConnectError(format!("no answer within {limit} s"))
    }

    /// Asks the server to stop what a connection is doing; whoever asks has given it up, so nobody
    /// needs to know whether it was heard.
    pub(crate) async fn cancel(&self, token: CancelToken) {
        let asked = async {
            match &self.tls {
                None => token.cancel_query(NoTls).await,
                Some(tls) => token.cancel_query(tls.clone()).await,
            }
        };
        let asked = tokio::time::timeout(self.settings.connect_timeout, asked).await;
        if !matches!(asked, Ok(Ok(()))) {
            tracing::debug!("the server could not be asked to stop a statement");
        }
    }

    async fn set_up<S>(
        &self,
        client: Client,
        mut driver: Connection<Socket, S>,
    ) -> Result<AsyncPgConnection, ConnectError>
    where
        S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
    {
        if !self.settings.statement_cache {
            // To become what diesel has takes prepared statements, which a pooler in transaction
            // mode would spread over several servers: a transaction keeps them on one.
            begin(&client, &mut driver)
                .await
                .map_err(|error| refused(&error))?;
        }
        let connection = AsyncPgConnection::try_from_client_and_connection(client, driver).await;
        let mut connection = connection.map_err(|error| ConnectError(error.to_string()))?;
        if !self.settings.statement_cache {
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
            let ended = connection.batch_execute("COMMIT").await;
            ended.map_err(|error| ConnectError(error.to_string()))?;
        }
        Ok(connection)
    }
}

/// Lets a connection be driven until its client is dropped. What ends it before is told to who asks
/// something on it.
fn driven<S>((client, driver): (Client, Connection<Socket, S>)) -> Client
where
    S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        let _ended = driver.await;
    });
    client
}

/// Begins a transaction on a connection that nobody drives yet.
async fn begin<S>(
    client: &Client,
    driver: &mut Connection<Socket, S>,
) -> Result<(), tokio_postgres::Error>
where
    S: tokio_postgres::tls::TlsStream + Unpin + Send + 'static,
{
    let mut begun = pin!(client.batch_execute("BEGIN; DEALLOCATE ALL"));
    poll_fn(|context| {
        loop {
            if let Poll::Ready(begun) = begun.as_mut().poll(context) {
                return Poll::Ready(begun);
            }
            match driver.poll_message(context) {
                // Notices and settings of the server, which nobody asked for.
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                // The answer, once it is here, has woken us.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await
}

/// What an operator can do about the server's refusal (Postgres, appendix A).
fn what_to_do(code: &SqlState) -> Option<&'static str> {
    if *code == SqlState::INVALID_PASSWORD {
        Some("check MG_USERS_DB_USER and MG_USERS_DB_PASS")
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        Some("check MG_USERS_DB_USER, and what pg_hba.conf asks of it there")
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        Some("create it, or name another in MG_USERS_DB_NAME")
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        Some("let the role of MG_USERS_DB_USER connect to that database")
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        Some("lower MG_USERS_DB_MAX_CONNECTIONS, or let the server have more")
    } else {
        None
    }
}

/// The driver's error with its causes: it keeps what happened in them. What can be done about it is
/// said where it is known.
fn refused(error: &tokio_postgres::Error) -> ConnectError {
    use std::error::Error as _;

    let mut text = error.to_string();
    let mut advice = error.code().and_then(what_to_do);
    let mut cause = error.source();
    while let Some(error) = cause {
        let what = error.to_string();
        if what == NO_TLS {
            advice = Some("switch it on there, or off here (MG_USERS_DB_SSL_MODE=disable)");
        }
        advice = advice.or_else(|| crate::tls::advice(error));
        if error.downcast_ref::<std::io::Error>().is_some() {
            advice = advice.or(Some(
                "check that Postgres answers at MG_USERS_DB_HOST and MG_USERS_DB_PORT",
            ));
        }
        text = format!("{text}: {what}");
        cause = error.source();
    }
    ConnectError(match advice {
        Some(advice) => format!("{text} ({advice})"),
        None => text,
    })
}
