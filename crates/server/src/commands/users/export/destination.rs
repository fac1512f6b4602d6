//! Where an export goes: standard output, or a file that is there only once it is whole.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tempfile::NamedTempFile;

use crate::cli::ExportArguments;
use crate::commands::output::Output;

/// What takes the records.
pub(super) enum Destination<'o> {
    /// Whoever reads standard output.
    Output(&'o mut Output),
    /// A device or a pipe, which is no place for another name.
    Special(fs::File, PathBuf),
    /// A file of another name, for its owner alone; it gets its own name in the end.
    File {
        unnamed: NamedTempFile,
        path: PathBuf,
        replaces: bool,
    },
}

impl<'o> Destination<'o> {
    /// Makes ready for the first record.
    pub(super) fn open(arguments: &ExportArguments, out: &'o mut Output) -> Result<Self> {
        let Some(path) = arguments
            .file
            .clone()
            .filter(|path| path.as_os_str() != "-")
        else {
            return Ok(Self::Output(out));
        };
        let there = fs::metadata(&path).ok();
        if there.as_ref().is_some_and(fs::Metadata::is_dir) {
            bail!("{} is a folder", path.display());
        }
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let special = fs::OpenOptions::new().write(true).open(&path);
            let special = special.with_context(|| format!("cannot write {}", path.display()))?;
            return Ok(Self::Special(special, path));
        }
        if there.is_some() && !arguments.force {
            return Err(is_there(&path));
        }
        // In the same folder, since a name is given within one file system.
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unnamed = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".unfinished")
            .tempfile_in(folder)
            .with_context(|| format!("cannot write into {}", folder.display()))?;
        Ok(Self::File {
            unnamed,
            path,
            replaces: arguments.force,
        })
    }

    /// Takes records.
    pub(super) fn write(&mut self, records: &[u8]) -> Result<()> {
        match self {
            Self::Output(out) => out.write_all(records).context("cannot write the records"),
            Self::Special(special, path) => {
                special.write_all(records).with_context(|| cannot(path))
            }
            Self::File { unnamed, path, .. } => {
                unnamed.write_all(records).with_context(|| cannot(path))
            }
        }
    }

    /// Whether there is any use in going on.
    pub(super) fn is_read(&self) -> bool {
        match self {
            Self::Output(out) => out.is_read(),
            Self::Special(..) | Self::File { .. } => true,
        }
    }

    /// All is written: a file is on the disk before it has its name.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Output(out) => out.flush().context("cannot write the records"),
            Self::Special(mut special, path) => special.flush().with_context(|| cannot(&path)),
            Self::File {
                unnamed,
                path,
                replaces,
            } => {
                unnamed
                    .as_file()
                    .sync_all()
                    .with_context(|| cannot(&path))?;
                if replaces {
                    unnamed.persist(&path).with_context(|| cannot(&path))?;
                    return Ok(());
                }
                match unnamed.persist_noclobber(&path) {
                    Ok(_) => Ok(()),
                    Err(refused) if refused.error.kind() == std::io::ErrorKind::AlreadyExists => {
                        Err(is_there(&path))
                    }
                    Err(failed) => Err(failed).with_context(|| cannot(&path)),
                }
            }
        }
    }
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

fn is_there(path: &Path) -> anyhow::Error {
    anyhow::anyhow!("{} is there already; --force replaces it", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_was_never_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.ndjson");
        let entries = || fs::read_dir(folder.path()).unwrap().count();
        let arguments = ExportArguments {
            file: Some(path.clone()),
            force: false,
        };
        let mut out = Output::lock();
        let mut unfinished = Destination::open(&arguments, &mut out).unwrap();
        unfinished.write(b"{}\n").unwrap();
        assert!(!path.exists());
        drop(unfinished);
        assert_eq!(entries(), 0);

        let mut finished = Destination::open(&arguments, &mut out).unwrap();
        finished.write(b"{}\n").unwrap();
        // Somebody else was faster.
        fs::write(&path, "theirs").unwrap();
        assert!(finished.finish().is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(entries(), 1);
    }
}
