//! Where the CPU time of a read goes.

use xtask::auth_bench::Parts;

/// CPU time for each call, in microseconds, as it was measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Breakdown {
    /// A profile, with the log as it is by default.
    pub(super) read: f64,
    /// A profile, without a log.
    pub(super) read_log_off: f64,
    /// `/livez`, with the log as it is by default.
    pub(super) alive: f64,
    /// `/livez`, without a log.
    pub(super) alive_log_off: f64,
    /// Measured in a process of their own.
    pub(super) parts: Parts,
}

/// How a figure came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Of the service, while it was asked over HTTP.
    Measured,
    /// Of the same code by itself, in another process.
    InProcess,
    /// From what was measured: its noise is that of all of them, and it may even be below zero.
    Difference,
}

impl Origin {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Measured => "measured over HTTP",
            Self::InProcess => "measured in-process, by itself",
            Self::Difference => "difference",
        }
    }
}

/// One line.
pub(super) type Line = (&'static str, f64, Origin);

impl Breakdown {
    /// Parts that make up a read with its log.
    pub(super) fn shares(&self) -> [Line; 5] {
        let Parts {
            find, verify_known, ..
        } = self.parts;
        let rest = self.read_log_off - self.alive_log_off - find - verify_known;
        [
            (
                "HTTP alone: `/livez` without a log",
                self.alive_log_off,
                Origin::Measured,
            ),
            (
                "finding the account in Postgres (our side of it)",
                find,
                Origin::InProcess,
            ),
            (
                "verifying a token that is remembered",
                verify_known,
                Origin::InProcess,
            ),
            (
                "log: `info` less `error`",
                self.read - self.read_log_off,
                Origin::Difference,
            ),
            (
                "what is left: rights, the answer's JSON, threads that wake each other",
                rest,
                Origin::Difference,
            ),
        ]
    }

    /// What is no part of the read that was measured, to compare with.
    pub(super) fn beside(&self) -> [Line; 3] {
        [
            ("a read without a log", self.read_log_off, Origin::Measured),
            (
                "`/livez` with the log of `info`",
                self.alive,
                Origin::Measured,
            ),
            (
                "verifying a token that comes for the first time",
                self.parts.verify_new,
                Origin::InProcess,
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_make_up_the_read() {
        let breakdown = Breakdown {
            read: 60.0,
            read_log_off: 50.0,
            alive: 25.0,
            alive_log_off: 20.0,
            parts: Parts {
                find: 15.0,
                verify_known: 1.0,
                verify_new: 40.0,
            },
        };
        let shares = breakdown.shares();
        let sum: f64 = shares.iter().map(|(_, cpu, _)| cpu).sum();
        assert!((sum - breakdown.read).abs() < 1e-9, "{sum}");
        let differences: Vec<_> = shares
            .iter()
            .filter(|(_, _, origin)| *origin == Origin::Difference)
            .map(|(_, cpu, _)| cpu.round())
            .collect();
        assert_eq!(differences, [10.0, 14.0]);
    }
}
