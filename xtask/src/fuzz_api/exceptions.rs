//! What schemathesis may complain of.

use anyhow::{Result, bail};

/// The names of complaints: `METHOD /path: title`.
#[derive(Debug)]
pub(super) struct Exceptions(Vec<String>);

impl Exceptions {
    /// Reads `METHOD /path: title # reason` from every line that is not empty and no comment;
    /// `is_known` tells whether there is such an operation.
    pub(super) fn parse(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Self> {
        let mut names: Vec<String> = Vec::new();
        let mut faults = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, reason) = line.split_once(" # ").unwrap_or((line, ""));
            let name = name.trim_end();
            let (operation, title) = name.split_once(": ").unwrap_or((name, ""));
            if title.is_empty() || reason.trim().is_empty() {
                faults.push(format!("{number}: is not `METHOD /path: title # reason`"));
            } else if !is_known(operation) {
                faults.push(format!("{number}: there is no operation {operation}"));
            } else if names.iter().any(|known| known == name) {
                faults.push(format!("{number}: stands there twice"));
            } else {
                names.push(name.to_owned());
            }
        }
        if !faults.is_empty() {
            bail!(
                "the exceptions are not in order, line {}",
                faults.join("; line ")
            );
        }
        Ok(Self(names))
    }

    /// Whether a complaint is one of them.
    pub(super) fn hold(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }

    /// All of them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Exceptions> {
        Exceptions::parse(text, |operation| operation == "GET /users")
    }

    #[test]
    fn a_line_is_a_complaint_and_a_reason() {
        let text = "# About.\n\nGET /users: Odd answer (a b)   # because\nGET /users: B # c # d\n";
        let exceptions = parse(text).unwrap();
        let names: Vec<&str> = exceptions.names().collect();
        assert_eq!(names, ["GET /users: Odd answer (a b)", "GET /users: B"]);
        assert!(exceptions.hold("GET /users: B"));
        assert!(!exceptions.hold("GET /users: C"));
    }

    #[test]
    fn a_line_without_a_reason_or_an_operation_or_news_is_a_fault() {
        for (text, expected) in [
            ("GET /users: Odd", "line 1: is not"),
            ("GET /users: Odd # ", "line 1: is not"),
            ("GET /users # because", "line 1: is not"),
            (
                "\nGET /people: Odd # because",
                "line 2: there is no operation GET /people",
            ),
            (
                "GET /users: A # b\nGET /users: A # c",
                "line 2: stands there twice",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
