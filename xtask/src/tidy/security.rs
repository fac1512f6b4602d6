//! Rules for `docs/security.md`: every test that it names is there under that name, and every row
//! of its tables says how it stands.

use std::collections::BTreeSet;

use super::File;

const DOCUMENT: &str = "docs/security.md";

/// What is wrong with the document; `files` are those of the workspace.
pub(super) fn complaints(files: &[File]) -> Vec<String> {
    let document = files.iter().find(|file| file.path == DOCUMENT);
    let Some(text) = document.and_then(|file| file.text.as_deref()) else {
        return vec![format!("{DOCUMENT}: is missing")];
    };
    let tests: BTreeSet<Test> = files.iter().flat_map(tests).collect();
    let mut rows = BTreeSet::new();
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut complain = |what: String| complaints.push(format!("{DOCUMENT}:{number}: {what}"));
        for reference in references(line) {
            match tests.iter().filter(|test| test.is_meant(reference)).count() {
                1 => {}
                0 => complain(format!("no test is called `{reference}`")),
                _ => complain(format!(
                    "several tests are called `{reference}`; write crate and file before it"
                )),
            }
        }
        if let Some((requirement, verdict)) = row(line) {
            if !rows.insert(requirement) {
                complain(format!("{requirement} has a row already"));
            }
            if !says_how_it_stands(verdict) {
                complain(format!(
                    "{requirement} names no test, leads nowhere, and says neither `operator` nor \
                     `not yet`"
                ));
            }
        }
    }
    complaints
}

/// A test and where it stands.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Test {
    /// The folders and the file, from the root of the workspace, in the spelling of modules.
    place: Vec<String>,
    name: String,
}

impl Test {
    /// Whether `file::name` or `crate::file::name` means this test: names of folders may be left
    /// out, their order may not be changed.
    fn is_meant(&self, reference: &str) -> bool {
        let Some((place, name)) = reference.rsplit_once("::") else {
            return false;
        };
        let mut present = self.place.iter();
        name == self.name
            && place
                .split("::")
                .all(|part| present.any(|name| name == part))
    }
}

/// The tests in a source: functions under a test attribute, the promises of a contract suite, each
/// of which becomes one, and those that are made one for each store.
fn tests(file: &File) -> Vec<Test> {
    let (Some(path), Some(text)) = (file.path.strip_suffix(".rs"), &file.text) else {
        return Vec::new();
    };
    let place: Vec<String> = path.split('/').map(|part| part.replace('-', "_")).collect();
    let mut names = Vec::new();
    let (mut after_attribute, mut in_suite) = (false, false);
    for line in text.lines().map(str::trim) {
        if is_test_attribute(line) {
            after_attribute = true;
        } else if let Some(name) = function(line).filter(|_| after_attribute) {
            names.push(name);
            after_attribute = false;
        }
        match line {
            "suite! {" | "on_each_store! {" => in_suite = true,
            "}" => in_suite = false,
            _ if in_suite => names.extend(line.strip_suffix(',').filter(|name| is_name(name))),
            _ => {}
        }
    }
    let at_its_place = |name: &str| Test {
        place: place.clone(),
        name: name.to_owned(),
    };
    names.into_iter().map(at_its_place).collect()
}

/// `#[test]` in any of its forms, such as `#[tokio::test(flavor = "multi_thread")]`.
fn is_test_attribute(line: &str) -> bool {
    let Some(attribute) = line.strip_prefix("#[") else {
        return false;
    };
    let path = attribute.split(['(', ']']).next().unwrap_or_default();
    matches!(path.rsplit("::").next(), Some("test" | "rstest"))
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let name = rest.split(['(', '<']).next()?;
    let begins = before
        .split_whitespace()
        .all(|word| matches!(word, "async" | "pub"));
    (begins && is_name(name)).then_some(name)
}

fn is_name(text: &str) -> bool {
    let fits =
        |letter: char| letter == '_' || letter.is_ascii_lowercase() || letter.is_ascii_digit();
    !text.is_empty() && text.chars().all(fits)
}

