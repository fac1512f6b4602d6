//! Programs that are not there: where a shell would find them, and how they come onto a Debian system.

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
