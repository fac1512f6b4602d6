//! Faults do what their names say, and only when their plan says so.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;

use users_domain::ports::{StoreError, UserStore};
use users_testkit::faults::{Fault, FaultPlan, FaultRates, Faulty, crash_after};
use users_testkit::{Fakes, people};

/// A store to which this happens.
fn faulty(fakes: &Fakes, plan: FaultPlan) -> Faulty<dyn UserStore> {
    let store: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
    Faulty::new(store, plan)
}

/// Whether adding an account was answered, and how.
fn insert(store: &Faulty<dyn UserStore>, name: &str) -> Option<Result<(), StoreError>> {
    let call = store.insert(people::user(name), Vec::new());
    crash_after(2, call).map(|answer| answer.map(|_| ()))
}

/// What came of three calls: whether each was well answered, and how many accounts there are.
fn three_calls(plan: FaultPlan) -> ([bool; 3], usize) {
    let fakes = Fakes::new();
    let store = faulty(&fakes, plan);
    let answered = ["ada", "grace", "mary"].map(|name| insert(&store, name).unwrap().is_ok());
    (answered, fakes.store.users().len())
}

#[test]
fn away_nothing_is_done() {
    let plan = FaultPlan::always(Fault::Away);
    assert_eq!(three_calls(plan), ([false; 3], 0));
}

#[test]
fn a_lost_answer_is_of_something_done() {
    let plan = FaultPlan::always(Fault::LostAnswer);
    assert_eq!(three_calls(plan), ([false; 3], 3));
}

#[test]
fn slow_is_well_done_and_waits_before_and_behind() {
    let fakes = Fakes::new();
    let store = faulty(&fakes, FaultPlan::always(Fault::Slow));
    for (waits, done, answered) in [(0, 0, false), (1, 1, false), (2, 1, true)] {
        let fresh = format!("person-{waits}");
        let before = fakes.store.users().len();
        let call = store.insert(people::user(&fresh), Vec::new());
        assert_eq!(crash_after(waits, call).is_some(), answered);
        assert_eq!(fakes.store.users().len(), before + done);
    }
}

#[test]
fn hanging_is_never_answered() {
    let fakes = Fakes::new();
    let store = faulty(&fakes, FaultPlan::always(Fault::Hanging));
    assert!(insert(&store, "ada").is_none());
    assert!(fakes.store.users().is_empty());
}

#[test]
fn a_plan_may_be_about_some_calls_only() {
    let away = Fault::Away;
    assert_eq!(three_calls(FaultPlan::once(away)).0, [false, true, true]);
    assert_eq!(three_calls(FaultPlan::nth(2, away)).0, [true, false, true]);
    let first_two = FaultPlan::first(2, away);
    assert_eq!(three_calls(first_two).0, [false, false, true]);
}

#[test]
fn a_calm_plan_lets_everything_pass_until_it_is_resumed() {
    let fakes = Fakes::new();
    let plan = FaultPlan::always(Fault::Away);
    let store = faulty(&fakes, plan.clone());
    plan.calm();
    insert(&store, "ada").unwrap().unwrap();
    plan.resume();
    insert(&store, "grace").unwrap().unwrap_err();
    let so_far = plan.so_far();
    assert_eq!((so_far.calls, so_far.away), (1, 1));
}

#[test]
fn a_seed_decides_the_same_every_time_and_as_often_as_it_should() {
    let rates = FaultRates {
        away: 100,
        lost_answer: 200,
        slow: 300,
    };
    let outcome = |seed| {
        let fakes = Fakes::new();
        let plan = FaultPlan::seeded(seed, rates);
        let store = faulty(&fakes, plan.clone());
        for number in 0..500 {
            insert(&store, &format!("person-{number}"));
        }
        (fakes.store.snapshot(), plan.so_far())
    };
    assert_eq!(outcome(1), outcome(1));
    assert_ne!(outcome(1).0, outcome(2).0);
    let so_far = outcome(3).1;
    assert_eq!(so_far.calls, 500);
    assert!((30..70).contains(&so_far.away), "{so_far:?}");
    assert!((70..130).contains(&so_far.lost_answer), "{so_far:?}");
    assert!((120..180).contains(&so_far.slow), "{so_far:?}");
}
