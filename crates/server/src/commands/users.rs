//! `magistrala-users users ...`: accounts from the command line, through the services.

mod export;
mod import;
mod progress;
mod purge;
mod relations;

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use users_domain::Users;
use users_domain::model::{
    Caller, Cursor, Email, Metadata, NewUser, Order, Password, PersonName, Position,
    RequestContext, Role, Sort, SortDirection, Status, Tags, User, UserFilter, UserId, UserQuery,
    Username,
};
use users_domain::ports::Entropy;

use super::output::{Output, complain};
use crate::administrator::made_up_password;
use crate::cli::{CreateAdminArguments, ListArguments, SetPasswordArguments, UsersCommand};
use crate::config::{Config, StoreKind};
use crate::telemetry;
use crate::wiring::{self, Wired};

use progress::Progress;

/// A password is a line; more is a mistake.
const MOST_INPUT_BYTES: u64 = 4096;

/// Does it on the store of the settings.
pub(super) fn run(config: &Config, command: &UsersCommand, out: &mut Output) -> Result<ExitCode> {
    let makes_accounts = match command {
        UsersCommand::CreateAdmin(_) => true,
        UsersCommand::Import(arguments) => !arguments.dry_run,
        UsersCommand::SetPassword(_)
        | UsersCommand::List(_)
        | UsersCommand::Export(_)
        | UsersCommand::Purge(_)
        | UsersCommand::Relations => false,
    };
    let path = &config.store.sqlite_path;
    if config.store.kind == StoreKind::Sqlite && !makes_accounts && !path.exists() {
        bail!(
            "there is no store at {}; `--data DIR` names the folder of another, and a start or \
             `magistrala-users migrate` makes one",
            path.display()
        );
    }
    // Nobody who only wants to read has the file changed.
    let only_reads = match command {
        UsersCommand::Export(_) => true,
        UsersCommand::Import(arguments) => arguments.dry_run,
        UsersCommand::Purge(arguments) => arguments.dry_run,
        _ => false,
    };
    if config.store.kind == StoreKind::Sqlite && only_reads {
        super::runtime()?.block_on(refuse_if_behind(config))?;
    }
    let progress = Progress::new();
    if command.is_bulk() {
        // Nobody else tells what the store's errors were, and in the end there is but one word.
        telemetry::init_for_command(&config.telemetry, progress.clone())?;
    }
    // Mails are sent by the service, so this address stands in none.
    let own_url = format!("http://{}:{}", config.http.host, config.http.port);
    let runtime = super::runtime()?;
    let wired = {
        let _entered = runtime.enter();
        wiring::open(config, &own_url, Arc::new(|_: &_| {}))?
    };
    let (store, place) = (&wired.store.technology, &wired.store.place);
    let outcome = runtime.block_on(async {
        match config.store.kind {
            StoreKind::Sqlite => {
                let prepared = store.prepare().await;
                prepared.with_context(|| format!("the store at {place}"))?;
            }
            // Whoever asks for a list takes nobody's database over.
            StoreKind::Postgres => refuse_if_behind(config).await?,
        }
        match command {
            UsersCommand::CreateAdmin(arguments) => create_admin(&wired, arguments, out).await?,
            UsersCommand::SetPassword(arguments) => set_password(&wired, arguments, out).await?,
            UsersCommand::List(arguments) => list(&wired.users, arguments, out).await?,
            UsersCommand::Export(arguments) => {
                let enums = config.api.enums;
                export::run(&wired, enums, arguments, progress, out).await?;
            }
            UsersCommand::Import(arguments) => {
                return import::run(&wired, arguments, progress).await;
            }
            UsersCommand::Purge(arguments) if arguments.dry_run => {
                purge::list(&wired.users, arguments.json, out).await?;
            }
            UsersCommand::Purge(_) => return purge::run(&wired.users).await,
            UsersCommand::Relations => return relations::run(&wired.users).await,
        }
        Ok(ExitCode::SUCCESS)
    });
    runtime.block_on(store.close());
    outcome
}

/// The schema of a database is brought up to date by those commands alone that say so.
async fn refuse_if_behind(config: &Config) -> Result<()> {
    // Indexes may still be being built, so they are not asked for.
    let migrations = wiring::store::migrations(config).await?;
    if let Some(first) = migrations.iter().find(|one| one.applied_at.is_none()) {
        bail!(
            "the schema of {} is not up to date (it lacks {}); \
             `magistrala-users migrate` does that, and so does a start of the service",
            wiring::store::place(config),
            first.name
        );
    }
    Ok(())
}

