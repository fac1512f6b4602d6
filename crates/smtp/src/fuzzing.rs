//! A door for fuzzing: a single template, which otherwise comes out of a file.

use crate::template::{Data, Format, Template};

/// What became of a template.
#[derive(Debug)]
pub enum Outcome {
    /// It is none.
    Refused,
    /// It is one, and fails on this mail.
    Failed,
    /// It was filled in.
    Filled {
        /// The text.
        text: String,
        /// Whether it is HTML, so that what actions print was escaped.
        is_html: bool,
    },
}

/// Reads a template, and fills it in with a mail all of whose texts are `value`.
pub fn fill_in(source: &str, value: &str) -> Outcome {
    let Ok(template) = Template::parse(source) else {
        return Outcome::Refused;
    };
    let data = Data {
        to: value,
        from: value,
        subject: value,
        user: value,
        link: value,
        life: None,
    };
    match template.render(&data) {
        Err(_) => Outcome::Failed,
        Ok(text) => Outcome::Filled {
            text,
            is_html: template.format() == Format::Html,
        },
    }
}
