//! What every manifest of ours does: inherit the lints, and take each dependency from the root,
//! where its version and the reason for it stand once.

use anyhow::{Context, Result};
use toml::{Table, Value};

const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// What `manifest`, the text of the Cargo.toml of `name`, does differently.
pub(super) fn violations(name: &str, manifest: &str) -> Result<Vec<String>> {
    let manifest: Table = manifest
        .parse()
        .with_context(|| format!("the manifest of {name} is not TOML"))?;
    let mut violations = Vec::new();
    if !manifest.get("lints").is_some_and(is_inherited) {
        violations.push(format!(
            "{name}: its manifest needs `[lints] workspace = true`"
        ));
    }
    let for_targets = manifest.get("target").and_then(Value::as_table);
    let tables = for_targets
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    for table in std::iter::once(&manifest).chain(tables) {
        for kind in DEPENDENCY_TABLES {
            let dependencies = table
                .get(kind)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            for (dependency, _) in dependencies.filter(|(_, value)| !is_inherited(value)) {
                violations.push(format!(
                    "{name} -> {dependency}: must be `workspace = true`; versions stand in the \
                     Cargo.toml of the root"
                ));
            }
        }
    }
    Ok(violations)
}

fn is_inherited(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_inherits_everything_passes() {
        let manifest = "[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n\
                        tokio = { workspace = true, features = [\"net\"] }\n";
        assert_eq!(violations("users-sqlite", manifest).expect("TOML"), [""; 0]);
    }

    #[test]
    fn missing_lints_are_named() {
        let found = violations("users-sqlite", "[dependencies]\n").expect("TOML");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("[lints]"), "{found:?}");
    }

    #[test]
    fn a_version_of_its_own_is_refused_in_every_table() {
        for table in [
            "dependencies",
            "dev-dependencies",
            "target.'cfg(unix)'.build-dependencies",
        ] {
            let manifest = format!("[lints]\nworkspace = true\n[{table}]\nserde = \"1\"\n");
            let found = violations("users-sqlite", &manifest).expect("TOML");
            assert_eq!(found.len(), 1, "{table}: {found:?}");
            assert!(found[0].starts_with("users-sqlite -> serde: "), "{found:?}");
        }
    }
}
