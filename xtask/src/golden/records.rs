//! The folder of records.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A folder that holds records.
pub(super) struct Records {
    folder: PathBuf,
}

impl Records {
    /// Fails where there are none, so that nothing passes unseen.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        Self::with(folder, &["database", "events", "grpc", "spicedb", "tokens"])
    }

    /// A folder that holds these kinds, and may hold no others.
    pub(super) fn with(folder: &Path, kinds: &[&str]) -> Result<Self> {
        for kind in kinds {
            if !folder.join(kind).is_dir() {
                bail!(
                    "no records at {}: it must hold the folder `{kind}`",
                    folder.display()
                );
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Where the records of a kind are.
    pub(super) fn folder(&self, kind: &str) -> PathBuf {
        self.folder.join(kind)
    }

    /// The names of all files of a kind.
    pub(super) fn names(&self, kind: &str) -> Result<Vec<String>> {
        let folder = self.folder(kind);
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?;
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    /// One record.
    pub(super) fn read(&self, name: &str) -> Result<Value> {
        serde_json::from_str(&self.text(name)?)
            .with_context(|| format!("the record {name} is not JSON"))
    }

    /// One record as it stands.
    pub(super) fn text(&self, name: &str) -> Result<String> {
        let path = self.folder.join(name);
        std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the record {}", path.display()))
    }
}

/// A text in a record.
pub(super) fn text<'a>(record: &'a Value, pointer: &str) -> Result<&'a str> {
    let value = record.pointer(pointer).and_then(Value::as_str);
    value.with_context(|| format!("a record has no text at {pointer}"))
}

/// A number in a record.
pub(super) fn number(record: &Value, pointer: &str) -> Result<i64> {
    let value = record.pointer(pointer).and_then(Value::as_i64);
    value.with_context(|| format!("a record has no whole number at {pointer}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_records_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Records::open(&folder.path().join("absent"))
            .err()
            .expect("an error");
        assert!(error.to_string().contains("absent"), "{error}");
    }
}
