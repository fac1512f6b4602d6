//! Programs that are not there: where a shell would find them, and how they come onto a Debian system.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{program, run, succeeds};

/// Where a shell would find a program.
#[expect(
    clippy::disallowed_methods,
    reason = "where programs are is no setting of the service"
)]
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Installs packages where the system is Debian and lets us; else says what to do.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let root = Path::new("/");
    let names = packages.join(" ");
    if !succeeds(program("apt-get", root).arg("--version")) {
        bail!("needed, and not on the PATH: {names}; install what brings it");
    }
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get", root);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        run(command.args(["--quiet", "--yes"]).args(arguments))
    };
    apt(&["update"])
        .and_then(|()| apt(&[&["install", "--no-install-recommends"], packages].concat()))
        .with_context(|| format!("cannot install; do it by hand: sudo apt-get install {names}"))
}

/// Has Debian's packages of Postgres make no database cluster of their own for as long as this lives.
///
/// Where it cannot be written, nothing can be installed either, and [`install`] says so.
pub(crate) struct NoCluster(PathBuf);

impl NoCluster {
    pub(crate) fn for_now() -> Self {
        let folder = Path::new("/etc/postgresql-common/createcluster.d");
        let file = folder.join("users-tests.conf");
        let _ = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file, "create_main_cluster = false\n"));
        Self(file)
    }
}

impl Drop for NoCluster {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

/// Stops a service that a package started as it was installed.
pub(crate) fn stop_service(name: &str) -> Result<()> {
    run(program("service", Path::new("/")).args([name, "stop"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_looked_for_where_a_shell_would() {
        let cargo = on_path("cargo").expect("cargo runs this test");
        assert!(cargo.ends_with("cargo"));
        assert_eq!(on_path("no-program-has-this-name"), None);
    }
}
