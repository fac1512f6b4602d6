//! Rules for migrations: each can be undone, and each is in the package of the crate that embeds
//! its folder through a link.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::process::{cargo, output};

/// A crate and the folder that it embeds as `migrations`.
const EMBEDDED: [(&str, &str); 1] = [("users-sqlite", "migrations/sqlite/")];

/// Migrations that lack one of their two directions.
pub(super) fn unpaired(paths: &[&str]) -> Vec<String> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for path in paths.iter().filter(|path| path.starts_with("migrations/")) {
        if let Some((folder, file)) = path.rsplit_once('/')
            && folder.split('/').count() == 3
        {
            folders.entry(folder).or_default().insert(file);
        }
    }
    let mut complaints = Vec::new();
    for (folder, files) in folders {
        for direction in ["up.sql", "down.sql"] {
            if !files.contains(direction) {
                complaints.push(format!("{folder}: has no {direction}"));
            }
        }
    }
    complaints
}

/// Migrations that `cargo package` would leave out.
pub(super) fn left_out_of_packages(root: &Path, paths: &[&str]) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for (name, folder) in EMBEDDED {
        let arguments = ["package", "--list", "--package", name, "--allow-dirty"];
        let list = output(&mut cargo(root, &arguments))?;
        let carried: BTreeSet<&str> = list.lines().collect();
        complaints.extend(left_out(name, folder, paths, &carried));
    }
    Ok(complaints)
}

fn left_out(name: &str, folder: &str, paths: &[&str], carried: &BTreeSet<&str>) -> Vec<String> {
    let migrations: Vec<_> = paths
        .iter()
        .filter_map(|path| path.strip_prefix(folder))
        .collect();
    if migrations.is_empty() {
        return vec![format!("{folder} is empty, but {name} embeds it")];
    }
    migrations
        .into_iter()
        .filter(|migration| !carried.contains(format!("migrations/{migration}").as_str()))
        .map(|migration| {
            format!("{folder}{migration}: not in the package of {name}; is its link there?")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_needs_both_directions() {
        let both = [
            "migrations/sqlite/0001_users/up.sql",
            "migrations/sqlite/0001_users/down.sql",
        ];
        assert!(unpaired(&both).is_empty());
        let complaints = unpaired(&both[..1]);
        assert_eq!(
            complaints,
            ["migrations/sqlite/0001_users: has no down.sql"]
        );
        assert!(unpaired(&["migrations/README.md", "docs/a/b/c"]).is_empty());
    }

    #[test]
    fn a_migration_missing_in_the_package_is_named() {
        let paths = ["migrations/sqlite/0001_users/up.sql", "README.md"];
        let carried = BTreeSet::from(["migrations/0001_users/up.sql", "src/lib.rs"]);
        assert!(left_out("users-sqlite", "migrations/sqlite/", &paths, &carried).is_empty());
        let nothing = BTreeSet::from(["src/lib.rs"]);
        let complaints = left_out("users-sqlite", "migrations/sqlite/", &paths, &nothing);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        let complaints = left_out("users-sqlite", "migrations/sqlite/", &[], &carried);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }
}
