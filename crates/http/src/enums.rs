//! `role` and `status` on the wire: numbers and names are both read, one of them is written.

use serde::{Deserialize, Serialize};
use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{Role, Status};

/// How `role` and `status` are written in answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EnumFormat {
    /// `0`, `1`, `2`.
    #[default]
    Numbers,
    /// `user`, `enabled`: what the platform's SDKs and UI read.
    Names,
}

/// A value that has a number and a name.
pub(crate) trait Enumerated: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];
    /// What a client is told who sent something else.
    const EXPECTED: &'static str;
    /// The same where all values may be asked for.
    const EXPECTED_OR_ALL: &'static str;

    fn number(self) -> i16;
    fn name(self) -> &'static str;

    /// Reads a number or a name as it stands in a query.
    fn from_query(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.name() == text || value.number().to_string() == text)
    }

    /// Reads a JSON number or string; an empty string is as good as absent.
    fn from_json(field: &'static str, json: &str) -> Result<Option<Self>, Invalid> {
        let found = match serde_json::from_str(json) {
            Ok(Written::Name(name)) if name.is_empty() => return Ok(None),
            Ok(Written::Name(name)) => Self::ALL.iter().find(|value| value.name() == name),
            Ok(Written::Number(number)) => Self::ALL.iter().find(|value| value.number() == number),
            Err(_) => None,
        };
        let refused = Invalid::new(field, InvalidReason::Malformed(Self::EXPECTED));
        found.copied().map(Some).ok_or(refused)
    }

    /// The value as an answer shows it.
    fn written(self, format: EnumFormat) -> Written<'static> {
        match format {
            EnumFormat::Numbers => Written::Number(self.number()),
            EnumFormat::Names => Written::Name(self.name().into()),
        }
    }
}

/// A number or a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Written<'a> {
    Number(i16),
    Name(std::borrow::Cow<'a, str>),
}

impl Enumerated for Role {
    const ALL: &'static [Self] = &[Self::User, Self::Admin];
    const EXPECTED: &'static str = "must be user (0) or admin (1)";
    const EXPECTED_OR_ALL: &'static str = "must be user (0), admin (1) or all";

    fn number(self) -> i16 {
        self.as_i16()
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Enumerated for Status {
    const ALL: &'static [Self] = &[Self::Enabled, Self::Disabled, Self::Deleted];
    const EXPECTED: &'static str = "must be enabled (0), disabled (1) or deleted (2)";
    const EXPECTED_OR_ALL: &'static str = "must be enabled (0), disabled (1), deleted (2) or all";

    fn number(self) -> i16 {
        self.as_i16()
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_read_alike() {
        for (json, role) in [
            ("0", Role::User),
            ("1", Role::Admin),
            (r#""user""#, Role::User),
            (r#""\u0061dmin""#, Role::Admin),
        ] {
            assert_eq!(Role::from_json("role", json), Ok(Some(role)), "{json}");
        }
        assert_eq!(Role::from_json("role", r#""""#), Ok(None));
        for (text, status) in [("2", Status::Deleted), ("disabled", Status::Disabled)] {
            assert_eq!(Status::from_query(text), Some(status));
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for json in [
            "2",
            "-1",
            "1.0",
            "1e0",
            "true",
            "[]",
            r#"["user"]"#,
            r#""Admin""#,
            r#""1""#,
            r#""all""#,
            r#"" user""#,
            "65536",
            "18446744073709551616",
        ] {
            let refused = Role::from_json("role", json).unwrap_err();
            assert_eq!(refused.field, "role", "{json}");
        }
        for text in ["", "3", "+1", "01", "Enabled", "enabled "] {
            assert_eq!(Status::from_query(text), None, "{text}");
        }
    }

    #[test]
    fn one_of_both_is_written() {
        let json = |format| serde_json::to_string(&Status::Disabled.written(format)).unwrap();
        assert_eq!(json(EnumFormat::Numbers), "1");
        assert_eq!(json(EnumFormat::Names), r#""disabled""#);
    }
}
