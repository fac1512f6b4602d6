//! Rules for every text: links lead somewhere, and nothing names a folder of somebody's machine.

use std::path::{Component, Path, PathBuf};

use super::File;

/// What is wrong with one file; `exists` tells whether a path from the root does.
pub(super) fn complaints(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let Some(text) = &file.text else {
        return Vec::new();
    };
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(folder) = machine_path(line) {
            complaints.push(format!(
                "{}:{number}: names {folder}, a folder of one machine; write a relative path",
                file.path
            ));
        }
    }
    if Path::new(&file.path)
        .extension()
        .is_some_and(|extension| extension == "md")
    {
        for (number, target) in relative_links(text) {
            if !leads_to(&file.path, &target).is_some_and(|path| exists(&path)) {
                complaints.push(format!("{}:{number}: {target} leads nowhere", file.path));
            }
        }
    }
    complaints
}

/// The first folder in `line` that exists on one machine only.
fn machine_path(line: &str) -> Option<&'static str> {
    // Taken apart, so that this line is not one of them.
    const FOLDERS: [&str; 3] = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    FOLDERS.into_iter().find(|folder| {
        line.match_indices(folder).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            // Part of a longer path or of an address if something stands right before it.
            !before.is_some_and(|before| before.is_alphanumeric() || "_-.}>".contains(before))
        })
    })
}

/// The targets of links to files, each with its line; code blocks are left out.
fn relative_links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            continue;
        }
        // What stands between back quotes is code, too.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for rest in prose.split("](").skip(1) {
            let target = rest.split([')', ' ', '#']).next().unwrap_or_default();
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:");
            if !target.is_empty() && !is_elsewhere {
                links.push((number, target.to_owned()));
            }
        }
    }
    links
}

/// Where `target` in the document at `path` leads, from the root; `None` if out of the workspace.
fn leads_to(path: &str, target: &str) -> Option<PathBuf> {
    let folder = Path::new(path).parent()?;
    let mut resolved = PathBuf::new();
    for component in folder.join(target).components() {
        match component {
            Component::Normal(name) => resolved.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !resolved.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints_about(path: &str, text: &str) -> Vec<String> {
        let file = File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        complaints(&file, |path| path == Path::new("docs/adr/0001-x.md"))
    }

    #[test]
    fn links_are_followed_from_the_document() {
        assert!(complaints_about("docs/a.md", "see [x](adr/0001-x.md#why)").is_empty());
        assert!(complaints_about("crates/a/b.md", "[x](../../docs/adr/0001-x.md)").is_empty());
        assert_eq!(complaints_about("a.md", "[x](adr/0001-x.md)").len(), 1);
        assert_eq!(
            complaints_about("a.md", "[x](../docs/adr/0001-x.md)").len(),
            1
        );
    }

    #[test]
    fn other_sites_anchors_and_code_are_not_files() {
        let text = "[a](https://example.org/x) [b](#part) [c](mailto:a@b.c) `[d](e)`\n\
                    ```\n[f](g)\n```\n";
        assert!(complaints_about("a.md", text).is_empty());
    }

    #[test]
    fn folders_of_a_machine_are_found_but_not_parts_of_other_paths() {
        let folder = concat!("/ho", "me/ada");
        for line in [
            folder.to_owned(),
            format!("cd {folder}"),
            format!("DIR={folder}"),
        ] {
            assert_eq!(complaints_about("a.sh", &line).len(), 1, "{line}");
        }
        for line in [
            format!("https://example.org{folder}"),
            format!("..{folder}"),
        ] {
            assert!(complaints_about("a.sh", &line).is_empty(), "{line}");
        }
    }
}
