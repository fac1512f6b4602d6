//! Hashes that other programs made; these are libxcrypt's.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use users_domain::model::{PasswordAttempt, PasswordHash, PasswordPolicy};
use users_domain::ports::{PasswordHasher, Verdict};
use users_password::{BcryptHasher, HasherSettings};

const SALT: &str = "abcdefghijklmnopqrstuu";
/// Passwords and the last part of their hashes at cost 4.
const KNOWN: [(&str, &str); 4] = [
    ("U*U", "CFaEytnzrfaPZJKbS76hh9vqd9r8v2S"),
    ("correct horse", "jydOTSfIH/d5oUHpsygqV5X9xJLQc6e"),
    ("", "byCG3zY1GIXMyxfivm.ClDiInHzxjiq"),
    (
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "bzadhGtS2zEF.gu0yd0opP6cVzb.e0i",
    ),
];

fn hasher(cost: u32) -> BcryptHasher {
    let settings = HasherSettings {
        cost,
        ..HasherSettings::with_threads(1)
    };
    BcryptHasher::start(settings).unwrap()
}

async fn verdict(hasher: &BcryptHasher, attempt: &str, stored: &str) -> Verdict {
    let attempt = PasswordAttempt::new(attempt.to_owned());
    let hash = PasswordHash::from_stored(stored.to_owned());
    hasher.verify(&attempt, &hash).await.unwrap()
}

#[tokio::test]
async fn hashes_of_every_prefix_match_their_passwords_and_no_other() {
    let hasher = hasher(4);
    for prefix in ["$2a$", "$2b$", "$2y$", "$2x$", "$2$", "$2c$"] {
        for (password, hash) in KNOWN {
            let stored = format!("{prefix}04${SALT}{hash}");
            let verdict_of = async |attempt: &str| verdict(&hasher, attempt, &stored).await;
            let right = verdict_of(password).await;
            assert!(right.matches && !right.outdated, "{stored}: {right:?}");
            assert!(
                !verdict_of(&format!("{password}x")).await.matches,
                "{stored}"
            );
        }
    }
}

#[tokio::test]
async fn a_password_that_is_not_ascii_matches() {
    let stored = format!("$2b$04${SALT}yx2n0Zzopyr9QuYTMCfOJJOj526QVoC");
    assert!(verdict(&hasher(4), "pässwörd", &stored).await.matches);
}

#[tokio::test]
async fn a_padded_hash_and_one_with_spare_bits_in_its_salt_match() {
    let hasher = hasher(4);
    let (password, hash) = KNOWN[1];
    let padded = format!("$2a$04${SALT}{hash}      ");
    assert!(verdict(&hasher, password, &padded).await.matches);
    let spare_bits = format!("$2a$04${}v{hash}", &SALT[..21]);
    assert!(verdict(&hasher, password, &spare_bits).await.matches);
}

#[tokio::test]
async fn another_prefix_is_not_outdated_and_another_cost_is() {
    let hasher = hasher(HasherSettings::COST);
    let of_cost_10 = "23JPZtHcGhwXSF41f93o/7vBdDut3Xu";
    for prefix in ["$2a$", "$2b$", "$2y$"] {
        let stored = format!("{prefix}10${SALT}{of_cost_10}");
        let verdict = verdict(&hasher, "correct horse", &stored).await;
        assert!(verdict.matches && !verdict.outdated, "{stored}");
    }
    let stored = format!("$2b$04${SALT}{}", KNOWN[1].1);
    assert!(verdict(&hasher, "correct horse", &stored).await.outdated);
}

#[tokio::test]
async fn zero_bytes_of_an_attempt_count() {
    let hasher = hasher(4);
    let adopted = bcrypt::hash("before\0after", 4).unwrap();
    assert!(verdict(&hasher, "before\0after", &adopted).await.matches);
    for other in ["before", "before\0", "before\0other", "beforeafter"] {
        assert!(
            !verdict(&hasher, other, &adopted).await.matches,
            "{other:?}"
        );
    }
}

#[tokio::test]
async fn what_only_begins_with_the_longest_password_does_not_match() {
    let (longest, hash) = KNOWN[3];
    let stored = format!("$2b$04${SALT}{hash}");
    let longer = format!("{longest}x");
    assert!(!verdict(&hasher(4), &longer, &stored).await.matches);
}

#[tokio::test]
async fn a_new_hash_has_our_prefix_and_todays_cost() {
    let hasher = BcryptHasher::start(HasherSettings::with_threads(1)).unwrap();
    let password = PasswordPolicy::default().accept("correct horse").unwrap();
    let hash = hasher.hash(&password).await.unwrap();
    assert!(hash.as_str().starts_with("$2b$10$"), "{}", hash.as_str());
    assert_eq!(hash.as_str().len(), 60);
}

#[test]
fn a_hasher_prints_no_secret() {
    let printed = format!("{:?}", hasher(4));
    assert!(printed.starts_with("BcryptHasher { cost: 4"), "{printed}");
}
