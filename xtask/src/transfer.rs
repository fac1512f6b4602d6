//! `users import` and `users export` of the built program, measured from outside.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use users_test_postgres::Connection;

use crate::accounts::Accounts;
use crate::process_stat::highest_memory_mib;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A store as the command line reaches it.
#[derive(Clone)]
pub enum Place {
    /// The folder of `dev`.
    Data(PathBuf),
    /// A database, as `serve` is told of it.
    Postgres(Connection),
}

/// What became of an import or an export.
#[derive(Debug, Clone, Copy)]
pub struct Transferred {
    /// How many accounts.
    pub accounts: u64,
    /// From the start of the process to its end.
    pub took: Duration,
    /// From the start to the first statement that tends the table, which is the rest; all of it where
    /// there was none.
    pub until_tended: Duration,
    /// The most memory that the process held, in MiB.
    pub memory: f64,
}

/// The built `magistrala-users`.
pub struct Program<'a> {
    path: &'a Path,
}

impl<'a> Program<'a> {
    /// The program at this path.
    pub fn new(path: &'a Path) -> Self {
        Self { path }
    }

    /// Makes the tables of a database; a file gets them by itself.
    ///
    /// # Errors
    ///
    /// The program fails.
    pub fn migrate(&self, place: &Place) -> Result<()> {
        if matches!(place, Place::Data(_)) {
            return Ok(());
        }
        let output = self.command(place).arg("migrate").output()?;
        ensure!(
            output.status.success(),
            "`migrate` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// Takes the accounts with these numbers in.
    ///
    /// # Errors
    ///
    /// The program fails, or does not take all of them in.
    pub fn import(
        &self,
        place: &Place,
        accounts: Accounts,
        numbers: Range<u64>,
    ) -> Result<Transferred> {
        let file = written(accounts, numbers.clone())?;
        let mut command = self.command(place);
        command
            .arg("users")
            .args(data_arguments(place))
            .arg("import")
            .arg(file.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut tending = Tending::watch(place)?;
        let (ended, said) = self.run(&mut command, |_| tending.look())?;
        let count = numbers.end - numbers.start;
        let summary = said.lines().last().unwrap_or_default();
        ensure!(
            summary == format!("imported {count}, already there 0, refused 0"),
            "`users import` of {count} accounts said: {summary}"
        );
        Ok(Transferred {
            accounts: count,
            took: ended.took,
            until_tended: tending.begun_after.unwrap_or(ended.took),
            memory: ended.memory,
        })
    }

    /// Gives all accounts out, to be counted and thrown away.
    ///
    /// # Errors
    ///
    /// The program fails.
    pub fn export(&self, place: &Place) -> Result<Transferred> {
        let mut command = self.command(place);
        command
            .arg("users")
            .args(data_arguments(place))
            .arg("export")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut counting = None;
        let (ended, _) = self.run(&mut command, |child| {
            if let Some(output) = child.stdout.take() {
                counting = Some(thread::spawn(move || lines(output)));
            }
        })?;
        let accounts = match counting.map(thread::JoinHandle::join) {
            Some(Ok(count)) => count?,
            _ => bail!("the output of `users export` was not read"),
        };
        Ok(Transferred {
            accounts,
            took: ended.took,
            until_tended: ended.took,
            memory: ended.memory,
        })
    }

    /// No variable of the person who runs this may change what is measured.
    fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(self.path);
        command.env_clear();
        if let Place::Postgres(database) = place {
            command
                .env("MG_USERS_STORE", "postgres")
                .env("MG_USERS_AUTH", "embedded")
                .env("MG_USERS_MAIL", "log")
                .env("MG_USERS_DB_HOST", &database.host)
                .env("MG_USERS_DB_PORT", database.port.to_string())
                .env("MG_USERS_DB_USER", &database.user)
                .env("MG_USERS_DB_NAME", &database.database)
                .env("MG_USERS_DB_SSL_MODE", "disable");
            if let Some(password) = &database.password {
                command.env("MG_USERS_DB_PASS", password);
            }
        }
        command
    }

    /// Runs a command to its end, calling `look` again and again; gives what it said on standard error.
    fn run(
        &self,
        command: &mut Command,
        mut look: impl FnMut(&mut Child),
    ) -> Result<(Ended, String)> {
        let said = tempfile::NamedTempFile::new()?;
        command.stderr(said.reopen()?);
        let begun = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.path.display()))?;
        let mut memory = 0.0_f64;
        let status = loop {
            look(&mut child);
            // Of a process that has ended nothing is known any more.
            memory = highest_memory_mib(child.id())
                .unwrap_or_default()
                .max(memory);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            thread::sleep(LOOK_EVERY);
        };
        let took = begun.elapsed();
        let said = std::fs::read_to_string(said.path())?;
        // Without the variables: a password is among them.
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        ensure!(
            status.success(),
            "`{}` failed ({status}): {}",
            arguments.join(" "),
            end_of(&said)
        );
        Ok((Ended { took, memory }, said))
    }
}

struct Ended {
    took: Duration,
    memory: f64,
}

fn data_arguments(place: &Place) -> Vec<&OsStr> {
    match place {
        Place::Data(folder) => vec!["--data".as_ref(), folder.as_os_str()],
        Place::Postgres(_) => Vec::new(),
    }
}

/// The last lines of a long report.
fn end_of(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

fn written(accounts: Accounts, numbers: Range<u64>) -> Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".ndjson").tempfile()?;
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(file.path())?);
    for number in numbers {
        writer.write_all(&accounts.line(number)?)?;
    }
    writer.flush()?;
    Ok(file)
}

fn lines(mut output: impl Read) -> std::io::Result<u64> {
    let mut count = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = output.read(&mut buffer)?;
        if read == 0 {
            return Ok(count);
        }
        let ends = buffer[..read].iter().map(|byte| u64::from(*byte == b'\n'));
        count += ends.sum::<u64>();
    }
}

/// Sees when an import begins to build indexes and to clean up, which it does last.
struct Tending {
    session: Option<users_test_postgres::Session>,
    watched_from: Instant,
    looked_at: Instant,
    begun_after: Option<Duration>,
}

/// Statements of one table are told apart by how they begin.
const TENDING: &str = "SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        AND state = 'active' AND query ~* '^\\s*(create (unique )?index|reindex|vacuum|analyze)'";

const LOOK_INTO_POSTGRES_EVERY: Duration = Duration::from_millis(50);

impl Tending {
    fn watch(place: &Place) -> Result<Self> {
        let session = match place {
            Place::Data(_) => None,
            Place::Postgres(database) => Some(database.open()?),
        };
        Ok(Self {
            session,
            watched_from: Instant::now(),
            looked_at: Instant::now(),
            begun_after: None,
        })
    }

    fn look(&mut self) {
        let Some(session) = &self.session else { return };
        if self.begun_after.is_some() || self.looked_at.elapsed() < LOOK_INTO_POSTGRES_EVERY {
            return;
        }
        self.looked_at = Instant::now();
        // A look that fails finds nothing; the import itself will tell of a server that is away.
        if session
            .try_query(TENDING)
            .is_ok_and(|rows| !rows.is_empty())
        {
            self.begun_after = Some(self.watched_from.elapsed());
        }
    }
}
