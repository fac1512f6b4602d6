//! `cargo xtask tidy`: what compilers do not check.

mod documents;
mod migrations;
mod security;
mod sources;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::{output, program};

/// One file that is, or is about to be, under version control.
struct File {
    /// From the root of the workspace, with `/`.
    path: String,
    /// `None` if it is not text.
    text: Option<String>,
}

/// Applies every rule and lists what breaks one.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = files(root)?;
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    // A folder is there if a file in it is.
    let exists = |wanted: &Path| paths.iter().any(|path| Path::new(path).starts_with(wanted));
    let mut complaints = Vec::new();
    for file in &files {
        complaints.extend(sources::complaints(file));
        complaints.extend(documents::complaints(file, exists));
    }
    complaints.extend(security::complaints(&files));
    complaints.extend(migrations::unpaired(&paths));
    complaints.extend(migrations::left_out_of_packages(root, &paths)?);
    if complaints.is_empty() {
        println!("{} files are tidy", files.len());
        return Ok(());
    }
    for complaint in &complaints {
        println!("  {complaint}");
    }
    bail!("{} untidy places", complaints.len());
}

/// What git tracks, and what it would if it were added.
fn files(root: &Path) -> Result<Vec<File>> {
    let mut git = program("git", root);
    let list = output(git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let mut files = Vec::new();
    for path in list.split_terminator('\0') {
        let on_disk = root.join(path);
        // A deletion not yet committed, or a link (what it points to is listed by itself).
        if on_disk
            .symlink_metadata()
            .map_or(true, |metadata| !metadata.is_file())
        {
            continue;
        }
        let bytes = std::fs::read(&on_disk).with_context(|| format!("cannot read {path}"))?;
        files.push(File {
            path: path.to_owned(),
            text: String::from_utf8(bytes).ok(),
        });
    }
    Ok(files)
}
