//! What happens to which call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fakes::SeededEntropy;

/// What may happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not carried out; the answer is that the port is away.
    Away,
    /// It is carried out; the answer is that the port is away.
    LostAnswer,
    /// It is carried out and answered, and waits once before and once behind.
    Slow,
    /// It is neither carried out nor ever answered.
    Hanging,
}

/// How many of a thousand calls suffer each fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultRates {
    /// [`Fault::Away`].
    pub away: usize,
    /// [`Fault::LostAnswer`].
    pub lost_answer: usize,
    /// [`Fault::Slow`].
    pub slow: usize,
}

/// Decides what happens to each call. Clones are the same plan.
#[derive(Debug, Clone)]
pub struct FaultPlan(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    rule: Rule,
    calm: bool,
    so_far: FaultsSoFar,
}

#[derive(Debug)]
enum Rule {
    Always(Fault),
    /// From the call of this number on, so many calls.
    Calls {
        first: u64,
        count: u64,
        fault: Fault,
    },
    Seeded {
        rates: FaultRates,
        chance: SeededEntropy,
    },
}

/// What a plan has decided up to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FaultsSoFar {
    /// Calls decided about while the plan was in force.
    pub calls: u64,
    /// Those that suffered [`Fault::Away`].
    pub away: u64,
    /// Those that suffered [`Fault::LostAnswer`].
    pub lost_answer: u64,
    /// Those that suffered [`Fault::Slow`].
    pub slow: u64,
}

impl FaultPlan {
    /// Every call suffers this.
    pub fn always(fault: Fault) -> Self {
        Self::new(Rule::Always(fault))
    }

    /// The first call suffers this and no other.
    pub fn once(fault: Fault) -> Self {
        Self::nth(1, fault)
    }

    /// The first calls suffer this and no others.
    pub fn first(count: u64, fault: Fault) -> Self {
        Self::new(Rule::Calls {
            first: 1,
            count,
            fault,
        })
    }

    /// The call of this number, counted from 1, suffers this and no other.
    pub fn nth(number: u64, fault: Fault) -> Self {
        Self::new(Rule::Calls {
            first: number,
            count: 1,
            fault,
        })
    }

    /// Chance decides, the same in every run with the same seed.
    pub fn seeded(seed: u64, rates: FaultRates) -> Self {
        Self::new(Rule::Seeded {
            rates,
            chance: SeededEntropy::new(seed),
        })
    }

    /// From now on nothing happens to any call.
    pub fn calm(&self) {
        self.state().calm = true;
    }

    /// From now on the plan is in force again.
    pub fn resume(&self) {
        self.state().calm = false;
    }

    /// What was decided up to now.
    pub fn so_far(&self) -> FaultsSoFar {
        self.state().so_far
    }

    /// Decides about the next call.
    pub(super) fn next(&self) -> Option<Fault> {
        let mut state = self.state();
        if state.calm {
            return None;
        }
        state.so_far.calls += 1;
        let number = state.so_far.calls;
        let fault = match &state.rule {
            Rule::Always(fault) => Some(*fault),
            Rule::Calls {
                first,
                count,
                fault,
            } => (*first..first + count).contains(&number).then_some(*fault),
            Rule::Seeded { rates, chance } => rates.pick(chance.below(1000)),
        };
        match fault {
            Some(Fault::Away) => state.so_far.away += 1,
            Some(Fault::LostAnswer) => state.so_far.lost_answer += 1,
            Some(Fault::Slow) => state.so_far.slow += 1,
            Some(Fault::Hanging) | None => {}
        }
        fault
    }

    fn new(rule: Rule) -> Self {
        Self(Arc::new(Mutex::new(State {
            rule,
            calm: false,
            so_far: FaultsSoFar::default(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultRates {
    /// The fault of a call that drew this number of a thousand.
    fn pick(&self, drawn: usize) -> Option<Fault> {
        let away = self.away;
        let lost = away + self.lost_answer;
        let slow = lost + self.slow;
        match drawn {
            drawn if drawn < away => Some(Fault::Away),
            drawn if drawn < lost => Some(Fault::LostAnswer),
            drawn if drawn < slow => Some(Fault::Slow),
            _ => None,
        }
    }
}
