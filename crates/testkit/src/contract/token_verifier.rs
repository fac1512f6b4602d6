//! What a token verifier promises.

use std::time::{Duration, Instant};

use users_domain::model::{BearerToken, Timestamp, TokenKind};
use users_domain::ports::Clock;

use super::calls::{dropped_after, on_a_bare_runtime};
use super::tokens::ada;
use super::{Flaw, TokensUnderTest};

/// The longest that a verification of any text may take, on a busy machine and unoptimised.
const LONGEST: Duration = Duration::from_secs(20);

suite! {
    $
    /// Makes a test of every promise of [`TokenVerifier`](users_domain::ports::TokenVerifier). The
    /// argument gives a fresh [`TokensUnderTest`]($crate::contract::TokensUnderTest).
    token_verifier_contract, token_verifier:
    a_token_verifies_until_it_ends_and_not_after,
    a_token_verifies_although_its_session_ended,
    a_forgery_without_flaw_verifies,
    a_token_of_another_key_is_refused,
    a_token_of_another_algorithm_is_refused,
    a_token_of_another_issuer_is_refused,
    a_token_without_end_is_refused,
    a_token_that_misses_a_claim_is_refused,
    a_token_with_a_wrong_claim_is_refused,
    a_changed_byte_anywhere_is_refused,
    a_missing_byte_anywhere_is_refused,
    a_cut_token_is_refused,
    parts_of_two_tokens_make_no_third,
    other_text_is_refused,
    huge_text_is_refused_in_bounded_time,
    it_serves_a_bare_runtime,
    a_dropped_call_does_no_harm,
}

pub async fn a_token_verifies_until_it_ends_and_not_after(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let begun = subject.clock.now();
    for token in [&pair.access, &pair.refresh] {
        subject.clock.set(begun);
        let ends: Timestamp = subject.claims(token).await.expires_at.unwrap();
        subject.clock.set(ends - Duration::from_micros(1));
        subject.claims(token).await;
        for after in [
            Duration::ZERO,
            Duration::from_secs(1),
            Duration::from_hours(24_000),
        ] {
            subject.clock.set(ends + after);
            assert!(subject.is_refused(token).await, "{after:?} after its end");
        }
    }
}

pub async fn a_token_verifies_although_its_session_ended(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    subject.issuer.revoke_all(&ada()).await.unwrap();
    for (token, kind) in [
        (&pair.access, TokenKind::Access),
        (&pair.refresh, TokenKind::Refresh),
    ] {
        assert_eq!(subject.claims(token).await.kind, kind);
    }
}

pub async fn a_forgery_without_flaw_verifies(subject: &TokensUnderTest) {
    for token in (subject.forge)(Flaw::None, &ada()) {
        let claims = subject.claims(&token).await;
        assert_eq!((claims.user, claims.kind), (ada(), TokenKind::Access));
    }
}

async fn refuses(subject: &TokensUnderTest, flaw: Flaw) {
    for (number, token) in (subject.forge)(flaw, &ada()).iter().enumerate() {
        assert!(subject.is_refused(token).await, "{flaw:?}, form {number}");
    }
}

pub async fn a_token_of_another_key_is_refused(subject: &TokensUnderTest) {
    refuses(subject, Flaw::AnotherKey).await;
}

pub async fn a_token_of_another_algorithm_is_refused(subject: &TokensUnderTest) {
    refuses(subject, Flaw::AnotherAlgorithm).await;
}

pub async fn a_token_of_another_issuer_is_refused(subject: &TokensUnderTest) {
    refuses(subject, Flaw::AnotherIssuer).await;
}

pub async fn a_token_without_end_is_refused(subject: &TokensUnderTest) {
    refuses(subject, Flaw::NoEnd).await;
}

pub async fn a_token_that_misses_a_claim_is_refused(subject: &TokensUnderTest) {
    refuses(subject, Flaw::MissingClaim).await;
}

