//! Settings of the store of accounts.

use std::path::PathBuf;

use super::kind;
use super::reader::Reader;
use super::variable::{Kind, Preset, Section, Variable};

/// Where accounts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// A Postgres database.
    Postgres,
    /// One SQLite file.
    Sqlite,
}

const STORE_KIND: Kind<StoreKind> = Kind {
    name: "choice",
    expected: "postgres or sqlite",
    parse: |text| match text {
        "postgres" => Ok(StoreKind::Postgres),
        "sqlite" => Ok(StoreKind::Sqlite),
        _ => Err(None),
    },
};

static STORE: Variable<StoreKind> = Variable::new(
    "MG_USERS_STORE",
    STORE_KIND,
    Preset::Value("postgres"),
    "Where accounts are kept: `postgres` or `sqlite`.",
)
.in_dev(Preset::Value("sqlite"));

pub(super) static SQLITE_PATH: Variable<PathBuf> = Variable::new(
    "MG_USERS_SQLITE_PATH",
    kind::PATH,
    Preset::Value("./data/users.sqlite"),
    "The SQLite file, made if it is not there; it must be on a local file system. `dev --data DIR` \
     puts it into that folder.",
);

pub(super) static SECTION: Section = Section {
    title: "Store",
    entries: &[&STORE.entry, &SQLITE_PATH.entry],
};

/// Where accounts are kept.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// The technology.
    pub kind: StoreKind,
    /// The SQLite file; without meaning for another store.
    pub sqlite_path: PathBuf,
}

impl StoreSettings {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let kind = reader.required(&STORE);
        let sqlite_path = reader.required(&SQLITE_PATH);
        Some(Self {
            kind: kind?,
            sqlite_path: sqlite_path?,
        })
    }
}
