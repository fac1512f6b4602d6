//! `magistrala-users users import`: accounts that were written down elsewhere.

mod batches;
mod lines;
mod report;

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;
use users_domain::Error;
use users_domain::model::{Caller, RequestContext};
use users_domain::ports::ImportMode;
use users_domain::services::{Import, ImportOptions, RecordRules};

use super::progress::Progress;
use crate::cli::ImportArguments;
use crate::commands::UNFINISHED;
use crate::lifecycle::{Shutdown, listen_for_signals};
use crate::wiring::Wired;

use batches::{Batch, BatchSize};
use report::Report;

/// How many bytes are read at once.
const READ: usize = 256 * 1024;
/// How many batches may wait to be taken in while the next is read.
const READY: usize = 1;

/// Why an import came to its end.
enum End {
    /// Everything was read.
    Whole,
    /// Somebody asked for it.
    Signal,
    /// There was no reading on.
    Unreadable(io::Error),
    /// The store did not take the last batch in, or nobody knows.
    Store(Error),
}

/// Takes accounts in. Records are read and judged on a thread of their own, while the store takes in
/// those before them.
pub(super) async fn run(
    wired: &Wired,
    arguments: &ImportArguments,
    progress: Progress,
) -> Result<ExitCode> {
    // Before signals are listened for: to open a pipe waits for who writes to it.
    let (input, bytes) = open(arguments)?;
    let shutdown = Shutdown::new();
    let _signals = listen_for_signals(&shutdown).context("cannot listen for signals")?;
    let options = ImportOptions {
        mode: if arguments.dry_run {
            ImportMode::DryRun
        } else {
            ImportMode::Write
        },
        rules: if arguments.lenient {
            RecordRules::Storable
        } else {
            RecordRules::Today
        },
        events: arguments.events,
    };
    let context = RequestContext::default();
    let begun = wired
        .users
        .transfer
        .begin_import(&context, &Caller::Operator, options);
    let mut import = begun.await?;
    let (sender, batches) = mpsc::channel(READY);
    let arrivals = import.arrivals();
    let size = BatchSize::new();
    let wanted = size.clone();
    std::thread::Builder::new()
        .name("users-import".to_owned())
        .spawn(move || {
            batches::read(
                BufReader::with_capacity(READ, input),
                &arrivals,
                &wanted,
                &sender,
            );
        })
        .context("cannot start a thread")?;
    progress.of_bytes(bytes);
    let mut report = Report::new(progress, arguments.dry_run);
    let end = take_in(&mut import, batches, &size, &shutdown, &mut report).await;
    if matches!(end, End::Signal) {
        report.stopping();
    }
    let finished = finish(import, &shutdown, &report).await;
    let tidied = match &finished {
        Some(Ok(())) => None,
        Some(Err(error)) => Some(error.to_string()),
        None => {
            // Whoever insists does not wait for what runs there.
            wired.store.technology.abandon();
            Some("stopped by a second signal".to_owned())
        }
    };
    if let Some(why) = &tidied {
        report.untidy(why);
    }
    Ok(match end {
        End::Whole if tidied.is_none() => report.whole(),
        End::Whole => report.everything_read(),
        End::Signal => report.stopped(format_args!("by a signal")),
        End::Unreadable(error) => report.stopped(format_args!("cannot read on: {error}")),
        End::Store(error) => report.stopped(format_args!("{error}")),
    })
}

/// What is read, and how many bytes it has if that is known.
fn open(arguments: &ImportArguments) -> Result<(Box<dyn Read + Send>, Option<u64>)> {
    let Some(path) = arguments
        .file
        .as_ref()
        .filter(|path| path.as_os_str() != "-")
    else {
        return Ok((Box::new(io::stdin()), None));
    };
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    let about = file.metadata().with_context(cannot)?;
    if about.is_dir() {
        anyhow::bail!("{} is a folder", path.display());
    }
    let size = Some(about)
        .filter(fs::Metadata::is_file)
        .map(|about| about.len());
    Ok((Box::new(file), size))
}

async fn take_in(
    import: &mut Import,
    mut batches: mpsc::Receiver<io::Result<Batch>>,
    size: &BatchSize,
    shutdown: &Shutdown,
    report: &mut Report,
) -> End {
    loop {
        let batch = tokio::select! {
            biased;
            () = shutdown.requested() => return End::Signal,
            batch = batches.recv() => batch,
        };
        let batch = match batch {
            // Only if the reader broke off: the last batch says that it is the last.
            None => return End::Unreadable(io::Error::other("the reader broke off")),
            Some(Err(error)) => return End::Unreadable(error),
            Some(Ok(batch)) => batch,
        };
        let begun = Instant::now();
        // What was begun comes to its end, unless somebody insists.
        let outcomes = tokio::select! {
            biased;
            outcomes = import.add(&batch.accounts) => outcomes,
            () = shutdown.forced() => return End::Signal,
        };
        size.took(begun.elapsed());
        match outcomes {
            Ok(outcomes) => {
                report.batch(&batch, &outcomes);
                if batch.is_last {
                    return End::Whole;
                }
            }
            Err(error) => return End::Store(error),
        }
    }
}

/// Lets the store tidy up, which may take long: whoever insists need not wait for it, and gets no
/// answer.
async fn finish(import: Import, shutdown: &Shutdown, report: &Report) -> Option<Result<(), Error>> {
    report.tidying();
    tokio::select! {
        biased;
        finished = import.finish() => Some(finished),
        () = shutdown.forced() => None,
    }
}
