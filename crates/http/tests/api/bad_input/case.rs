//! One thing that somebody sends, and what is documented to come of it.

use super::way::Way;
use crate::client::Request;

/// Stands in whatever is bad, so that it can be looked for in the log.
pub(super) const MARK: &str = "m4rk";

/// A case of the suite.
pub(super) struct Case {
    pub(super) operation: &'static str,
    /// What is special about it, for whoever reads a failure.
    pub(super) title: String,
    pub(super) request: Request,
    pub(super) expected: Expected,
}

/// What is documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// A refusal that changes nothing.
    Refused {
        status: u16,
        code: &'static str,
        field: Option<&'static str>,
    },
    /// A page that says that nothing was done.
    Page,
    /// An answer with this status, whatever it does: the case stands on the right side of a line.
    Answered(u16),
}

impl Expected {
    /// A field is to blame.
    pub(super) const fn invalid(field: &'static str) -> Self {
        Self::blamed("invalid_field", field)
    }

    /// A field is needed and not there.
    pub(super) const fn missing(field: &'static str) -> Self {
        Self::blamed("missing_field", field)
    }

    /// A field is to blame in a way that has a code of its own.
    pub(super) const fn blamed(code: &'static str, field: &'static str) -> Self {
        Self::Refused {
            status: 400,
            code,
            field: Some(field),
        }
    }

    /// No field is to blame.
    pub(super) const fn refused(status: u16, code: &'static str) -> Self {
        Self::Refused {
            status,
            code,
            field: None,
        }
    }
}

impl Way {
    /// A case of this way.
    pub(super) fn case(
        &self,
        title: impl Into<String>,
        request: Request,
        expected: Expected,
    ) -> Case {
        Case {
            operation: self.operation,
            title: format!("{}: {}", self.name(), title.into()),
            request,
            expected,
        }
    }
}
