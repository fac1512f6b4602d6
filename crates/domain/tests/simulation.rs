//! The whole of `Users` in a bad world: calls fail, answers get lost, processes end in the middle of
//! anything, the event stream, the mail server and the platform go away, tokens are stolen, mailed
//! codes are tried again and again, administrators bring each other down, and several replicas share
//! one store.
//!
//! Chance decides what happens, and a seed decides what chance does: a failure is the same on every
//! machine. Everything runs on one thread; whatever can happen at once is a set of futures of which
//! chance picks the next to go on, or to be dropped for good.
//!
//! An operation that a service offers joins by an arm in [`operations`].

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what cannot be unwrapped breaks an invariant"
)]

mod simulation {
    pub(crate) mod book;
    pub(crate) mod invariants;
    pub(crate) mod ledger;
    pub(crate) mod operations;
    pub(crate) mod possessions;
    pub(crate) mod world;
}

use simulation::invariants;
use simulation::operations::Operation;
use simulation::world::World;

/// Steps of one simulation; about every fifth begins an operation.
const STEPS: usize = 25_000;

/// Makes a test of a seed, so that a failure names it.
macro_rules! nothing_is_lost_doubled_or_half_done {
    ($($name:ident: $seed:literal,)*) => {
        $(
            #[test]
            fn $name() {
                simulate($seed);
            }
        )*
    };
}

nothing_is_lost_doubled_or_half_done! {
    nothing_is_lost_doubled_or_half_done_with_seed_1: 1,
    nothing_is_lost_doubled_or_half_done_with_seed_2: 2,
    nothing_is_lost_doubled_or_half_done_with_seed_3: 3,
    nothing_is_lost_doubled_or_half_done_with_seed_4: 4,
    nothing_is_lost_doubled_or_half_done_with_seed_5: 5,
    nothing_is_lost_doubled_or_half_done_with_seed_6: 6,
    nothing_is_lost_doubled_or_half_done_with_seed_7: 7,
    nothing_is_lost_doubled_or_half_done_with_seed_8: 8,
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let world = || {
        let mut world = World::new(99);
        for _ in 0..2_000 {
            world.step();
        }
        (world.fakes.store.snapshot(), world.fakes.publisher.events())
    };
    assert_eq!(world(), world());
}

fn simulate(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    enough_happened(&world);
    world.come_to_rest();
    invariants::check(&mut world);
}

/// A world in which nothing goes wrong, or nobody asks for anything, proves nothing.
fn enough_happened(world: &World) {
    for plan in &world.faults {
        let faults = plan.so_far();
        assert!(
            faults.away > 0 && faults.lost_answer > 0 && faults.slow > 0,
            "{faults:?}"
        );
    }
    let mut given_up = 0;
    for operation in Operation::ALL {
        let tally = world.tally(operation);
        assert!(tally.answered > 0, "{operation:?}: {tally:?}");
        given_up += usize::from(tally.begun > tally.answered);
    }
    assert!(given_up > Operation::ALL.len() / 2, "{given_up} operations");
    for operation in [
        Operation::Register,
        Operation::UpdateEmail,
        Operation::UpdateSecret,
        Operation::SendVerification,
        Operation::VerifyEmail,
        Operation::AskForReset,
        Operation::ResetSecret,
        Operation::GiveRole,
        Operation::Suspend,
        Operation::Restore,
        Operation::Leave,
        Operation::GiveUpSession,
    ] {
        let tally = world.tally(operation);
        assert!(tally.acknowledged > 0, "{operation:?}: {tally:?}");
    }
    let begun: usize = Operation::ALL
        .map(|operation| world.tally(operation).begun)
        .iter()
        .sum();
    assert!(begun > STEPS / 8, "{begun} operations");
    assert!(world.processes_ended > 0 && world.futures_dropped > 0);
    assert!(!world.ledger.stolen_sessions().is_empty());
    assert!(world.last_ones > 0, "nobody was the last administrator");
}
