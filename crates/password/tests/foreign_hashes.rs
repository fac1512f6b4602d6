//! Hashes of other systems, by the vectors that their makers published. What is said to be made by
//! Python's `hashlib`, by Django, by libxcrypt or by argon2's reference implementation was made by
//! them for this test.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use proptest::prelude::*;
use tokio::runtime::Runtime;
use users_domain::model::{PasswordAttempt, PasswordHash};
use users_domain::ports::{PasswordHasher, Verdict};
use users_password::{BcryptHasher, Format, HasherSettings, Refusal, check};

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

/// Each hash is of its format, matches its password, and no other, and is to be replaced.
async fn assert_known(format: Format, known: &[(&str, &str)]) {
    let hasher = hasher();
    for (password, stored) in known {
        assert_eq!(check(stored), Ok(format), "{stored}");
        let padded = format!("{stored}  ");
        let right = verdict(&hasher, password, &padded).await;
        assert!(right.matches && right.outdated, "{stored}: {right:?}");
        let first_lacks: String = password.chars().skip(1).collect();
        for other in [format!("{password}x"), first_lacks] {
            let wrong = verdict(&hasher, &other, stored).await;
            assert!(!wrong.matches, "{stored}: {other}");
        }
    }
}

#[tokio::test]
async fn argon2id_as_its_reference_implementation_tests_it() {
    let known = [
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        ),
        (
            "password",
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        ),
        (
            "password",
            "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
        ),
        (
            "differentpassword",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94",
        ),
        (
            "password",
            "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw",
        ),
    ];
    assert_known(Format::Argon2id, &known).await;
}

#[tokio::test]
async fn argon2id_of_another_length_and_of_several_lanes() {
    // By argon2's reference implementation.
    let known = [(
        "пароль",
        "$argon2id$v=19$m=1024,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$vjdOSAa8c8MdSe5OZWaX5UkJm14\
             ADxHW",
    )];
    assert_known(Format::Argon2id, &known).await;
}

#[tokio::test]
async fn pbkdf2_with_sha1_as_rfc_6070_has_it() {
    let known = [
        (
            "password",
            "$pbkdf2-sha1$i=1,l=20$c2FsdA$DGDID5YfDnHzqbUkr2ASBi/gN6Y",
        ),
        (
            "password",
            "$pbkdf2-sha1$i=2,l=20$c2FsdA==$6mwBTcctb4zNHtkqzh1B8NjeiVc=",
        ),
        (
            "password",
            "$pbkdf2-sha1$i=4096,l=20$c2FsdA==$SwB5AbdlSJq+rUnZJvch0GWkKcE=",
        ),
        (
            "passwordPASSWORDpassword",
            "$pbkdf2-sha1$i=4096,l=25$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0\
             $PS7sT+QchJuAyNg2YsDkSospGpZM8vBwOA==",
        ),
        (
            "pass\0word",
            "$pbkdf2-sha1$i=4096,l=16$c2EAbHQ=$Vvpqp1VICZ3MN9fwNCXgww==",
        ),
    ];
    assert_known(Format::Pbkdf2, &known).await;
}

#[tokio::test]
async fn pbkdf2_with_sha256_as_rfc_7914_has_it() {
    let known = [
        (
            "passwd",
            "$pbkdf2-sha256$i=1,l=64$c2FsdA==$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2\
             RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw==",
        ),
        (
            "Password",
            "$pbkdf2-sha256$i=80000,l=64$TmFDbA==$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWh\
             IlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ==",
        ),
    ];
    assert_known(Format::Pbkdf2, &known).await;
}

#[tokio::test]
async fn pbkdf2_with_sha512_as_azure_event_grids_documentation_has_it() {
    let known = [(
        "password",
        "$pbkdf2-sha512$i=100000,l=64$HqJwOCHweNk1pLryiu3RsA$KVSvxKYcibIG5S5n55RvxKRTdAAfCUtBJoy5\
         IuFzdSZyzkwvUcU+FPawEWFPn+06JyZsndfRTfpiEh+2eSJLkg",
    )];
    assert_known(Format::Pbkdf2, &known).await;
}

#[tokio::test]
async fn keycloaks_values_of_each_algorithm_with_its_defaults() {
    // By hashlib: Keycloak makes 64 bytes with every digest.
    let known = [
        (
            "correct horse",
            "$pbkdf2-sha1$i=20000,l=64$MDEyMzQ1Njc4OWFiY2RlZg==$3j/kSXDCFGf+gK+IC5hDJD7B63eDR\
             KJWnhTpQ3Nh9Yn4EIxpeBgLSZpVdl9LMnC6x+tygyctTfXI4xPArxGXMQ==",
        ),
        (
            "correct horse",
            "$pbkdf2-sha256$i=27500,l=64$MDEyMzQ1Njc4OWFiY2RlZg==$H5R9LZ0QvKxHLm1Lg0IeQXdtUAa\
             +9gf2NeOZns+WHBTpnlaWE/+JwnJ/2OXEjNPW5EusP1xxGLqEqjWDbIcGlg==",
        ),
        (
            "correct horse",
            "$pbkdf2-sha512$i=210000,l=64$MDEyMzQ1Njc4OWFiY2RlZg==$k8YH0Yn3oOV/55BXLWBweWK4tp\
             pWYEpSjRW0XrRWj+KlhCNUXY/Sq/rSYmjEoC0m/4O1k8u7ZDR6pPsFXzu6/w==",
        ),
    ];
    assert_known(Format::Pbkdf2, &known).await;
}

