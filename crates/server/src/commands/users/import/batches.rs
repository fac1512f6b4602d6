//! Records, read and judged ahead of the store: so many at a time that a call of it is worth while,
//! and so few that they need little memory.

use std::collections::HashSet;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use users_domain::error::{Invalid, InvalidReason};
use users_domain::services::{Arrivals, ImportBatch};
use users_http::account_record::{self, RECORD, ReadRecord};

use super::lines::{Line, Lines, MAX_LINE_BYTES};

/// Most records of a batch.
const MOST_RECORDS: usize = 2000;
/// Fewest, however slow the store is.
const FEWEST_RECORDS: usize = 50;
/// A batch that takes the store longer is too great: others who write wait for it.
const LONG: Duration = Duration::from_millis(600);
/// One that takes less may be greater.
const SHORT: Duration = Duration::from_millis(200);
/// A batch that holds as many bytes is full.
const FULL: usize = 2 * 1024 * 1024;
/// How many members without meaning are told of by name.
const MOST_NAMES: usize = 20;
/// How many characters of such a name are shown.
const SHOWN: usize = 60;

/// What was read of the input at a time.
#[derive(Default)]
pub(super) struct Batch {
    /// What may come in.
    pub(super) accounts: ImportBatch,
    /// The line of each.
    pub(super) lines: Vec<u64>,
    /// What may not, by its line.
    pub(super) refused: Vec<(u64, Invalid)>,
    /// Members without meaning that were met first here, by the line.
    pub(super) unknown: Vec<(u64, String)>,
    /// The line read last.
    pub(super) last_line: u64,
    /// How many bytes of the input were read.
    pub(super) bytes_read: u64,
    /// Whether everything was read.
    pub(super) is_last: bool,
}

/// How many records a batch has: as many as the store takes in while others can wait. Clones share
/// it.
#[derive(Clone)]
pub(super) struct BatchSize(Arc<AtomicUsize>);

impl BatchSize {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(MOST_RECORDS)))
    }

    /// The store has taken a batch in, within this time.
    pub(super) fn took(&self, time: Duration) {
        let now = self.records();
        let next = match time {
            long if long > LONG => now / 2,
            short if short < SHORT => now * 2,
            _ => now,
        };
        let next = next.clamp(FEWEST_RECORDS, MOST_RECORDS);
        self.0.store(next, Ordering::Relaxed);
    }

    fn records(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Reads everything, batch by batch, until the end or until nobody wants any more.
pub(super) fn read(
    input: impl BufRead,
    arrivals: &Arrivals,
    size: &BatchSize,
    batches: &Sender<io::Result<Batch>>,
) {
    let mut reader = Reader {
        lines: Lines::new(input),
        arrivals,
        size,
        told: HashSet::new(),
        line: Vec::new(),
    };
    loop {
        let (mut batch, end) = reader.batch();
        batch.is_last = matches!(end, Some(Ok(())));
        // Nobody listens any more where the import has ended.
        if batches.blocking_send(Ok(batch)).is_err() {
            return;
        }
        match end {
            None => {}
            Some(Ok(())) => return,
            Some(Err(error)) => {
                let _ = batches.blocking_send(Err(error));
                return;
            }
        }
    }
}

struct Reader<'a, R> {
    lines: Lines<R>,
    arrivals: &'a Arrivals,
    size: &'a BatchSize,
    /// Members without meaning that were told of.
    told: HashSet<String>,
    line: Vec<u8>,
}

impl<R: BufRead> Reader<'_, R> {
    /// The next batch; and if it is the last, whether everything was read.
    fn batch(&mut self) -> (Batch, Option<io::Result<()>>) {
        let mut batch = Batch::default();
        let (mut records, mut bytes, mut end) = (0, 0, None);
        let most = self.size.records();
        while records < most && bytes < FULL {
            let found = match self.lines.next(&mut self.line) {
                Ok(Some(found)) => found,
                Ok(None) => {
                    end = Some(Ok(()));
                    break;
                }
                Err(error) => {
                    end = Some(Err(error));
                    break;
                }
            };
            records += 1;
            bytes += self.line.len();
            let number = self.lines.number;
            match self.judge(&found, &mut batch) {
                Ok(()) => batch.lines.push(number),
                Err(invalid) => batch.refused.push((number, invalid)),
            }
        }
        batch.last_line = self.lines.number;
        batch.bytes_read = self.lines.bytes;
        (batch, end)
    }

    fn judge(&mut self, found: &Line, batch: &mut Batch) -> Result<(), Invalid> {
        if *found == Line::TooLong {
            let limit = MAX_LINE_BYTES;
            let unit = "bytes";
            return Err(Invalid::new(RECORD, InvalidReason::TooLong { limit, unit }));
        }
        let ReadRecord { record, unknown } = account_record::read(&self.line)?;
        for name in unknown {
            let name: String = name.chars().take(SHOWN).collect();
            if self.told.len() < MOST_NAMES && self.told.insert(name.clone()) {
                batch.unknown.push((self.lines.number, name));
            }
        }
        self.arrivals.judge(record, &mut batch.accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_store_is_given_less_at_a_time_and_a_quick_one_more() {
        let size = BatchSize::new();
        size.took(Duration::from_secs(3));
        assert_eq!(size.records(), MOST_RECORDS / 2);
        size.took(Duration::from_millis(400));
        assert_eq!(size.records(), MOST_RECORDS / 2);
        for _ in 0..20 {
            size.took(Duration::from_secs(3));
        }
        assert_eq!(size.records(), FEWEST_RECORDS);
        for _ in 0..20 {
            size.took(Duration::from_millis(1));
        }
        assert_eq!(size.records(), MOST_RECORDS);
    }
}
