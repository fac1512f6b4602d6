//! Where Postgres's programs are on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The variable that names the folder of the programs, before all other places.
const FOLDER_VARIABLE: &str = "MG_TEST_POSTGRES_BIN";

/// Where Debian keeps each version, in folders named by its number.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of one Postgres: `initdb` and `postgres`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
}

/// A program that tests need is not on this machine.
#[derive(Debug, thiserror::Error)]
#[error("{program} is needed and not on this machine (looked for in {places}); {remedy}")]
pub struct NotFound {
    pub(crate) program: &'static str,
    pub(crate) places: String,
    pub(crate) remedy: String,
}

impl Binaries {
    /// Looks in the folder that `MG_TEST_POSTGRES_BIN` names, on the `PATH`, where `pg_config`
    /// says, and in Debian's folders, the newest version first.
    ///
    /// The variable, once set, is the only place: a typing error must not test another version.
    ///
    /// # Errors
    ///
    /// `initdb` or `postgres` is in none of them; the text says what to install.
    pub fn find() -> Result<Self, NotFound> {
        let named = variable(FOLDER_VARIABLE);
        let folders = match &named {
            Some(folder) => vec![PathBuf::from(folder)],
            None => [on_path(), told_by_pg_config(), debian(Path::new(DEBIAN))].concat(),
        };
        Self::first_of(&folders).ok_or_else(|| NotFound {
            program: "Postgres (initdb and postgres)",
            places: match named {
                Some(folder) => format!("{FOLDER_VARIABLE}={}", folder.display()),
                None => format!("the PATH, the folder pg_config names, {DEBIAN}/*/bin"),
            },
            remedy: format!(
                "install it (Debian: `apt-get install postgresql`), or name the folder of its \
                 programs in {FOLDER_VARIABLE}, or a running server in {} \
                 (postgres://user:password@host:port/database)",
                crate::server::URL_VARIABLE
            ),
        })
    }

    /// The programs in this folder.
    ///
    /// # Errors
    ///
    /// One of them is not there.
    pub fn in_folder(folder: &Path) -> Result<Self, NotFound> {
        Self::first_of(&[folder.to_owned()]).ok_or_else(|| NotFound {
            program: "Postgres (initdb and postgres)",
            places: folder.display().to_string(),
            remedy: "name the folder that holds both".to_owned(),
        })
    }

    fn first_of(folders: &[PathBuf]) -> Option<Self> {
        let complete = |folder: &&PathBuf| {
            folder.join("initdb").is_file() && folder.join("postgres").is_file()
        };
        let folder = folders.iter().find(complete)?.clone();
        Some(Self { folder })
    }

    /// The folder of the programs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of the programs, whether or not it is there.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The number of the major version, as `postgres --version` tells it.
    ///
    /// # Panics
    ///
    /// The program cannot be run or says something else.
    pub fn major_version(&self) -> u32 {
        let told = output(Command::new(self.program("postgres")).arg("--version"));
        let version = told.as_deref().and_then(|told| told.split(' ').nth(2));
        version
            .and_then(|version| version.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|major| major.parse().ok())
            .unwrap_or_else(|| panic!("`postgres --version` said {told:?}"))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the tests' programs are is no setting of the service"
)]
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    let value: OsString = std::env::var_os(name)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}

/// The folders of the `PATH`.
pub(crate) fn on_path() -> Vec<PathBuf> {
    variable("PATH").map_or_else(Vec::new, |path| std::env::split_paths(&path).collect())
}

fn told_by_pg_config() -> Vec<PathBuf> {
    let told = output(Command::new("pg_config").arg("--bindir"));
    told.map(|folder| PathBuf::from(folder.trim_end()))
        .into_iter()
        .collect()
}

/// The `bin` folders of all versions below `root`, the newest first.
fn debian(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = root.read_dir() else {
        return Vec::new();
    };
    let mut versions: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions
        .iter()
        .map(|version| root.join(version.to_string()).join("bin"))
        .collect()
}

/// What a program prints, if it runs and succeeds.
fn output(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debians_newest_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "18", "common"] {
            std::fs::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        let found = debian(root.path());
        let expected = ["18", "15", "9"].map(|version| root.path().join(version).join("bin"));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_folder_without_both_programs_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let (half, whole) = (root.path().join("half"), root.path().join("whole"));
        for file in [
            half.join("initdb"),
            whole.join("initdb"),
            whole.join("postgres"),
        ] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let found = Binaries::first_of(&[half.clone(), whole.clone()]).unwrap();
        assert_eq!(found.folder(), whole);
        let refused = Binaries::in_folder(&half).unwrap_err().to_string();
        assert!(
            refused.contains(&half.display().to_string()),
            "names the place: {refused}"
        );
    }

    #[test]
    fn this_machines_postgres_is_found_and_tells_its_version() {
        let binaries = Binaries::find().unwrap_or_else(|missing| panic!("{missing}"));
        assert!(binaries.major_version() >= 14, "the oldest that is served");
    }
}
