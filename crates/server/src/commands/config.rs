//! `magistrala-users config`: every setting that exists, with its value and origin.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use crate::config::Config;

/// Prints the table, group by group.
pub(super) fn run(config: &Config, out: &mut dyn Write) -> Result<ExitCode> {
    let settings = config.effective();
    let width = |of: fn(&crate::config::Setting) -> usize| settings.iter().map(of).max();
    let name_width = width(|setting| setting.name.len()).unwrap_or(0);
    let value_width = width(|setting| setting.value.chars().count())
        .unwrap_or(0)
        .min(40);
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            if !section.is_empty() {
                writeln!(out)?;
            }
            section = setting.section;
            writeln!(out, "# {section}")?;
        }
        writeln!(
            out,
            "{:<name_width$}  {:<value_width$}  {}",
            setting.name, setting.value, setting.origin
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
