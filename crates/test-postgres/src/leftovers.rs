//! What killed test processes left on a server that outlives them, and how it is told from what
//! others still use: each process keeps one session open that has its name.

use std::sync::OnceLock;
use std::time::Duration;

use crate::connection::{Connection, Session, SqlError};
use crate::ports::random;

/// How the names of databases begin on servers that outlive us.
pub(crate) const LASTING: &str = "users_shared_";

/// How the applications of the sessions begin that keep these databases.
const KEEPER: &str = "users-test-process-";

const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// This process's name among all that use a server.
pub(crate) fn process() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| format!("{:016x}", random()))
}

/// Keeps this process's databases for as long as the session lasts, and drops those of processes
/// that are gone.
pub(crate) fn keep(superuser: &Connection) -> Result<Session, SqlError> {
    let mut config = superuser.config();
    config.application_name(format!("{KEEPER}{}", process()));
    let session = Session::open(config, OPEN_LIMIT)?;
    let left = session.try_query(&format!(
        "SELECT d.datname FROM pg_database d
         WHERE starts_with(d.datname, '{LASTING}') AND NOT EXISTS (
             SELECT FROM pg_stat_activity
             WHERE application_name = '{KEEPER}' || split_part(d.datname, '_', 3)
         )"
    ))?;
    for name in left.into_iter().flatten().flatten() {
        // Another process may be sweeping too; then one of us finds nothing.
        let _ = session.try_query(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use crate::{Binaries, Server, ServerOptions};

    #[test]
    fn only_databases_of_processes_that_are_gone_are_swept() {
        let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
        let lasting = Server::start(&binaries, &ServerOptions::default());
        let ours = lasting.create_database();
        lasting.execute("CREATE DATABASE users_shared_0123456789abcdef_1");
        let first = Server::at(&lasting.superuser().url());
        let kept = first.create_database();
        let second = Server::at(&lasting.superuser().url());
        let names =
            "SELECT datname FROM pg_database WHERE starts_with(datname, 'users_') ORDER BY 1";
        let expected = [kept.name(), ours.name()].map(|name| vec![Some(name.to_owned())]);
        assert_eq!(second.query(names), expected);
        assert!(!second.is_ours());
        assert_eq!(kept.query("SELECT 1"), [[Some("1".to_owned())]]);
    }
}
