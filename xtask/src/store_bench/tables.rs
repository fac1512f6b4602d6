//! What was measured, as tables in Markdown: the stores side by side.

use crate::figures::{Wanted, yes_or_no};
use crate::latencies::{milliseconds, per_second};

use super::Technology;
use super::filling::Transfers;
use super::operation::Operation;
use super::rounds::Measurement;

/// Accounts a second that an import into an empty Postgres takes in before the indexes are built.
const IMPORT_RATE: f64 = 20_000.0;
/// The same with all indexes there.
const LIVE_RATE: f64 = 8_000.0;
/// Accounts a second that come out of Postgres.
const EXPORT_RATE: f64 = 50_000.0;
/// Memory at the largest size over that at the next smaller one. At the smallest, buffers are not full.
const FLAT: f64 = 1.25;

/// What the tables have columns for.
pub(super) struct Tables<'a> {
    pub(super) technologies: &'a [Technology],
    /// Ascending.
    pub(super) sizes: &'a [u64],
}

impl Tables<'_> {
    /// Prints on what was measured.
    pub(super) fn print_head(server: Option<&str>) {
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let server = server
            .map(|server| format!("; {server}"))
            .unwrap_or_default();
        println!("\n{cores} cores; SQLite with synchronous = FULL{server}.\n");
        if cfg!(debug_assertions) {
            println!("Built without optimisations: these numbers measure nothing.\n");
        }
    }

    /// Prints median and p99 of every operation; says how many ratios are not what is wanted.
    pub(super) fn print_operations(&self, measurements: &[Measurement]) -> usize {
        println!(
            "Milliseconds, median / p99, one caller. The ratio is that of the medians at {} and at \
             {} accounts.\n",
            shown(self.largest()),
            shown(self.smallest())
        );
        let mut head = vec!["operation".to_owned(), "ratio wanted".to_owned()];
        for technology in self.technologies {
            head.extend(self.columns(*technology));
            head.extend(["ratio".to_owned(), "reached".to_owned()]);
        }
        print_table_head(&head);
        let mut missed = 0;
        for operation in Operation::ALL {
            let (row, missed_in_it) = self.operation_row(operation, measurements);
            println!("{row}");
            missed += missed_in_it;
        }
        missed
    }

    fn operation_row(&self, operation: Operation, measurements: &[Measurement]) -> (String, usize) {
        let wanted = operation.wanted_ratio();
        let mut cells = vec![operation.name().to_owned(), wanted.to_string()];
        let mut missed = 0;
        for technology in self.technologies {
            let of = |size: u64| {
                measurements.iter().find(|one| {
                    one.operation == operation && one.technology == *technology && one.size == size
                })
            };
            cells.extend(self.sizes.iter().map(|size| {
                of(*size).map_or_else(String::new, |one| {
                    let (median, p99) = (milliseconds(one.median()), milliseconds(one.p99()));
                    format!("{median:.3} / {p99:.3}")
                })
            }));
            let median = |size| of(size).map(|one| milliseconds(one.median()));
            let ratio = match (median(self.largest()), median(self.smallest())) {
                (Some(largest), Some(smallest)) if smallest > 0.0 => largest / smallest,
                _ => f64::NAN,
            };
            let reached = Wanted::AtMost(wanted).is_reached_by(ratio);
            missed += usize::from(reached == Some(false));
            cells.extend([format!("{ratio:.2}"), yes_or_no(reached).to_owned()]);
        }
        (row(&cells), missed)
    }

    /// Prints how accounts came in and went out; says how many figures are not what is wanted.
    pub(super) fn print_transfers(&self, transfers: &[Transfers]) -> usize {
        println!("\n`users import` and `users export`, memory (RSS) at its highest.\n");
        let mut head = vec![String::new()];
        for technology in self.technologies {
            head.extend(self.columns(*technology));
        }
        let wanted_at = shown(self.largest());
        head.extend([
            format!("wanted of Postgres at {wanted_at}"),
            "reached".to_owned(),
        ]);
        print_table_head(&head);
        let mut missed = 0;
        for (what, digits, value, wanted) in ROWS {
            let mut cells = vec![what.to_owned()];
            for technology in self.technologies {
                cells.extend(self.sizes.iter().map(|size| {
                    transfer(transfers, *technology, *size)
                        .map_or_else(String::new, |one| format!("{:.digits$}", value(one)))
                }));
            }
            let judged = transfer(transfers, Technology::Postgres, self.largest());
            let reached = judged.and_then(|one| wanted.is_reached_by(value(one)));
            missed += usize::from(reached == Some(false));
            let wanted = match wanted {
                Wanted::AtLeast(limit) => format!("at least {limit:.0}"),
                Wanted::AtMost(_) | Wanted::Nothing => String::new(),
            };
            cells.extend([wanted, yes_or_no(reached).to_owned()]);
            println!("{}", row(&cells));
        }
        missed + self.print_flatness(transfers)
    }

    fn print_flatness(&self, transfers: &[Transfers]) -> usize {
        let [.., before, largest] = *self.sizes else {
            return 0;
        };
        println!(
            "\nMemory at {} accounts over that at {}, wanted at most {FLAT}:\n",
            shown(largest),
            shown(before)
        );
        let mut missed = 0;
        for technology in self.technologies {
            let at = |size| transfer(transfers, *technology, size);
            let (Some(largest), Some(before)) = (at(largest), at(before)) else {
                continue;
            };
            for (what, ratio) in [
                ("import", largest.import.memory / before.import.memory),
                ("export", largest.export.memory / before.export.memory),
            ] {
                let reached = Wanted::AtMost(FLAT).is_reached_by(ratio);
                missed += usize::from(reached == Some(false));
                let name = technology.name();
                println!("- {name}, {what}: {ratio:.2} {}", yes_or_no(reached));
            }
        }
        missed
    }

    /// A column for each size.
    fn columns(&self, technology: Technology) -> impl Iterator<Item = String> {
        let name = technology.name();
        self.sizes
            .iter()
            .map(move |size| format!("{name} {}", shown(*size)))
    }

    fn smallest(&self) -> u64 {
        self.sizes.first().copied().unwrap_or_default()
    }

    fn largest(&self) -> u64 {
        self.sizes.last().copied().unwrap_or_default()
    }
}

