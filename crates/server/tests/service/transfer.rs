//! Accounts in bulk: out of one store and into another, through faults and refusals.

mod files;
mod foreign_hashes;
mod interruptions;
mod refusals;
mod round_trips;

use serde_json::{Value, json};

use super::program::{Finished, Home, Unfinished};

/// A record of a number.
fn record(number: usize) -> Value {
    json!({
        "id": format!("id-{number:06}"),
        "first_name": "Ada", "last_name": format!("Number {number}"),
        "email": format!("user{number:06}@example.com"),
        "credentials": { "username": format!("user{number:06}") },
        "tags": ["imported"], "metadata": { "number": number },
        "created_at": "2024-02-29T12:00:00.123456Z",
    })
}

/// Records of these numbers, one a line.
fn records(numbers: impl IntoIterator<Item = usize>) -> String {
    let mut text = String::new();
    for number in numbers {
        text += &record(number).to_string();
        text.push('\n');
    }
    text
}

impl Home {
    /// Makes the store, empty as it is.
    fn migrated(&self) -> &Self {
        let migrated = self.run(&["migrate"]);
        assert_eq!(migrated.code, 0, "{}", migrated.stderr);
        self
    }

    /// An import that reads what the test writes.
    fn begin_import(&self, flags: &[&str]) -> Unfinished {
        Unfinished::begin(self.command(&[&["users", "import"], flags].concat()))
    }

    /// Imports a text to its end.
    fn import(&self, text: &str, flags: &[&str]) -> Finished {
        let mut import = self.begin_import(flags);
        import.write(text);
        import.finish()
    }

    /// Imports a text of which nothing is refused; what was counted.
    fn import_all(&self, text: &str, flags: &[&str]) -> String {
        let imported = self.import(text, flags);
        assert_eq!(imported.code, 0, "{}", imported.stderr);
        assert_eq!(imported.stdout, "");
        imported.stderr
    }

    /// Everything, as an export writes it.
    fn export(&self) -> String {
        let exported = self.run(&["users", "export"]);
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        exported.stdout
    }
}

/// How many lines a text has.
fn lines(text: &str) -> usize {
    text.lines().count()
}
