//! How far a long work is, on standard error if that is a terminal, and what else is said there
//! meanwhile.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use crate::commands::output::complain;

/// Where the size is known, and where not.
const OF_BYTES: &str = "{bar:30} {bytes}/{total_bytes}  {msg}  {elapsed}, {eta} left";
const BYTES: &str = "{spinner} {bytes}  {msg}  {elapsed}";
const OF_ACCOUNTS: &str = "{bar:30} {pos}/{len} accounts, {rate}/s  {elapsed}, {eta} left";

/// How often the time passed is drawn while nothing else happens.
const TICK: Duration = Duration::from_millis(200);

/// A bar that is drawn on a terminal alone. Clones are the same bar.
#[derive(Clone)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Nothing is drawn yet.
    pub(super) fn new() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Begins to count bytes, of so many if that is known.
    pub(super) fn of_bytes(&self, total: Option<u64>) {
        self.begin(if total.is_some() { OF_BYTES } else { BYTES }, total);
    }

    /// Begins to count accounts.
    pub(super) fn of_accounts(&self, total: u64) {
        self.begin(OF_ACCOUNTS, Some(total));
    }

    fn begin(&self, template: &str, total: Option<u64>) {
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key(
                "rate",
                |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                    // A text that cannot be written is drawn without it.
                    let _ = write!(text, "{:.0}", state.per_sec());
                },
            );
        self.0.set_style(style);
        if let Some(total) = total {
            self.0.set_length(total);
        }
        // Hidden where standard error is no terminal.
        self.0.set_draw_target(ProgressDrawTarget::stderr());
        self.0.enable_steady_tick(TICK);
    }

    /// So much is done.
    pub(super) fn reached(&self, position: u64) {
        self.0.set_position(position);
    }

    /// What else there is to tell of it.
    pub(super) fn note(&self, note: String) {
        self.0.set_message(note);
    }

    /// Says a line on standard error, above the bar.
    pub(super) fn say(&self, line: Arguments<'_>) {
        self.0.suspend(|| complain(line));
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// The log writes lines on standard error too.
impl MakeWriter<'_> for Progress {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Write for Progress {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