/// What stands between back quotes and looks like a path to a function.
fn references(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.contains("::") && code.split("::").all(is_name))
}

/// The requirement that a row of a table is about, such as 6.2.4, and how it stands. Rows without a
/// level only list requirements that do not apply.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
    let (requirement, level) = (cells.next()?, cells.next()?);
    let is_requirement = requirement.split('.').count() == 3
        && requirement
            .split('.')
            .all(|part| part.parse::<u8>().is_ok());
    (is_requirement && level.parse::<u8>().is_ok()).then_some((requirement, cells.last()?))
}

fn says_how_it_stands(verdict: &str) -> bool {
    references(verdict).next().is_some()
        || verdict.contains("](")
        || verdict.contains("not yet")
        || verdict.contains("operator")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
#[test]
fn a_wrong_password_is_refused() {}

#[tokio::test(flavor = \"multi_thread\")]
#[expect(
    clippy::unwrap_used,
    reason = \"a test\"
)]
async fn a_token_ends() {}

fn a_helper() {}
";

    fn file(path: &str, text: &str) -> File {
        File {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    fn complaints_about(document: &str) -> Vec<String> {
        complaints(&[
            file(DOCUMENT, document),
            file("crates/auth-embedded/tests/tokens/login.rs", SOURCE),
            file("crates/http/tests/api/login.rs", SOURCE),
            file(
                "crates/testkit/src/contract/clock.rs",
                "suite! {\n    clock_contract, clock:\n    it_never_runs_back,\n}\n",
            ),
            file(
                "crates/server/tests/service/crash.rs",
                "on_each_store! {\n    nothing_is_lost,\n}\nfn nothing_is_lost(home: &Home) {}\n",
            ),
        ])
    }

    #[test]
    fn a_test_is_named_by_as_much_of_its_place_as_tells_it_apart() {
        for reference in [
            "http::login::a_wrong_password_is_refused",
            "crates::http::tests::api::login::a_token_ends",
            "auth_embedded::a_token_ends",
            "clock::it_never_runs_back",
            "server::crash::nothing_is_lost",
        ] {
            let complaints = complaints_about(&format!("stopped by `{reference}`"));
            assert!(complaints.is_empty(), "{complaints:?}");
        }
        let complaints = complaints_about("`login::a_token_ends`");
        assert!(complaints[0].contains("several"), "{complaints:?}");
    }

    #[test]
    fn a_test_that_is_not_there_is_named_with_its_line() {
        for reference in [
            "http::login::a_wrong_password_is_let_in",
            "http::login::a_helper",
            "http::logout::a_token_ends",
            "login::http::a_token_ends",
        ] {
            assert_eq!(
                complaints_about(&format!("\n`{reference}`")),
                [format!("{DOCUMENT}:2: no test is called `{reference}`")]
            );
        }
    }

    #[test]
    fn other_code_is_no_test() {
        let code = "`UserStore::update` `crates/http` `email_taken` not `a::B`";
        assert!(complaints_about(code).is_empty());
    }

    #[test]
    fn a_row_says_how_it_stands_and_stands_once() {
        for verdict in [
            "`http::login::a_token_ends`",
            "[errors](errors.md)",
            "not yet: it is missing",
            "operator: at the proxy",
        ] {
            let row = format!("| 1.2.3 | 1 | what is wanted | {verdict} |");
            assert!(complaints_about(&row).is_empty(), "{verdict}");
        }
        assert_eq!(complaints_about("| 1.2.3 | 1 | wanted | yes |").len(), 1);
        assert_eq!(
            complaints_about("| 1.2.3 | 1 | operator |\n| 1.2.3 | 1 | operator |").len(),
            1
        );
        for no_row in ["| what | how |", "| --- | --- |", "| 1.2.3 | no cookies |"] {
            assert!(complaints_about(no_row).is_empty(), "{no_row}");
        }
    }

    #[test]
    fn the_document_is_there() {
        assert_eq!(complaints(&[]), [format!("{DOCUMENT}: is missing")]);
    }
}