fn transfer(transfers: &[Transfers], technology: Technology, size: u64) -> Option<&Transfers> {
    transfers
        .iter()
        .find(|one| one.technology == technology && one.size == size)
}

type Row = (&'static str, usize, fn(&Transfers) -> f64, Wanted);

/// Of each row the name, digits behind the point, the value, and what is wanted.
const ROWS: [Row; 8] = [
    (
        "import into the empty store, accounts/s until indexes are built",
        0,
        |one| per_second(one.import.accounts, one.import.until_tended),
        Wanted::AtLeast(IMPORT_RATE),
    ),
    (
        "building indexes and cleaning up behind it, s",
        1,
        |one| (one.import.took.saturating_sub(one.import.until_tended)).as_secs_f64(),
        Wanted::Nothing,
    ),
    (
        "the whole import, s",
        1,
        |one| one.import.took.as_secs_f64(),
        Wanted::Nothing,
    ),
    (
        "import into the filled store, accounts/s until it is cleaned up",
        0,
        |one| per_second(one.live.accounts, one.live.until_tended),
        Wanted::AtLeast(LIVE_RATE),
    ),
    (
        "export, accounts/s",
        0,
        |one| per_second(one.export.accounts, one.export.took),
        Wanted::AtLeast(EXPORT_RATE),
    ),
    (
        "memory of the import, MiB",
        1,
        |one| one.import.memory,
        Wanted::Nothing,
    ),
    (
        "memory of the export, MiB",
        1,
        |one| one.export.memory,
        Wanted::Nothing,
    ),
    (
        "disk, bytes an account",
        0,
        |one| u32::try_from(one.bytes_per_account).map_or(f64::INFINITY, f64::from),
        Wanted::Nothing,
    ),
];

/// A number with its thousands apart: a thin line of zeros is hard to count.
fn shown(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn print_table_head(cells: &[String]) {
    println!("{}", row(cells));
    let rules: Vec<String> = (0..cells.len())
        .map(|column| if column == 0 { "---" } else { "--:" }.to_owned())
        .collect();
    println!("{}", row(&rules));
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TABLES: Tables<'static> = Tables {
        technologies: &[Technology::Sqlite, Technology::Postgres],
        sizes: &[10_000, 1_000_000],
    };

    #[test]
    fn the_ratio_is_that_of_the_medians_and_is_judged() {
        let of = |technology, size, ms| {
            let latencies = vec![Duration::from_millis(ms); 3];
            Measurement::new(Operation::Total, technology, size, latencies)
        };
        let measurements = [
            of(Technology::Sqlite, 10_000, 2),
            of(Technology::Sqlite, 1_000_000, 3),
            of(Technology::Postgres, 10_000, 2),
            of(Technology::Postgres, 1_000_000, 4),
        ];
        let (row, missed) = TABLES.operation_row(Operation::Total, &measurements);
        assert_eq!(
            row,
            "| total | 1.5 | 2.000 / 2.000 | 3.000 / 3.000 | 1.50 | yes \
             | 2.000 / 2.000 | 4.000 / 4.000 | 2.00 | **no** |"
        );
        assert_eq!(missed, 1);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(shown(300), "300");
        assert_eq!(shown(10_000), "10,000");
        assert_eq!(shown(1_000_000), "1,000,000");
    }
}
