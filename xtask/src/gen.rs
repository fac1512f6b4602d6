//! `cargo xtask gen`: files that a machine can list, a machine writes.

mod layers;

use magistrala_users::generate;
use users_domain::authorization;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::metadata::Metadata;

const COMMAND: &str = "cargo xtask gen";

struct Generated {
    /// Where it goes, from the root of the workspace.
    path: &'static str,
    text: String,
}

fn all(root: &Path) -> Result<Vec<Generated>> {
    let metadata = Metadata::load(root)?;
    let file = |path, body: &str| Generated {
        path,
        text: with_origin(path, body),
    };
    Ok(vec![
        file("docs/layers.txt", &layers::text(&metadata)),
        file("docs/configuration.md", &generate::configuration_md()),
        file("docs/cli.md", &generate::cli_md()),
        file("docs/errors.md", &generate::errors_md()),
        file("docs/permissions.md", &authorization::table_md()),
        file("docs/openapi.json", &generate::openapi_json()),
        file("deploy/example.env", &generate::example_env()),
    ])
}

/// Writes every generated file that is not as it should be, and names it.
pub(crate) fn write(root: &Path) -> Result<()> {
    for Generated { path, text } in all(root)? {
        if is_up_to_date(root, path, &text)? {
            continue;
        }
        let file = root.join(path);
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        std::fs::write(&file, text).with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}");
    }
    Ok(())
}

/// Fails if a generated file is not as it should be.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut stale = Vec::new();
    for Generated { path, text } in all(root)? {
        if !is_up_to_date(root, path, &text)? {
            stale.push(path);
        }
    }
    if !stale.is_empty() {
        bail!(
            "out of date: {}; run `{COMMAND}` and commit what it writes",
            stale.join(", ")
        );
    }
    println!("generated files are up to date");
    Ok(())
}

fn is_up_to_date(root: &Path, path: &str, text: &str) -> Result<bool> {
    match std::fs::read_to_string(root.join(path)) {
        Ok(present) => Ok(present == text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read {path}")),
    }
}

/// The text of a file with a first line that says where it comes from, where the format has
/// comments, and one line end at its end.
fn with_origin(path: &str, body: &str) -> String {
    let origin = format!("Made by `{COMMAND}`; changes by hand are lost.");
    let body = body.trim_end();
    match Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
    {
        Some("json") => format!("{body}\n"),
        Some("md") => format!("<!-- {origin} -->\n\n{body}\n"),
        _ => format!("# {origin}\n\n{body}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_file_begins_with_the_command_that_makes_it() {
        assert_eq!(
            with_origin("docs/a.md", "text\n\n"),
            "<!-- Made by `cargo xtask gen`; changes by hand are lost. -->\n\ntext\n"
        );
        assert!(with_origin("deploy/a.env", "A=1").starts_with("# Made by `cargo xtask gen`"));
        assert_eq!(with_origin("docs/a.json", "{}"), "{}\n");
    }

    #[test]
    fn a_file_is_up_to_date_only_if_it_is_there_and_the_same() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(!is_up_to_date(root.path(), "a.txt", "x").expect("readable"));
        std::fs::write(root.path().join("a.txt"), "x").expect("writable");
        assert!(is_up_to_date(root.path(), "a.txt", "x").expect("readable"));
        assert!(!is_up_to_date(root.path(), "a.txt", "y").expect("readable"));
    }
}
