//! `cargo xtask dev-platform`: a platform in memory, for trying `serve` on a laptop.

mod order;

use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use tempfile::TempDir;
use users_domain::ports::Clock;
use users_system::SystemClock;
use users_test_platform::{
    AuthOptions, Call, Certificates, KeyPlan, Listen, Platform, PlatformOptions, Wire,
};
use users_test_postgres::{Database, Server, ServerOptions};

use crate::postgres::find_or_install;
use order::{Order, Part};

/// How long a personal access token lives that is made here.
const PAT_LIFE: time::Duration = time::Duration::days(30);

/// Where the platform listens, and what else there is.
#[derive(Args)]
pub(crate) struct Options {
    /// Port of the auth service.
    #[arg(long, value_name = "PORT", default_value_t = 8181)]
    auth_port: u16,
    /// Port at which the auth service's public keys lie.
    #[arg(long, value_name = "PORT", default_value_t = 9001)]
    keys_port: u16,
    /// Port of the domains service.
    #[arg(long, value_name = "PORT", default_value_t = 7003)]
    domains_port: u16,
    /// Port of SpiceDB.
    #[arg(long, value_name = "PORT", default_value_t = 50051)]
    spicedb_port: u16,
    /// Auth and domains use TLS, with certificates made for this run.
    #[arg(long)]
    tls: bool,
    /// With TLS, and clients show a certificate too.
    #[arg(long)]
    mutual_tls: bool,
    /// Starts a Postgres for this run, too; else the accounts are in a file for this run.
    #[arg(long)]
    postgres: bool,
}

/// Runs until Ctrl-C or SIGTERM.
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("users-platform-")
        .tempdir()
        .context("cannot make a folder for this run")?;
    let database = options.postgres.then(Postgres::start).transpose()?;
    let platform = start(options)?;
    let parts = [
        ("auth", &*platform.auth),
        ("keys", &*platform.auth.keys),
        ("domains", &*platform.domains),
        ("spicedb", &*platform.spicedb),
    ];
    for (name, server) in parts {
        println!("{name:<8} {}", server.host_and_port());
        server.on_answer(move |call| {
            if !is_probe(call) {
                println!("{name:<8} {}", line(call));
            }
        });
    }
    println!("\nThe service finds all this by, in another terminal:\n");
    for (name, value) in settings(&platform, &folder, database.as_ref()) {
        println!("export {name}={}", quoted(&value));
    }
    println!(
        "cargo run -- serve\n\nThis run's accounts, mails and relations are forgotten when it ends \
         (Ctrl-C).\n{}\n",
        Order::HELP
    );
    take_orders(platform.clone());
    wait_for_interrupt()
}

fn start(options: &Options) -> Result<Platform> {
    let listen = |port| Listen { port, tls: None };
    let certificates = (options.tls || options.mutual_tls).then(Certificates::new);
    Platform::start(PlatformOptions {
        auth: AuthOptions {
            listen: listen(options.auth_port),
            keys: listen(options.keys_port),
            // As the deployed service does.
            rotates: false,
            ..AuthOptions::default()
        },
        domains_port: options.domains_port,
        spicedb_port: options.spicedb_port,
        certificates,
        mutual: options.mutual_tls,
        ..PlatformOptions::default()
    })
    .context("a port could not be opened; others can be chosen, see --help")
}

/// A throw-away server with one database.
struct Postgres {
    database: Database,
    _server: Arc<Server>,
}

impl Postgres {
    fn start() -> Result<Self> {
        let server = Server::start(&find_or_install()?, &ServerOptions::default());
        Ok(Self {
            database: server.create_database(),
            _server: Arc::new(server),
        })
    }
}

/// Everything that differs from a deployment's defaults.
fn settings(
    platform: &Platform,
    folder: &TempDir,
    postgres: Option<&Postgres>,
) -> Vec<(String, String)> {
    let text = |path: &Path| path.display().to_string();
    let mut own = vec![
        ("MG_USERS_AUTH", "grpc".to_owned()),
        ("MG_USERS_MAIL", "file".to_owned()),
        ("MG_USERS_MAIL_DIR", text(&folder.path().join("mail"))),
    ];
    if let Some(postgres) = postgres {
        let connection = postgres.database.connection();
        own.extend([
            ("MG_USERS_STORE", "postgres".to_owned()),
            ("MG_USERS_DB_HOST", connection.host.clone()),
            ("MG_USERS_DB_PORT", connection.port.to_string()),
            ("MG_USERS_DB_USER", connection.user.clone()),
            ("MG_USERS_DB_NAME", connection.database.clone()),
        ]);
    } else {
        let file = folder.path().join("users.sqlite");
        own.extend([
            ("MG_USERS_STORE", "sqlite".to_owned()),
            ("MG_USERS_SQLITE_PATH", text(&file)),
        ]);
    }
    let own = own.into_iter();
    let own = own.map(|(name, value)| (name.to_owned(), value));
    platform.environment().into_iter().chain(own).collect()
}

