//! The templates of all mails: our own, and those of operators in the place of two of them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::kind::MailKind;
use crate::template::{Data, Fault, Format, Template};

/// The templates of each kind of mail, parsed and tried.
pub struct Templates {
    verification: Alternatives,
    reset: Alternatives,
    email_changed: Alternatives,
    password_changed: Alternatives,
}

/// The same mail in one or more formats, the richest last: the reader's program chooses.
type Alternatives = Vec<Template>;

/// A mail in one format, before it is a message.
pub(crate) struct Part {
    pub(crate) format: Format,
    pub(crate) text: String,
}

impl Templates {
    /// The templates that come with this crate.
    pub fn builtin() -> Self {
        Self {
            verification: embedded(&[
                include_str!("../templates/verification.txt.tmpl"),
                include_str!("../templates/verification.html.tmpl"),
            ]),
            reset: embedded(&[
                include_str!("../templates/reset.txt.tmpl"),
                include_str!("../templates/reset.html.tmpl"),
            ]),
            email_changed: embedded(&[
                include_str!("../templates/email-changed.txt.tmpl"),
                include_str!("../templates/email-changed.html.tmpl"),
            ]),
            password_changed: embedded(&[
                include_str!("../templates/password-changed.txt.tmpl"),
                include_str!("../templates/password-changed.html.tmpl"),
            ]),
        }
    }

    /// The same with an operator's files in the place of the two mails with a link. What the files
    /// may hold is described beside the built-in templates, in `templates/email/README.md`.
    ///
    /// The files are read here and never again.
    pub fn load(verification: Option<&Path>, reset: Option<&Path>) -> Result<Self, TemplateError> {
        let mut templates = Self::builtin();
        if let Some(path) = verification {
            templates.verification = vec![read(path)?];
        }
        if let Some(path) = reset {
            templates.reset = vec![read(path)?];
        }
        Ok(templates)
    }

    /// Fills a mail in, in each of its formats; there is at least one.
    pub(crate) fn render(&self, kind: MailKind, data: &Data<'_>) -> Result<Vec<Part>, Fault> {
        let alternatives = match kind {
            MailKind::Verification => &self.verification,
            MailKind::Reset => &self.reset,
            MailKind::EmailChanged => &self.email_changed,
            MailKind::PasswordChanged => &self.password_changed,
        };
        let part = |template: &Template| {
            Ok(Part {
                format: template.format(),
                text: template.render(data)?,
            })
        };
        alternatives.iter().map(part).collect()
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").finish_non_exhaustive()
    }
}

#[expect(clippy::expect_used, reason = "a test renders each of them")]
fn embedded(sources: &[&str]) -> Alternatives {
    sources
        .iter()
        .map(|source| Template::parse(source).expect("a template of our own"))
        .collect()
}

fn read(path: &Path) -> Result<Template, TemplateError> {
    let source = fs::read_to_string(path).map_err(|source| TemplateError::Read {
        path: path.to_owned(),
        source,
    })?;
    // Some editors begin a file with a byte order mark, which would stand in the mail.
    let source = source.strip_prefix('\u{feff}').unwrap_or(&source);
    Template::parse(source).map_err(|fault| TemplateError::Faulty {
        path: path.to_owned(),
        line: fault.line,
        reason: fault.reason,
    })
}

/// Why a template file cannot be used. The message names the file.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not there, may not be read, or is not UTF-8.
    #[error("cannot read the mail template {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is no template that this program understands.
    #[error("the mail template {} is faulty{}: {reason}", path.display(), in_line(*line))]
    Faulty {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
}

fn in_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" in line {line}"))
}
