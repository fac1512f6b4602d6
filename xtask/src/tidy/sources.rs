//! Rules for Rust sources: each module says why it exists, files have one subject and its name.

use std::path::Path;

use super::File;

/// Past this a file has more than one subject.
const MAX_LINES: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils", "helpers", "common", "misc", "manager"];

/// What is wrong with one file.
pub(super) fn complaints(file: &File) -> Vec<String> {
    let path = file.path.as_str();
    let Some(text) = &file.text else {
        return Vec::new();
    };
    if Path::new(path)
        .extension()
        .is_none_or(|extension| extension != "rs")
    {
        return Vec::new();
    }
    let parts: Vec<&str> = path.split('/').collect();
    let mut complaints = Vec::new();
    if parts.last() == Some(&"mod.rs") {
        complaints.push(format!(
            "{path}: modules are `name.rs` beside `name/`, never `mod.rs`"
        ));
    }
    for part in &parts {
        let name = part.strip_suffix(".rs").unwrap_or(part);
        if EMPTY_NAMES.contains(&name) {
            complaints.push(format!(
                "{path}: `{name}` says nothing; name it after its subject"
            ));
        }
    }
    let is_module = matches!(parts[..], ["crates", _, "src", ..] | ["xtask", "src", ..]);
    if is_module && !text.starts_with("//! ") {
        complaints.push(format!(
            "{path}: must open with a `//!` sentence saying why it exists"
        ));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES && !parts.contains(&"tests") {
        complaints.push(format!(
            "{path}: {lines} lines, more than {MAX_LINES}; two subjects?"
        ));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints_about(path: &str, text: &str) -> Vec<String> {
        complaints(&File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        })
    }

    #[test]
    fn a_module_with_its_sentence_passes() {
        assert!(complaints_about("crates/http/src/routes.rs", "//! Routes.\n").is_empty());
    }

    #[test]
    fn a_module_without_its_sentence_is_named() {
        for path in [
            "crates/http/src/routes.rs",
            "crates/http/src/a/b.rs",
            "xtask/src/main.rs",
        ] {
            assert_eq!(complaints_about(path, "use std::fmt;\n").len(), 1, "{path}");
        }
        assert!(complaints_about("crates/http/tests/api.rs", "use std::fmt;\n").is_empty());
    }

    #[test]
    fn empty_names_and_mod_rs_are_refused_anywhere() {
        for path in [
            "crates/a/src/utils.rs",
            "crates/a/src/helpers/x.rs",
            "crates/a/src/mod.rs",
        ] {
            assert_eq!(complaints_about(path, "//! X.\n").len(), 1, "{path}");
        }
        assert!(complaints_about("crates/a/src/commonality.rs", "//! X.\n").is_empty());
    }

    #[test]
    fn long_files_are_refused_unless_they_are_tests() {
        let long = format!("//! X.\n{}", "//\n".repeat(MAX_LINES));
        assert_eq!(complaints_about("crates/a/src/x.rs", &long).len(), 1);
        assert!(complaints_about("crates/a/tests/x.rs", &long).is_empty());
        let just_fits = format!("//! X.\n{}", "//\n".repeat(MAX_LINES - 1));
        assert!(complaints_about("crates/a/src/x.rs", &just_fits).is_empty());
    }
}
