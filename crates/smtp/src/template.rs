//! One template in Go's `text/template` language, parsed and tried once.

mod check;
mod data;
mod escape;
mod markup;
mod scan;

use std::panic::{AssertUnwindSafe, catch_unwind};

use gtmpl_ng::{Context, ExecError, Limits, ParseError, TemplateError};

pub(crate) use data::Data;
use scan::Unended;

/// The most a template may print, in bytes: a hundred times what a mail needs.
const MAX_OUTPUT: usize = 1 << 20;
/// The most rounds that all loops of a template may take together.
const MAX_ROUNDS: usize = 100_000;

/// A template that has rendered a sample.
pub(crate) struct Template {
    format: Format,
    engine: gtmpl_ng::Template,
}

/// What a template writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Plain text: nothing is escaped.
    Text,
    /// HTML: whatever an action prints is escaped.
    Html,
}

impl Template {
    /// Reads a template. Besides its syntax, the names of all fields are checked, and a sample is
    /// rendered, so that little is left to fail when a mail is due.
    pub(crate) fn parse(source: &str) -> Result<Self, Fault> {
        let pieces = scan::pieces(source)?;
        // Before the engine reads it: some texts would keep it busy for ever.
        check::check(&pieces)?;
        // As written, so that faults are reported where they stand in the file.
        let plain = engine(source)?;
        let template = if markup::is_html(&pieces) {
            Self {
                format: Format::Html,
                engine: engine(&escape::escaped(&pieces))?,
            }
        } else {
            Self {
                format: Format::Text,
                engine: plain,
            }
        };
        template.render(&Data::SAMPLE)?;
        Ok(template)
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Fills the template in.
    pub(crate) fn render(&self, data: &Data<'_>) -> Result<String, Fault> {
        let context = Context::from(data.to_value());
        guarded(|| self.engine.render(&context))
    }
}

fn engine(source: &str) -> Result<gtmpl_ng::Template, Fault> {
    let limits = Limits::default()
        .with_output_bytes(MAX_OUTPUT)
        .with_function_output(MAX_OUTPUT)
        .with_total_iterations(MAX_ROUNDS);
    let mut engine = gtmpl_ng::Template::with_limits(limits);
    engine.add_func(escape::UNESCAPED, gtmpl_ng::funcs::print);
    guarded(|| engine.parse(source))?;
    Ok(engine)
}

/// Runs the engine. It has been seen to panic on odd strings; an operator's file must not end the
/// process, nor a mail the task that sends it.
fn guarded<T, E: Into<TemplateError>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, Fault> {
    // Unwind safe: what the work had begun is thrown away with it.
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| Fault::from(error.into())),
        Err(_) => Err(Fault::without_line("the template engine broke down")),
    }
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1, where it is known.
    pub(crate) line: Option<usize>,
    /// What is wrong. May repeat what the mail holds: for the eyes of whoever wrote both.
    pub(crate) reason: String,
}

impl Fault {
    fn without_line(reason: &str) -> Self {
        Self {
            line: None,
            reason: reason.to_owned(),
        }
    }
}

impl From<Unended> for Fault {
    fn from(unended: Unended) -> Self {
        Self {
            line: Some(unended.line),
            reason: "an action does not end".to_owned(),
        }
    }
}

impl From<TemplateError> for Fault {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::ParseError(ParseError::WithContext(context, reason)) => Self {
                line: Some(context.line),
                reason,
            },
            TemplateError::ExecError(ExecError::Structured(error)) => Self {
                line: Some(error.context.line),
                reason: error.message,
            },
            other => Self::without_line(&other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
