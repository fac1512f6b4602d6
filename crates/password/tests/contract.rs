//! What the port asks of every adapter, asked of this one at bcrypt's least cost.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::sync::Arc;

use users_domain::model::{PasswordAttempt, PasswordHash};
use users_password::{BcryptHasher, HasherSettings};
use users_testkit::contract::{CostMeasure, PasswordHasherUnderTest};

users_testkit::password_hasher_contract!(subject());

const PASSWORD: &str = "correct horse";
const SALT: &str = "abcdefghijklmnopqrstuu";

fn stored(prefix_and_cost: &str, hash: &str) -> (PasswordAttempt, PasswordHash) {
    (
        PasswordAttempt::new(PASSWORD.to_owned()),
        PasswordHash::from_stored(format!("{prefix_and_cost}{SALT}{hash}")),
    )
}

fn subject() -> PasswordHasherUnderTest {
    let settings = HasherSettings {
        threads: 2,
        queue: 16,
        cost: 4,
        ..HasherSettings::default()
    };
    let hasher = Arc::new(BcryptHasher::start(settings).unwrap());
    PasswordHasherUnderTest {
        hasher: hasher.clone(),
        outdated: vec![
            stored("$2b$05$", "HNbAKRhpaujgo33bRWs.NLUTJO3lOy2"),
            stored("$2y$05$", "HNbAKRhpaujgo33bRWs.NLUTJO3lOy2"),
            stored("$2b$10$", "23JPZtHcGhwXSF41f93o/7vBdDut3Xu"),
        ],
        unacceptable: vec![
            // Of cost 4, but for the number: verified, it would take minutes and not match.
            stored("$2b$17$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2b$31$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2b$03$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2d$04$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2b$04$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6"),
        ],
        cost: CostMeasure::Count(Box::new(move || hasher.stats().done)),
        has_threads: true,
        most_in_flight: Some(18),
        keep: Box::new(()),
    }
}