async fn create_admin(
    wired: &Wired,
    arguments: &CreateAdminArguments,
    out: &mut Output,
) -> Result<()> {
    let (password, made_up) = password(wired, arguments.make_up)?;
    let new = NewUser {
        first_name: PersonName::parse("first_name", &arguments.first_name)?,
        last_name: PersonName::parse("last_name", &arguments.last_name)?,
        username: Username::parse(&arguments.username)?,
        email: Email::parse(&arguments.email)?,
        password,
        tags: Tags::default(),
        metadata: Metadata::default(),
        private_metadata: Metadata::default(),
        profile_picture: None,
        role: Role::Admin,
        status: Status::Enabled,
    };
    let context = RequestContext::default();
    let registration = &wired.users.registration;
    let user = registration
        .create(&context, &Caller::Operator, new)
        .await?;
    writeln!(out, "made the administrator {}", user.id)?;
    show(made_up.as_ref(), out)
}

async fn set_password(
    wired: &Wired,
    arguments: &SetPasswordArguments,
    out: &mut Output,
) -> Result<()> {
    let account = find(wired, &arguments.account).await?;
    let (password, made_up) = password(wired, arguments.make_up)?;
    let context = RequestContext::default();
    let credentials = &wired.users.credentials;
    credentials
        .set_secret(&context, &Caller::Operator, &account, &password)
        .await?;
    writeln!(
        out,
        "the account {account} has a new password; its sessions are over"
    )?;
    show(made_up.as_ref(), out)
}

async fn list(users: &Users, arguments: &ListArguments, out: &mut Output) -> Result<()> {
    let mut query = UserQuery {
        filter: UserFilter {
            status: [Status::Enabled, Status::Disabled, Status::Deleted]
                .into_iter()
                .find(|status| status.as_str() == arguments.status),
            ..UserFilter::default()
        },
        sort: Sort {
            order: Order::CreatedAt,
            direction: SortDirection::Ascending,
        },
        position: Position::START,
        limit: UserQuery::MAX_LIMIT,
    };
    loop {
        let context = RequestContext::default();
        let page = users
            .directory
            .list(&context, &Caller::Operator, &query)
            .await?;
        for user in &page.items {
            writeln!(out, "{}", line(user, arguments.json))?;
        }
        let last = page.items.last().filter(|_| page.more && out.is_read());
        let Some(last) = last else { return Ok(()) };
        query.position = Position::After(Cursor::after(last, &query.filter, query.sort));
    }
}

fn line(user: &User, json: bool) -> String {
    let username = user.username.as_ref().map_or("", Username::as_str);
    let (id, email) = (user.id.as_str(), user.email.as_str());
    let (role, status) = (user.role.as_str(), user.status.as_str());
    if json {
        let verified = user.is_verified();
        return json!({
            "id": id, "username": username, "email": email, "role": role, "status": status,
            "verified": verified,
        })
        .to_string();
    }
    // Old rows may hold what would play tricks on a terminal.
    format!(
        "{id:36}  {role:5}  {status:8}  {}  {}",
        username.escape_debug(),
        email.escape_debug()
    )
}

/// The account with this id, or the only enabled one with this address or name.
async fn find(wired: &Wired, account: &str) -> Result<UserId> {
    if let Ok(id) = UserId::parse(account)
        && let Some(user) = wired.store.users.find(&id).await?
    {
        return Ok(user.id);
    }
    let candidates = wired.store.users.find_by_login(account).await?;
    let exact = candidates.iter().find(|user| {
        user.email.as_str() == account
            || user.username.as_ref().map(Username::as_str) == Some(account)
    });
    match (exact, candidates.as_slice()) {
        (Some(user), _) | (None, [user]) => Ok(user.id.clone()),
        (None, []) => bail!(
            "no account has the id {account:?}, and no enabled one that e-mail address or username; \
             `magistrala-users users list` shows all"
        ),
        (None, _) => bail!("{account:?} fits several accounts; give the id"),
    }
}

/// A password from standard input, or a made-up one; that comes second too, to be shown.
fn password(wired: &Wired, make_up: bool) -> Result<(Password, Option<Password>)> {
    if make_up {
        let password =
            made_up_password(&*wired.entropy as &dyn Entropy).context("no password was made up")?;
        return Ok((password.clone(), Some(password)));
    }
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        complain(format_args!(
            "New password (shown as you type), then Enter and Ctrl-D:"
        ));
    }
    let mut text = String::new();
    stdin
        .by_ref()
        .take(MOST_INPUT_BYTES)
        .read_to_string(&mut text)
        .context("cannot read the password from standard input")?;
    let text = text.trim_end_matches(['\n', '\r']);
    let policy = &wired.users.settings().password_policy;
    Ok((policy.accept(text).context("the password")?, None))
}

fn show(made_up: Option<&Password>, out: &mut Output) -> Result<()> {
    if let Some(password) = made_up {
        writeln!(out, "password  {}", password.expose())?;
    }
    Ok(())
}