/// The service's looking whether a part is there, every few seconds: told only when it fails. Nobody
/// else asks SpiceDB for permissions over the wire, since auth is in this process.
fn is_probe(call: &Call) -> bool {
    let is_well = call
        .answer
        .as_ref()
        .is_some_and(|answer| answer.status == 0);
    is_well && ["Check", "CheckPermission"].contains(&call.rpc())
}

/// A call in a line, without what it says: there may be tokens in it.
fn line(call: &Call) -> String {
    let answer = call.answer.as_ref();
    let (status, text) = answer.map_or((0, ""), |answer| (answer.status, &*answer.text));
    format!("{:<22} {status:>3} {text}", call.rpc())
        .trim_end()
        .to_owned()
}

/// Carries out what is typed, until there is no more.
fn take_orders(platform: Platform) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            match Order::read(&line) {
                Ok(order) => carry_out(&platform, order),
                Err(_) if line.trim().is_empty() => {}
                Err(why) => println!("{why}\n{}", Order::HELP),
            }
        }
    });
}

fn carry_out(platform: &Platform, order: Order) {
    let part = |part| -> &Wire {
        match part {
            Part::Auth => &platform.auth,
            Part::Keys => &platform.auth.keys,
            Part::Domains => &platform.domains,
            Part::SpiceDb => &platform.spicedb,
        }
    };
    match order {
        Order::Away(away) => part(away).go_away(),
        Order::Back(back) => part(back).come_back(),
        Order::Rotate => {
            platform.auth.rotate(KeyPlan::NewName);
            println!("{} signs", platform.auth.key_id());
        }
        Order::Pat(user) => {
            let ends = SystemClock.now() + PAT_LIFE;
            println!("{}", platform.auth.add_pat(&user, ends));
        }
        Order::Relations => {
            for relationship in platform.spicedb.relationships() {
                println!("{relationship}");
            }
        }
    }
}

/// A value as a shell reads it back, whatever it holds.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

fn wait_for_interrupt() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot wait for Ctrl-C")?;
    runtime
        .block_on(interrupted())
        .context("cannot wait for Ctrl-C")
}

/// What is left behind by either is the same: nothing.
async fn interrupted() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            auth_port: 0,
            keys_port: 0,
            domains_port: 0,
            spicedb_port: 0,
            tls: false,
            mutual_tls: true,
            postgres: false,
        }
    }

    #[test]
    fn the_service_is_told_of_every_part_and_of_files_that_are_there() {
        let platform = start(&options()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&platform, &folder, None);
        for wanted in [
            "MG_AUTH_GRPC_URL",
            "MG_AUTH_JWKS_URL",
            "MG_DOMAINS_GRPC_URL",
            "MG_SPICEDB_PORT",
            "MG_USERS_SQLITE_PATH",
        ] {
            assert!(settings.iter().any(|(name, _)| name == wanted), "{wanted}");
        }
        let files = settings.iter().filter(|(name, _)| {
            name.contains("CERT") || (name.ends_with("_KEY") && !name.contains("SHARED"))
        });
        let files: Vec<_> = files.map(|(_, value)| value).collect();
        assert_eq!(files.len(), 6);
        assert!(files.iter().all(|file| Path::new(file).is_file()));
    }

    #[test]
    fn a_setting_is_printed_as_a_shell_reads_it() {
        for plain in ["http://127.0.0.1:9001/keys", "/tmp/users-1/a.pem", "a=b"] {
            assert_eq!(quoted(plain), plain);
        }
        for (value, shown) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("$HOME", "'$HOME'"),
            ("it's;", r"'it'\''s;'"),
        ] {
            assert_eq!(quoted(value), shown);
        }
    }

    #[test]
    fn a_taken_port_is_told_with_a_way_out() {
        let platform = start(&options()).unwrap();
        let taken = Options {
            spicedb_port: platform.spicedb.address().port(),
            ..options()
        };
        let error = format!("{:#}", start(&taken).unwrap_err());
        assert!(error.contains("--help"), "{error}");
    }
}