#[tokio::test]
async fn djangos_hashes_as_passlib_tests_them_and_as_django_5_makes_them() {
    let known = [
        (
            "not a password",
            "pbkdf2_sha256$10000$kjVJaVz6qsnJ$5yPHw3rwJGECpUf70daLGhOrQ5+AMxIJdz1c3bqK1Rs=",
        ),
        (
            "lètmein",
            "pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY=",
        ),
        (
            "lètmein",
            "pbkdf2_sha256$1000000$seasalt2$egbhFghgsJVDo5Tpg/k9ZnfbySKQ1UQnBYXhR97a7sk=",
        ),
    ];
    assert_known(Format::DjangoPbkdf2, &known).await;
}

const FIREBASES_EXAMPLE: &str = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,\
    sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==\
    $42xEC+ixf3L2lw==\
    $lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

#[tokio::test]
async fn firebases_scrypt_as_its_repository_has_it() {
    let without_padding = FIREBASES_EXAMPLE.replace("==", "");
    let known = [
        ("user1password", FIREBASES_EXAMPLE),
        ("user1password", &without_padding),
    ];
    assert_known(Format::FirebaseScrypt, &known).await;
}

#[tokio::test]
async fn firebases_scrypt_at_its_least_and_at_the_limit() {
    // By hashlib.
    let known = [
        (
            "пароль",
            "$fbscrypt$v=1,n=1,r=1,p=1,ss=,sk=AAECAwQFBgcICQoLDA0ODxAREhM=$c2FsdHNhbHQ=$ZwF7+\
             pRNfnuUwsuNE6amJeCdoZo=",
        ),
        (
            "correct horse",
            "$fbscrypt$v=1,n=17,r=8,p=1,ss=Bw==,sk=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\
             8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==$c2FsdHNhbHQ=$OJ9GxXrvhVUgqz8SWZ5r\
             drORROcoXplPrWq8fK6A06CQSzXji/EJAAvXig9cKg5DnFyIKxujb8MeGYme6f1/0g==",
        ),
    ];
    assert_known(Format::FirebaseScrypt, &known).await;
}

#[tokio::test]
async fn ldaps_salted_sha1_as_openldap_and_passlib_have_it() {
    let known = [
        // The OpenLDAP administrator's guide.
        ("secret", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3"),
        // passlib's tests, with salts of 4, 8, 15 and 16 bytes.
        ("testing123", "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"),
        ("secret", "{ssha}0H+zTv8o4MR4H43n03eCsvw1luG8LdB7"),
        ("test", "{SSHA}P90+qijSp8MJ1tN25j5o1PflUvlqjXHOGeOckw=="),
        (
            "test",
            "{SSHA}/ZMF5KymNM+uEOjW+9STKlfCFj51bg3BmBNCiPHeW2ttbU0=",
        ),
        (
            "test",
            "{SSHA}Pfx6Vf48AT9x3FVv8znbo8WQkEVSipHSWovxXmvNWUvp/d/7",
        ),
    ];
    assert_known(Format::SaltedSha1, &known).await;
}

#[tokio::test]
async fn sha_512_crypt_as_its_specification_has_it() {
    let known = [
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYE\
             dFCoEOfaS35inz1",
        ),
        (
            "Hello world!",
            "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0\
             Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        ),
        (
            "This is just a test",
            "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxU\
             hx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
        ),
        (
            "we have a short salt string but not a short password",
            "$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUe\
             OxFmtlcGZelFl5CxtgfiAc0",
        ),
        (
            "a short string",
            "$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycU\
             LevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1",
        ),
        (
            "the minimum number is still observed",
            "$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58ja\
             TfF4ZEQpyUNGc0dqbpBYYBaHHrsX.",
        ),
    ];
    assert_known(Format::Sha512Crypt, &known).await;
}

#[tokio::test]
async fn sha_512_crypt_of_passwords_that_are_not_ascii() {
    // By libxcrypt.
    let known = [
        (
            "пароль",
            "$6$rounds=1000$a$YYD4Nu94/qn.HoPeKO8NBImzjMDck1MstQzfaZf/EzB/Hu46oY0.hMJ3xB6X0EW\
             1yfYRVD9cHWOzCmys9eYF/0",
        ),
        (
            "correct horse",
            "$6$./azAZ09$P3AQKe/bTUz7SmtaSiCMxtoJCUYRU/aOJvm6oPMD7hPpxBw5PHvko1E5CU5WNnMWDMPM\
             gDH4T2bAhXAHyGOLr.",
        ),
    ];
    assert_known(Format::Sha512Crypt, &known).await;
}

#[tokio::test]
async fn what_only_begins_with_a_password_of_72_bytes_does_not_match() {
    let hasher = hasher();
    let longest = "x".repeat(72);
    // By libxcrypt.
    let stored = "$6$rounds=1000$ab$KMdZFWX7BKYbrnZ45MOHrNttLvA3oPtvwyGHRZu5pdTtWzfewfcY/Mftucrxaz\
             He2a8aA6ebaDCKGyQezxLS71";
    assert!(verdict(&hasher, &longest, stored).await.matches);
    let longer = format!("{longest}x");
    assert!(!verdict(&hasher, &longer, stored).await.matches);
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

#[tokio::test]
async fn what_is_too_dear_matches_nothing_and_is_refused_beforehand() {
    let hasher = hasher();
    // Of a tenth and less of the cost, but for the number: computed, it would take long.
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
    // Each is compared, and may be as dear as the limits allow: so only formats without a number.
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_behind_a_scheme_matches_no_password_it_was_not_made_of(
        rest in "[A-Za-z0-9+/]{0,60}={0,2}",
        scheme in prop::sample::select(vec!["{SSHA}", "$6$", "$6$salt$", "$pbkdf2-sha1$i=1,l=20$"]),
    ) {
        let verdict = Runtime::new()
            .unwrap()
            .block_on(async { verdict(&hasher(), "secret", &format!("{scheme}{rest}")).await });
        prop_assert!(!verdict.matches);
    }
}
