//! The values of the domain: what `parse` accepts and refuses, what stays as it was typed or
//! stored, and what is never printed.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use proptest::test_runner::{Config, RngSeed};

mod model {
    mod account;
    mod adopted_code;
    mod cursor;
    mod effect;
    mod email;
    mod errors;
    mod event;
    mod ids;
    mod json;
    mod metadata;
    mod names;
    mod one_time_code;
    mod password;
    mod person_name;
    mod picture_url;
    mod secrecy;
    mod stored_json;
    mod tags;
    mod user_rules;
    mod username;
}

/// The same cases in every run, so that a failure is one on every machine.
fn fixed_cases() -> Config {
    Config {
        cases: 512,
        rng_seed: RngSeed::Fixed(9002),
        failure_persistence: None,
        ..Config::default()
    }
}
