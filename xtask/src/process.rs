//! Runs the programs that a contributor would otherwise run by hand.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The folder of the workspace, wherever the command was started from.
pub(crate) fn workspace_root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// A program to be run in the workspace.
///
/// It does not inherit what cargo told *us* about ourselves: build scripts watch some of these
/// variables and would build anew each time that a person and we take turns.
pub(crate) fn program(name: &str, root: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root);
    for (variable, _) in std::env::vars_os() {
        let ours = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ];
        if variable
            .to_str()
            .is_some_and(|name| ours.iter().any(|prefix| name.starts_with(prefix)))
        {
            command.env_remove(variable);
        }
    }
    command
}

/// `cargo` with `arguments`, to be run in the workspace.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = program("cargo", root);
    command.args(arguments);
    command
}

/// Runs `command`, its output shown as it comes; fails if it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs `command`, its output shown as it comes, and says how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    println!("$ {}", shown(command));
    command
        .status()
        .with_context(|| format!("cannot start `{}`", shown(command)))
}

/// Runs `command` and returns what it printed to standard output; its errors are shown as they come.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed what is not UTF-8", shown(command)))
}

/// Builds these binaries with `cargo build` and `arguments`; returns where each lies, which settings
/// of the person who builds may change.
///
/// Always with xtask among the packages, so that features unify as they did for xtask itself: what
/// it is linked with is not built once more.
pub(crate) fn build<const N: usize>(
    root: &Path,
    binaries: [&str; N],
    arguments: &[&str],
) -> Result<[PathBuf; N]> {
    let mut command = cargo(
        root,
        &["build", "--message-format", "json-render-diagnostics"],
    );
    command
        .args(["--package", "magistrala-users", "--package", "xtask"])
        .args(arguments);
    for binary in binaries {
        command.args(["--bin", binary]);
    }
    executables(&mut command, binaries)
}

/// Builds an example, whichever crate has it; returns where it lies.
///
/// Always in the whole workspace, so that features unify as they do for `cargo test`.
pub(crate) fn build_example(root: &Path, name: &str) -> Result<PathBuf> {
    let arguments = [
        "build",
        "--message-format",
        "json-render-diagnostics",
        "--workspace",
        "--example",
        name,
    ];
    let [path] = executables(&mut cargo(root, &arguments), [name])?;
    Ok(path)
}

/// Builds the tests of the whole workspace, as `cargo test` does; returns where those of `package`
/// lie, which is named by its folder.
pub(crate) fn build_tests(root: &Path, package: &Path) -> Result<Vec<PathBuf>> {
    let mut command = cargo(root, &["test", "--workspace", "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    println!("$ {}", shown(&command));
    let manifest = root.join(package).join("Cargo.toml");
    let mut paths = Vec::new();
    for line in output(&mut command)?.lines() {
        let message: Value = serde_json::from_str(line).context("cargo printed what is no JSON")?;
        let is_wanted = message["profile"]["test"] == true
            && message["manifest_path"].as_str().map(Path::new) == Some(&manifest);
        if is_wanted && let Some(executable) = message["executable"].as_str() {
            paths.push(PathBuf::from(executable));
        }
    }
    if paths.is_empty() {
        bail!("cargo built no tests of {}", package.display());
    }
    Ok(paths)
}

/// Runs a build and returns where the executables with these names lie.
fn executables<const N: usize>(command: &mut Command, names: [&str; N]) -> Result<[PathBuf; N]> {
    println!("$ {}", shown(command));
    let mut paths = [const { None }; N];
    for line in output(command)?.lines() {
        let message: Value = serde_json::from_str(line).context("cargo printed what is no JSON")?;
        let Some(executable) = message["executable"].as_str() else {
            continue;
        };
        for (name, path) in names.iter().zip(&mut paths) {
            if message["target"]["name"] == *name {
                *path = Some(PathBuf::from(executable));
            }
        }
    }
    if let Some(missing) = paths.iter().position(Option::is_none) {
        bail!("cargo built no `{}`", names[missing]);
    }
    Ok(paths.map(Option::unwrap_or_default))
}

/// Whether `command` can be started and succeeds; what it prints is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The exit code with which a program ended, to be passed on; 1 where a signal ended it.
pub(crate) fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}
