//! The way of one database from the deployed service to ours, and back.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use users_test_postgres::Database;

use crate::running_service::RunningService;

use super::super::comparison::Comparison;
use super::super::jwt::description;
use super::accounts::Account;
use super::rows::Rows;
use super::service::Service;
use super::{MIGRATIONS, deployed};

/// One database on its way from the deployed service to ours and back.
pub(super) struct Takeover<'a> {
    /// What it is called in the outcome.
    pub(super) subject: String,
    /// An empty one.
    pub(super) database: Database,
    pub(super) accounts: Vec<Account>,
    /// Our service.
    pub(super) binary: &'a Path,
    pub(super) comparison: &'a mut Comparison,
}

impl Takeover<'_> {
    /// Loads a dump, takes it over, and lets the deployed service write to it again.
    pub(super) fn run(mut self, dump: &str) -> Result<()> {
        self.database.load(dump);
        deployed::let_links_live(&self.database);
        let left = Rows::read(&self.database)?;
        let folder = tempfile::tempdir()?;

        let service = self.start(folder.path())?;
        let adopted = Rows::read(&self.database)?;
        self.is_adopted(&left, &adopted);
        self.everybody_gets_in(&service)?;
        self.everybody_is_found(&service)?;
        self.links_open_once(&service)?;
        let changed = self.everybody_is_changed(&service)?;
        drop(service);
        let used = Rows::read(&self.database)?;
        self.nothing_else_changed(&adopted, &used, &changed);

        let before = deployed::fingerprint(&self.database);
        let service = self.start(folder.path())?;
        let again = Rows::read(&self.database)?;
        self.tell(
            "a second start",
            "rows changed",
            json!([]),
            json!(used.changed(&again)),
        );
        let is_same = before == deployed::fingerprint(&self.database);
        self.tell(
            "a second start",
            "tables are as they were",
            json!(true),
            json!(is_same),
        );
        self.goes_back_and_forth(&service)
    }

    fn start(&self, folder: &Path) -> Result<Service> {
        let mut accounts = self.accounts.iter();
        let (email, password) = accounts
            .find_map(|account| {
                let password = account.password.as_deref()?;
                account
                    .may_administer()
                    .then_some((&account.email, password))
            })
            .context("the list names no administrator who can log in")?;
        let settings = [
            ("MG_USERS_ADMIN_EMAIL", email.as_str()),
            ("MG_USERS_ADMIN_PASSWORD", password),
            ("MG_ALLOW_UNVERIFIED_USER", "true"),
            // Who waits for the purge is to be looked at.
            ("MG_USERS_DELETE_AFTER", "1000000h"),
        ];
        let connection = self.database.connection().plain();
        let running = RunningService::serve(self.binary, folder, &connection, &settings)?;
        Service::open(running, email, password)
    }

    /// Counts one fact about something in this database.
    fn tell(&mut self, what: &str, fact: &str, wanted: serde_json::Value, ours: serde_json::Value) {
        self.comparison.compare(
            &format!("{}: {what}", self.subject),
            &description([(fact, wanted)]),
            &description([(fact, ours)]),
        );
    }

    /// All that the deployed service left is there, and its tool would find nothing to do.
    fn is_adopted(&mut self, left: &Rows, adopted: &Rows) {
        let recorded = deployed::migrations(&self.database);
        self.tell("migrations", "recorded", json!(MIGRATIONS), json!(recorded));
        let columns = deployed::migration_columns(&self.database);
        self.tell(
            "migrations",
            "columns",
            json!(["id", "applied_at"]),
            json!(columns),
        );
        self.tell("rows", "ids", json!(left.ids()), json!(adopted.ids()));
        for (id, row) in left.iter() {
            let mut wanted = row.clone();
            let upgrades = self
                .accounts
                .iter()
                .any(|account| account.id == *id && account.after_upgrade.is_some());
            if upgrades {
                // What becomes of these is listed.
                wanted.retain(|column, _| {
                    !["metadata", "private_metadata"].contains(&column.as_str())
                });
            }
            let ours = adopted.row(id).map_or_else(Default::default, |ours| {
                let mut ours = ours.clone();
                ours.retain(|column, _| wanted.contains_key(column));
                ours
            });
            self.comparison
                .compare(&format!("{}: row {id}", self.subject), &wanted, &ours);
        }
        for account in &self.accounts {
            let what = format!("{}: {}", self.subject, account.id);
            let ours = account.stored_facts(&self.database);
            let wanted = ours
                .keys()
                .map(|fact| (fact.clone(), json!(true)))
                .collect();
            self.comparison.compare(&what, &wanted, &ours);
        }
    }

    /// Whoever has a password that the deployed service accepts, or would if it could read the row.
    fn everybody_gets_in(&mut self, service: &Service) -> Result<()> {
        for account in &self.accounts {
            let Some(password) = &account.password else {
                continue;
            };
            let mut wanted = serde_json::Map::new();
            let mut ours = serde_json::Map::new();
            let ways = [
                (
                    "by e-mail",
                    Some(&account.email),
                    account.reference_login.by_email,
                ),
                (
                    "by username",
                    account.username.as_ref(),
                    account.reference_login.by_username,
                ),
            ];
            for (way, identity, recorded) in ways {
                let (Some(identity), Some(recorded)) = (identity, recorded) else {
                    continue;
                };
                // 401 is what it answers where it cannot read the row.
                let accepted = [201, 401].contains(&recorded);
                let whose = if accepted {
                    account.id.as_str()
                } else {
                    "refused"
                };
                wanted.insert(format!("login {way}"), json!(whose));
                ours.insert(
                    format!("login {way}"),
                    json!(service.log_in(identity, password)?),
                );
                let wrong = format!("not {password}");
                let fact = format!("login {way} with a wrong password");
                wanted.insert(fact.clone(), json!("refused"));
                ours.insert(fact, json!(service.log_in(identity, &wrong)?));
            }
            self.comparison
                .compare(&format!("{}: {}", self.subject, account.id), &wanted, &ours);
        }
        Ok(())
    }

    /// In the list, page by page in every way, and by id.
    fn everybody_is_found(&mut self, service: &Service) -> Result<()> {
        let mut everybody: Vec<_> = self
            .accounts
            .iter()
            .map(|account| account.id.clone())
            .collect();
        everybody.sort();
        for order in ["created_at", "id"] {
            for direction in ["asc", "desc"] {
                let mut listed = service.list_by_cursor(order, direction)?;
                listed.sort();
                let what = format!("list by {order}, {direction}, following cursors");
                self.tell(&what, "ids", json!(everybody), json!(listed));
            }
        }
        for order in [
            "created_at",
            "updated_at",
            "username",
            "first_name",
            "last_name",
            "email",
        ] {
            let mut listed = service.list_by_offset(order)?;
            listed.sort();
            let what = format!("list by {order}, by offset");
            self.tell(&what, "ids", json!(everybody), json!(listed));
        }
        for account in &self.accounts {
            let what = format!("{}: {}", self.subject, account.id);
            let wanted = description([("view", json!([200, account.email]))]);
            let ours = description([("view", json!(service.view(&account.id)?))]);
            self.comparison.compare(&what, &wanted, &ours);
        }
        Ok(())
    }

    /// The links that were mailed and not used: once, and never for an address that is another by
    /// now.
    fn links_open_once(&mut self, service: &Service) -> Result<()> {
        for account in &self.accounts {
            let Some(token) = &account.verification_token else {
                continue;
            };
            let link = deployed::Link::read(token)?;
            let is_current = link.email == account.email && !account.verified;
            let first = service.verify(token)?;
            let second = service.verify(token)?;
            let used = link.is_used(&self.database);
            let what = format!("{}: {}", self.subject, account.id);
            let wanted = description([
                (
                    "mailed link, first time",
                    json!(if is_current { 200 } else { 400 }),
                ),
                ("mailed link, second time", json!(400)),
                ("mailed link: used_at is set", json!(is_current)),
            ]);
            let ours = description([
                ("mailed link, first time", json!(first)),
                ("mailed link, second time", json!(second)),
                ("mailed link: used_at is set", json!(used)),
            ]);
            self.comparison.compare(&what, &wanted, &ours);
        }
        Ok(())
    }

    /// In one field: the tags of those who are enabled, the status of those who are disabled. Gives
    /// the columns that may differ, by id.
    fn everybody_is_changed(
        &mut self,
        service: &Service,
    ) -> Result<Vec<(String, Vec<&'static str>)>> {
        let mut changed = Vec::new();
        for account in &self.accounts {
            let what = format!("{}: {}", self.subject, account.id);
            let mut columns = vec!["updated_at", "updated_by"];
            let (fact, ours) = match account.status {
                0 => {
                    columns.push("tags");
                    ("change of tags", service.tag(&account.id)?)
                }
                1 => (
                    "enabled and disabled again",
                    service.enable_and_disable(&account.id)?,
                ),
                // Who is deleted waits for the purge, and is not changed.
                _ => {
                    columns.clear();
                    ("change of tags", service.tag(&account.id)?)
                }
            };
            let wanted = if account.status > 1 { 409 } else { 200 };
            if account.verification_token.is_some() {
                columns.push("verified_at");
            }
            self.comparison.compare(
                &what,
                &description([(fact, json!(wanted))]),
                &description([(fact, json!(ours))]),
            );
            changed.push((account.id.clone(), columns));
        }
        Ok(changed)
    }

    /// The deployed service finds all else as it left it.
    fn nothing_else_changed(
        &mut self,
        adopted: &Rows,
        used: &Rows,
        changed: &[(String, Vec<&'static str>)],
    ) {
        let differences = adopted.changed(used);
        for (id, allowed) in changed {
            let beyond: Vec<_> = differences
                .iter()
                .filter(|(row, column)| row == id && !allowed.contains(&column.as_str()))
                .filter(|(_, column)| !(column == "secret" && used.has_bcrypt(id)))
                .map(|(_, column)| column)
                .collect();
            let fact = "columns changed beyond what was asked for";
            self.tell(id, fact, json!([]), json!(beyond));
        }
        self.tell(
            "rows",
            "ids after use",
            json!(adopted.ids()),
            json!(used.ids()),
        );
    }

    /// The deployed service works on it again, and ours understands what that wrote.
    fn goes_back_and_forth(&mut self, service: &Service) -> Result<()> {
        let written = deployed::Written::by(&self.database)?;
        let ours = description([
            (
                "login by e-mail",
                json!(service.log_in(written.email, written.password)?),
            ),
            (
                "login by username",
                json!(service.log_in(written.username, written.password)?),
            ),
            (
                "login of one whom it disabled",
                json!(service.log_in(written.disabled, written.password)?),
            ),
            ("view", json!(service.view(written.id)?)),
            (
                "first name that it wrote later",
                json!(service.first_name(written.id)?),
            ),
            (
                "view of one whom it purged",
                json!(service.view(written.purged)?.0),
            ),
            (
                "its link, first time",
                json!(service.verify(&written.token)?),
            ),
            (
                "its link, second time",
                json!(service.verify(&written.token)?),
            ),
            (
                "it sees the link as used",
                json!(deployed::Link::read(&written.token)?.is_used(&self.database)),
            ),
            (
                "it lists them",
                json!(deployed::lists(&self.database, written.username)),
            ),
        ]);
        let wanted = description([
            ("login by e-mail", json!(written.id)),
            ("login by username", json!(written.id)),
            ("login of one whom it disabled", json!("refused")),
            ("view", json!([200, written.email])),
            ("first name that it wrote later", json!(written.first_name)),
            ("view of one whom it purged", json!(404)),
            ("its link, first time", json!(200)),
            ("its link, second time", json!(400)),
            ("it sees the link as used", json!(true)),
            ("it lists them", json!([written.id])),
        ]);
        let what = format!("{}: written by the deployed service since", self.subject);
        self.comparison.compare(&what, &wanted, &ours);
        let recorded = deployed::migrations(&self.database);
        self.tell(
            "migrations",
            "recorded at the end",
            json!(MIGRATIONS),
            json!(recorded),
        );
        Ok(())
    }
}
