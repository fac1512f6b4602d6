//! What is said once, at the start, about settings that are no mistake and yet worth a word.

use std::fmt;

use super::problem::without_controls;

/// Something to be said about a name that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A setting that asks for TLS; [`check_supported`](super::Config::check_supported) refuses it.
    Refused {
        /// Its name.
        name: String,
    },
    /// A name that means nothing to anybody: most likely a typing mistake.
    Unknown {
        /// The name.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// Settings of this service that nothing in this version obeys.
    WithoutEffect {
        /// Their names.
        names: Vec<String>,
    },
    /// Settings that fit together and are seldom meant so.
    Advice(&'static str),
    /// Settings that another setting leaves without effect.
    Idle {
        /// The other setting, with its value.
        reason: &'static str,
        /// Their names.
        names: Vec<String>,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { name } => write!(
                f,
                "{name}: this version does not speak TLS, so passwords would travel in the clear; \
                 put a proxy that does in front of it, and unset this"
            ),
            Self::Unknown { name, nearest } => {
                // Anything can stand in a name of the environment's.
                write!(f, "{} is no known setting", without_controls(name))?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::WithoutEffect { names } => {
                write!(f, "without effect in this version: {}", names.join(", "))
            }
            Self::Idle { reason, names } => {
                write!(f, "without effect with {reason}: {}", names.join(", "))
            }
            Self::Advice(text) => f.write_str(text),
        }
    }
}
