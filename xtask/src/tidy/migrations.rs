//! Rules for migrations and templates: each migration can be undone, and each file is in the package
//! of the crate that embeds its folder through a link.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::process::{cargo, output};

/// A crate, the folder that it embeds, and the link through which it does.
const EMBEDDED: [(&str, &str, &str); 5] = [
    ("users-sqlite", "migrations/sqlite/", "migrations/"),
    ("users-postgres", "migrations/postgres/", "migrations/"),
    ("users-postgres", "migrations/deployed/", "deployed/"),
    ("users-smtp", "templates/email/", "templates/"),
    ("users-http", "templates/pages/", "templates/"),
];

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

/// Files that `cargo package` would leave out.
pub(super) fn left_out_of_packages(root: &Path, paths: &[&str]) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for (name, folder, link) in EMBEDDED {
        let arguments = ["package", "--list", "--package", name, "--allow-dirty"];
        let list = output(&mut cargo(root, &arguments))?;
        let carried: BTreeSet<&str> = list.lines().collect();
        complaints.extend(left_out(name, folder, link, paths, &carried));
    }
    Ok(complaints)
}

fn left_out(
    name: &str,
    folder: &str,
    link: &str,
    paths: &[&str],
    carried: &BTreeSet<&str>,
) -> Vec<String> {
    let files: Vec<_> = paths
        .iter()
        .filter_map(|path| path.strip_prefix(folder))
        .collect();
    if files.is_empty() {
        return vec![format!("{folder} is empty, but {name} embeds it")];
    }
    files
        .into_iter()
        .filter(|file| !carried.contains(format!("{link}{file}").as_str()))
        .map(|file| format!("{folder}{file}: not in the package of {name}; is its link there?"))
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
    fn a_file_missing_in_the_package_is_named() {
        let complaints = |paths: &[&str], carried: &[&str]| {
            let carried = carried.iter().copied().collect();
            let folder = "migrations/sqlite/";
            left_out("users-sqlite", folder, "migrations/", paths, &carried).len()
        };
        let paths = ["migrations/sqlite/0001_users/up.sql", "README.md"];
        let carried = ["migrations/0001_users/up.sql", "src/lib.rs"];
        assert_eq!(complaints(&paths, &carried), 0);
        assert_eq!(complaints(&paths, &["src/lib.rs"]), 1);
        assert_eq!(complaints(&[], &carried), 1);
    }
}
