//! What is known of the platform's other services.

use std::sync::{Mutex, PoisonError};

use users_http::CheckState;

/// How another service of the platform was when it was asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourCondition {
    /// Nobody has asked it yet.
    Unknown,
    /// It serves.
    Well,
    /// It is away, too slow, or says that it does not serve.
    Away,
}

/// What it means when another service of the platform is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No request with a token can be carried out. The text says so, for people.
    Fatal(&'static str),
    /// Requests go on; the text says which do not, or what comes later.
    Tolerable(&'static str),
}

impl Absence {
    /// What is told of it.
    pub fn told(self) -> &'static str {
        match self {
            Self::Fatal(told) | Self::Tolerable(told) => told,
        }
    }

    fn state(self, told: &'static str) -> CheckState {
        match self {
            Self::Fatal(_) => CheckState::Fail(told),
            Self::Tolerable(_) => CheckState::Warn(told),
        }
    }
}

/// All of them, in the order in which they are shown.
pub(super) struct Neighbours(Mutex<Vec<Neighbour>>);

struct Neighbour {
    component: &'static str,
    absence: Absence,
    seen: NeighbourCondition,
}

impl Neighbours {
    pub(super) fn new(neighbours: &[(&'static str, Absence)]) -> Self {
        let neighbours = neighbours.iter().map(|&(component, absence)| Neighbour {
            component,
            absence,
            seen: NeighbourCondition::Unknown,
        });
        Self(Mutex::new(neighbours.collect()))
    }

    pub(super) fn note(
        &self,
        component: &str,
        now: NeighbourCondition,
    ) -> Option<NeighbourCondition> {
        let mut neighbours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut neighbours = neighbours.iter_mut();
        let neighbour = neighbours.find(|neighbour| neighbour.component == component)?;
        let before = std::mem::replace(&mut neighbour.seen, now);
        (before != now).then_some(before)
    }

    pub(super) fn checks(&self) -> Vec<(&'static str, CheckState)> {
        let neighbours = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let states = neighbours.iter().map(|neighbour| {
            let state = match neighbour.seen {
                NeighbourCondition::Unknown => neighbour.absence.state("starting"),
                NeighbourCondition::Well => CheckState::Pass,
                NeighbourCondition::Away => neighbour.absence.state(neighbour.absence.told()),
            };
            (neighbour.component, state)
        });
        states.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_as_it_was_seen_last_and_only_a_change_is_one() {
        let told = "not available: relations wait";
        let neighbours = Neighbours::new(&[
            ("auth", Absence::Fatal("not available")),
            ("spicedb", Absence::Tolerable(told)),
        ]);
        let starting = [
            ("auth", CheckState::Fail("starting")),
            ("spicedb", CheckState::Warn("starting")),
        ];
        assert_eq!(neighbours.checks(), starting);
        let (well, away) = (NeighbourCondition::Well, NeighbourCondition::Away);
        let unknown = NeighbourCondition::Unknown;
        assert_eq!(neighbours.note("auth", away), Some(unknown));
        assert_eq!(neighbours.note("auth", away), None);
        assert_eq!(neighbours.note("spicedb", away), Some(unknown));
        let both_away = [
            ("auth", CheckState::Fail("not available")),
            ("spicedb", CheckState::Warn(told)),
        ];
        assert_eq!(neighbours.checks(), both_away);
        assert_eq!(neighbours.note("auth", well), Some(away));
        assert_eq!(neighbours.note("spicedb", well), Some(away));
        let both_well = [("auth", CheckState::Pass), ("spicedb", CheckState::Pass)];
        assert_eq!(neighbours.checks(), both_well);
        assert_eq!(neighbours.note("domains", away), None);
    }
}
