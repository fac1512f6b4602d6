//! What an import tells: a line for each record that is refused, and in the end how many there were.

use std::fmt::Arguments;
use std::process::ExitCode;

use users_domain::model::{ConflictField, ImportOutcome};

use super::batches::Batch;
use super::{Progress, UNFINISHED};

/// Some records were refused.
const REFUSED: u8 = 1;

/// What became of the records so far.
pub(super) struct Report {
    progress: Progress,
    dry_run: bool,
    last_line: u64,
    imported: u64,
    already_there: u64,
    refused: u64,
}

impl Report {
    pub(super) fn new(progress: Progress, dry_run: bool) -> Self {
        Self {
            progress,
            dry_run,
            last_line: 0,
            imported: 0,
            already_there: 0,
            refused: 0,
        }
    }

    /// Tells of a batch that was taken in.
    pub(super) fn batch(&mut self, batch: &Batch, outcomes: &[ImportOutcome]) {
        for (line, name) in &batch.unknown {
            self.progress.say(format_args!(
                "warning: line {line}: the member {name:?} means nothing and is left out, here and \
                 in other lines"
            ));
        }
        let judged = batch.lines.iter().zip(outcomes);
        let mut refused: Vec<(u64, String)> = Vec::new();
        for (line, outcome) in judged {
            match outcome {
                ImportOutcome::Imported => self.imported += 1,
                ImportOutcome::AlreadyThere => self.already_there += 1,
                ImportOutcome::Refused(field) => refused.push((*line, taken(*field))),
            }
        }
        let invalid = batch.refused.iter();
        refused.extend(invalid.map(|(line, invalid)| (*line, invalid.to_string())));
        refused.sort_by_key(|(line, _)| *line);
        self.refused += refused.len() as u64;
        for (line, reason) in refused {
            self.progress.say(format_args!("line {line}: {reason}"));
        }
        self.last_line = batch.last_line;
        self.progress.reached(batch.bytes_read);
        self.progress.note(self.count());
    }

    /// Says that the store has the last word.
    pub(super) fn tidying(&self) {
        self.progress
            .note(format!("{}; the store tidies up", self.count()));
    }

    /// Everything was read, and what may come in is in.
    pub(super) fn whole(&self) -> ExitCode {
        self.end();
        match self.refused {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::from(REFUSED),
        }
    }

    /// There was no going on.
    pub(super) fn stopped(&self, why: Arguments<'_>) -> ExitCode {
        let line = self.last_line;
        let advice = if self.dry_run {
            "nothing was written"
        } else {
            "what stands before is in; the same import, run again, goes on"
        };
        self.progress.say(format_args!(
            "error: stopped after line {line}: {why}; {advice}"
        ));
        self.end();
        ExitCode::from(UNFINISHED)
    }

    /// Everything was read, and what may come in is in; there is more to tell.
    pub(super) fn everything_read(&self) -> ExitCode {
        self.end();
        ExitCode::from(UNFINISHED)
    }

    /// Somebody asked to stop.
    pub(super) fn stopping(&self) {
        self.progress.say(format_args!(
            "stopping; the store tidies up first, and a second signal ends at once"
        ));
    }

    /// The store is not as it should be.
    pub(super) fn untidy(&self, why: &str) {
        self.progress.say(format_args!(
            "error: the store has not tidied up behind the import: {why}; until it has, requests may \
             be slow. The same import run again does it, and so do `magistrala-users migrate` and a \
             start of the service"
        ));
    }

    fn end(&self) {
        self.progress.end();
        let begins = if self.dry_run { "dry run: " } else { "" };
        self.progress.say(format_args!("{begins}{}", self.count()));
    }

    fn count(&self) -> String {
        format!(
            "imported {}, already there {}, refused {}",
            self.imported, self.already_there, self.refused
        )
    }
}

/// Which field another account has, by its name in records.
fn taken(field: ConflictField) -> String {
    let field = match field {
        ConflictField::Id | ConflictField::Email => field.as_str(),
        ConflictField::Username => "credentials.username",
    };
    format!("{field}: is taken by another account")
}
