//! `cargo xtask check`: all that must hold before a change is merged, tests apart.

use std::path::Path;

use anyhow::Result;

use crate::process::{cargo, run as run_program, succeeds};
use crate::steps::Steps;
use crate::{check_layers, r#gen, tidy};

const DENY_VERSION: &str = "0.20.2";

/// Runs every check to its end; fails if one did.
pub(crate) fn run(root: &Path) -> Result<()> {
    let mut steps = Steps::default();
    steps.run("fmt", "cargo fmt --all", || {
        run_program(&mut cargo(root, &["fmt", "--all", "--check"]))
    });
    steps.run(
        "clippy",
        "mend what it names; `cargo clippy --fix` does some of it",
        || {
            let arguments = [
                "clippy",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "-D",
                "warnings",
            ];
            run_program(&mut cargo(root, &arguments))
        },
    );
    steps.run(
        "check-layers",
        "drop the arrow, or change the plan; again with `cargo xtask check-layers`",
        || check_layers::run(root),
    );
    steps.run(
        "tidy",
        "mend what it names; again with `cargo xtask tidy`",
        || tidy::run(root),
    );
    steps.run("gen", "cargo xtask gen", || r#gen::check(root));
    steps.run(
        "deny",
        "drop the crate, or change deny.toml; again with `cargo deny check`",
        || deny(root),
    );
    steps.finish()
}

/// Licences, banned crates and sources. The advisories need a database from the net: they are a
/// matter of the release, not of every change.
fn deny(root: &Path) -> Result<()> {
    if !succeeds(&mut cargo(root, &["deny", "--version"])) {
        println!("cargo-deny is missing; installing {DENY_VERSION}, which takes 2 to 3 minutes");
        let arguments = [
            "install",
            "cargo-deny",
            "--locked",
            "--quiet",
            "--version",
            DENY_VERSION,
        ];
        run_program(&mut cargo(root, &arguments))?;
    }
    let arguments = [
        "deny",
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ];
    run_program(&mut cargo(root, &arguments))
}
