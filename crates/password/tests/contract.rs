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

fn foreign(password: &str, hash: &str) -> (PasswordAttempt, PasswordHash) {
    (
        PasswordAttempt::new(password.to_owned()),
        PasswordHash::from_stored(hash.to_owned()),
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
            foreign("secret", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
            foreign(
                "password",
                "$pbkdf2-sha1$i=1,l=20$c2FsdA$DGDID5YfDnHzqbUkr2ASBi/gN6Y",
            ),
        ],
        unacceptable: vec![
            // Of cost 4, but for the number: verified, it would take minutes and not match.
            stored("$2b$17$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2b$31$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2b$03$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2d$04$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
            stored("$2b$04$", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6"),
            foreign(
                "password",
                "$pbkdf2-sha1$i=5000001,l=20$c2FsdA$DGDID5YfDnHzqbUkr2ASBi/gN6Y",
            ),
            foreign(
                "password",
                "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ\
                 $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            ),
            // Well formed, and of another password: what it is worth does not show in the cost.
            foreign("Secret", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
        ],
        too_dear: [
            "$2b$17$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
            "$pbkdf2-sha1$i=5000001,l=20$c2FsdA$DGDID5YfDnHzqbUkr2ASBi/gN6Y",
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ\
             $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ]
        .map(|hash| PasswordHash::from_stored(hash.to_owned()))
        .to_vec(),
        cost: CostMeasure::Count(Box::new(move || hasher.stats().done)),
        has_threads: true,
        most_in_flight: Some(18),
        keep: Box::new(()),
    }
}