pub async fn a_token_with_a_wrong_claim_is_refused(subject: &TokensUnderTest) {
    refuses(subject, Flaw::WrongClaim).await;
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64url digit that differs in the last bit only: at the end of a part, a lax decoder sees
/// no difference.
fn neighbour(byte: u8) -> char {
    let digit = ALPHABET.iter().position(|digit| *digit == byte);
    digit.map_or('A', |digit| char::from(ALPHABET[digit ^ 1]))
}

pub async fn a_changed_byte_anywhere_is_refused(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    for token in [&pair.access, &pair.refresh] {
        let text = token.expose();
        for (position, byte) in text.bytes().enumerate() {
            for replacement in [neighbour(byte), '!'] {
                let mut changed = text.to_owned();
                changed.replace_range(position..=position, &replacement.to_string());
                let changed = BearerToken::new(changed);
                assert!(
                    subject.is_refused(&changed).await,
                    "byte {position} as {replacement:?}"
                );
            }
        }
    }
}

pub async fn a_missing_byte_anywhere_is_refused(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let text = pair.access.expose();
    for position in 0..text.len() {
        let mut shorter = text.to_owned();
        shorter.remove(position);
        let shorter = BearerToken::new(shorter);
        assert!(
            subject.is_refused(&shorter).await,
            "without byte {position}"
        );
    }
}

pub async fn a_cut_token_is_refused(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let text = pair.access.expose();
    for length in 0..text.len() {
        let cut = BearerToken::new(text[..length].to_owned());
        assert!(subject.is_refused(&cut).await, "the first {length} bytes");
    }
    for longer in [
        format!("{text} "),
        format!(" {text}"),
        format!("{text}."),
        format!("{text}="),
        format!("{text}A"),
        format!("{text}{text}"),
        format!("{text}\n"),
        format!("Bearer {text}"),
    ] {
        assert!(subject.is_refused(&BearerToken::new(longer)).await);
    }
}

pub async fn parts_of_two_tokens_make_no_third(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let (access, refresh) = (pair.access.expose(), pair.refresh.expose());
    let (one, other): (Vec<_>, Vec<_>) =
        (access.split('.').collect(), refresh.split('.').collect());
    for part in 0..one.len().min(other.len()) {
        if one[part] == other[part] {
            continue;
        }
        let mut mixed = one.clone();
        mixed[part] = other[part];
        let mixed = BearerToken::new(mixed.join("."));
        assert!(subject.is_refused(&mixed).await, "part {part} of another");
    }
}

pub async fn other_text_is_refused(subject: &TokensUnderTest) {
    for text in [
        "",
        " ",
        ".",
        "..",
        "...",
        "a.b.c",
        "null",
        "{}",
        "\0",
        "пароль",
        "🔑.🔑.🔑",
        "e30.e30.e30",
        "eyJhbGciOiJub25lIn0.e30.",
        "pat_0123456789abcdef",
        "%00",
        "../../etc/passwd",
    ] {
        let token = BearerToken::new(text.to_owned());
        assert!(subject.is_refused(&token).await, "{text:?}");
    }
}

pub async fn huge_text_is_refused_in_bounded_time(subject: &TokensUnderTest) {
    const MEBIBYTE: usize = 1 << 20;
    let pair = subject.issue(&ada()).await;
    let genuine = pair.access.expose();
    for text in [
        "A".repeat(MEBIBYTE),
        ".".repeat(MEBIBYTE),
        "A.".repeat(MEBIBYTE),
        "W1tb".repeat(MEBIBYTE),
        format!("{genuine}{}", "A".repeat(MEBIBYTE)),
        format!("{}.{genuine}", "A".repeat(MEBIBYTE)),
        "ü".repeat(MEBIBYTE),
        "\0".repeat(MEBIBYTE),
    ] {
        let begun = Instant::now();
        let beginning: String = text.chars().take(8).collect();
        assert!(
            subject.is_refused(&BearerToken::new(text)).await,
            "{beginning}"
        );
        assert!(begun.elapsed() < LONGEST, "{beginning}");
    }
}

pub async fn it_serves_a_bare_runtime(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    let verifier = subject.verifier.clone();
    let claims = on_a_bare_runtime(async move || verifier.verify(&pair.access).await).await;
    assert_eq!(claims.unwrap().user, ada());
}

pub async fn a_dropped_call_does_no_harm(subject: &TokensUnderTest) {
    let pair = subject.issue(&ada()).await;
    dropped_after(0, subject.verifier.verify(&pair.access)).await;
    dropped_after(1, subject.verifier.verify(&pair.access)).await;
    subject.claims(&pair.access).await;
}
