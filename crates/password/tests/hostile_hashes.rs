//! Hashes that are broken, changed, or dearer than the limits: none matches, none takes long.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::time::{Duration, Instant};

use proptest::prelude::*;
use tokio::runtime::Runtime;
use users_domain::model::{PasswordAttempt, PasswordHash};
use users_domain::ports::{PasswordHasher, Verdict};
use users_password::{BcryptHasher, HasherSettings, Refusal, check};

fn hasher() -> BcryptHasher {
    let settings = HasherSettings {
        cost: 4,
        ..HasherSettings::with_threads(2)
    };
    BcryptHasher::start(settings).unwrap()
}

async fn verdict(hasher: &BcryptHasher, attempt: &str, stored: &str) -> Verdict {
    let attempt = PasswordAttempt::new(attempt.to_owned());
    let hash = PasswordHash::from_stored(stored.to_owned());
    hasher.verify(&attempt, &hash).await.unwrap()
}

/// One of each format that costs next to nothing, with its password.
const CHEAP: [(&str, &str); 6] = [
    (
        "password",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ),
    (
        "password",
        "$pbkdf2-sha1$i=1,l=20$c2FsdA==$DGDID5YfDnHzqbUkr2ASBi/gN6Y=",
    ),
    (
        "not a password",
        "pbkdf2_sha256$10000$kjVJaVz6qsnJ$5yPHw3rwJGECpUf70daLGhOrQ5+AMxIJdz1c3bqK1Rs=",
    ),
    (
        "пароль",
        "$fbscrypt$v=1,n=1,r=1,p=1,ss=,sk=AAECAwQFBgcICQoLDA0ODxAREhM=$c2FsdHNhbHQ=$ZwF7+\
             pRNfnuUwsuNE6amJeCdoZo=",
    ),
    ("secret", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
    (
        "пароль",
        "$6$rounds=1000$a$YYD4Nu94/qn.HoPeKO8NBImzjMDck1MstQzfaZf/EzB/Hu46oY0.hMJ3xB6X0EW\
             1yfYRVD9cHWOzCmys9eYF/0",
    ),
];

#[tokio::test]
async fn no_hash_that_was_cut_matches() {
    let hasher = hasher();
    for (password, stored) in CHEAP {
        let significant = stored.trim_end_matches('=');
        for end in 0..significant.len() {
            let cut = verdict(&hasher, password, &significant[..end]).await;
            assert!(!cut.matches, "{}", &significant[..end]);
        }
        assert!(verdict(&hasher, password, significant).await.matches);
    }
}

#[tokio::test]
async fn no_hash_with_one_other_character_matches() {
    let hasher = hasher();
    for (password, stored) in CHEAP {
        for at in 0..stored.len() {
            let other = if &stored[at..=at] == "B" { "C" } else { "B" };
            let mut changed = stored.to_owned();
            changed.replace_range(at..=at, other);
            let verdict = verdict(&hasher, password, &changed).await;
            assert!(!verdict.matches, "{changed}");
        }
    }
}

/// The shortest of a few: what else the machine does only adds to it.
async fn shortest(call: impl AsyncFn()) -> Duration {
    let mut shortest = Duration::MAX;
    for _ in 0..4 {
        let begun = Instant::now();
        call().await;
        shortest = shortest.min(begun.elapsed());
    }
    shortest
}

#[tokio::test]
async fn a_wrong_password_for_a_cheap_hash_takes_as_long_as_for_no_account() {
    let hasher = BcryptHasher::start(HasherSettings::with_threads(1)).unwrap();
    let wrong = PasswordAttempt::new("wrong".to_owned());
    let absent = shortest(async || hasher.verify_absent(&wrong).await.unwrap()).await;
    let cheap = shortest(async || {
        let verdict = verdict(&hasher, "wrong", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3").await;
        assert!(!verdict.matches);
    })
    .await;
    // Without today's cost it would be a thousandth.
    assert!(cheap * 3 > absent, "{cheap:?}, absent: {absent:?}");
}

#[tokio::test]
async fn what_is_too_dear_matches_nothing_and_is_refused_beforehand() {
    let hasher = hasher();
    // The password is the right one, but for the number; computed, it would take long.
    for (password, stored, more) in [
        (
            CHEAP[0].0,
            CHEAP[0].1.replacen("m=256", "m=4194304", 1),
            "m",
        ),
        (
            CHEAP[0].0,
            CHEAP[0].1.replacen("t=2", "t=4294967295", 1),
            "t",
        ),
        (
            CHEAP[1].0,
            CHEAP[1].1.replacen("i=1", "i=4294967295", 1),
            "i",
        ),
        (
            CHEAP[2].0,
            CHEAP[2].1.replacen("10000", "2000000000", 1),
            "iterations",
        ),
        (
            "user1password",
            FIREBASES_EXAMPLE.replacen("n=14", "n=40", 1),
            "n",
        ),
        (
            "user1password",
            FIREBASES_EXAMPLE.replacen("r=8", "r=4294967295", 1),
            "r",
        ),
        (
            CHEAP[5].0,
            CHEAP[5].1.replacen("rounds=1000", "rounds=999999999", 1),
            "rounds",
        ),
    ] {
        let refusal = check(&stored).unwrap_err();
        assert!(
            matches!(&refusal, Refusal::TooDear { field, .. } if *field == more),
            "{refusal}"
        );
        let verdict = verdict(&hasher, password, &stored).await;
        assert!(!verdict.matches && !verdict.outdated, "{stored}");
    }
}

const FIREBASES_EXAMPLE: &str = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,\
    sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==\
    $42xEC+ixf3L2lw==\
    $lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

/// Texts that begin like a hash and go on anyhow, and texts with one place changed.
fn near_hashes() -> impl Strategy<Value = String> {
    let beginnings = prop::sample::select(vec![
        "",
        "$2b$",
        "$2b$10$",
        "$argon2id$",
        "$argon2id$v=19$",
        "$argon2id$v=19$m=65536,t=3,p=4$",
        "pbkdf2_sha256$",
        "pbkdf2_sha256$1$",
        "$pbkdf2-sha1$",
        "$pbkdf2-sha256$i=1,l=32$",
        "$pbkdf2-sha512$i=1,l=64$c2FsdA$",
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=",
        "{SSHA}",
        "$6$",
        "$6$rounds=",
        "$6$rounds=5000$salt$",
    ]);
    let anything = prop_oneof![
        ".*",
        "[$=,0-9a-z]{0,60}",
        "[A-Za-z0-9+/=$]{0,120}",
        "[./0-9A-Za-z]{86}"
    ];
    let begun = (beginnings, anything).prop_map(|(start, rest)| format!("{start}{rest}"));
    let changed = (
        prop::sample::select(CHEAP.to_vec()),
        any::<prop::sample::Index>(),
        ".{0,3}",
    )
        .prop_map(|((_, stored), at, with)| {
            let at = at.index(stored.len());
            format!("{}{with}{}", &stored[..at], &stored[at + 1..])
        });
    prop_oneof![begun, changed]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn any_text_is_judged_without_a_panic_and_white_space_behind_it_does_not_count(
        text in near_hashes(),
    ) {
        let judged = check(&text);
        prop_assert_eq!(check(&format!("{text} \n")), judged);
    }
}

proptest! {
    // Each that can be read is compared: so only what costs little.
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_was_not_made_of_a_password_does_not_match_it(
        rest in "[A-Za-z0-9+/]{0,60}={0,2}",
        scheme in prop::sample::select(vec!["{SSHA}", "$6$", "$6$salt$", "$pbkdf2-sha1$i=1,l=20$"]),
    ) {
        let verdict = Runtime::new()
            .unwrap()
            .block_on(async { verdict(&hasher(), "secret", &format!("{scheme}{rest}")).await });
        prop_assert!(!verdict.matches);
    }
}
