//! Hashes of other systems, by the vectors that their makers published. What is said to be made by
//! Python's `hashlib`, by Django, by libxcrypt or by argon2's reference implementation was made by
//! them for this test.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use users_domain::model::{PasswordAttempt, PasswordHash};
use users_domain::ports::{PasswordHasher, Verdict};
use users_password::{BcryptHasher, Format, HasherSettings, check};

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
