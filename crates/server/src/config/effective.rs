//! Every setting as it holds, ready to be shown.

use std::fmt;

use super::reader::Reader;
use super::source::default_origin;
use super::variable::Preset;
use super::{SECTIONS, pem, problem};

/// One setting as it holds, ready to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// The group it belongs to.
    pub section: &'static str,
    /// The variable.
    pub name: &'static str,
    /// The value as it was written; of a secret, `***`; of what is unset, in parentheses, what
    /// happens then.
    pub value: String,
    /// Where the value came from: `default`, `dev default`, `environment`, `file PATH`,
    /// `config file PATH` or `command line`.
    pub origin: String,
    /// What the setting does.
    pub description: &'static str,
}

/// A value may be an address of somebody: `{:?}` shows where it came from and not what it is.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=*** ({})", self.name, self.origin)
    }
}

/// Every setting with its value and origin, in the order of the table.
pub(super) fn effective(reader: &Reader) -> Vec<Setting> {
    let mut settings = Vec::new();
    for section in SECTIONS {
        for entry in section.entries {
            let (value, origin) = match reader.found(entry) {
                Some(found) if entry.is_secret => (problem::STARS.to_owned(), found.origin.clone()),
                Some(found) => (pem::shown(&found.text), found.origin.clone()),
                None => {
                    let preset = entry.preset(reader.profile);
                    let meaning = match preset {
                        Preset::Unset(meaning) => meaning,
                        Preset::Value(_) | Preset::Computed { .. } => "unset",
                    };
                    (
                        format!("({meaning})"),
                        default_origin(entry, preset).to_owned(),
                    )
                }
            };
            settings.push(Setting {
                section: section.title,
                name: entry.name,
                value,
                origin,
                description: entry.description,
            });
        }
    }
    settings
}
