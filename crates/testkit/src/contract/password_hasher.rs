//! What a password hasher promises.

use std::sync::Arc;
use std::time::{Duration, Instant};

use users_domain::model::{Password, PasswordAttempt, PasswordHash, PasswordPolicy};
use users_domain::ports::{HashRefusal, HasherError, PasswordHasher};

use super::Keep;
use super::calls::{at_once, dropped_after, on_a_bare_runtime};

/// A hasher, and what a suite has to know of it.
pub struct PasswordHasherUnderTest {
    /// The hasher. Its cost may be as low as it allows.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Hashes of another known format or cost, with the passwords they are of.
    pub outdated: Vec<(PasswordAttempt, PasswordHash)>,
    /// Stored texts that match nothing although their format is known: broken, dearer to verify than
    /// the hasher allows, or of a password that is too long. With the passwords they would be of.
    pub unacceptable: Vec<(PasswordAttempt, PasswordHash)>,
    /// Hashes of known formats that are dearer to verify than the hasher allows.
    pub too_dear: Vec<PasswordHash>,
    /// How the suite sees that a comparison was paid for.
    pub cost: CostMeasure,
    /// Whether hashing has threads of its own. A fake, whose hashing costs nothing, needs none.
    pub has_threads: bool,
    /// How many calls it takes at once, at work and waiting together; `None` if it never refuses.
    pub most_in_flight: Option<usize>,
    /// What must live as long as the subject.
    pub keep: Keep,
}

/// How a suite sees that a comparison was paid for.
pub enum CostMeasure {
    /// By how long it takes.
    Time,
    /// By a count of comparisons carried out so far.
    Count(Box<dyn Fn() -> u64 + Send + Sync>),
}

suite! {
    $
    /// Makes a test of every promise of [`PasswordHasher`](users_domain::ports::PasswordHasher).
    /// The argument gives a fresh
    /// [`PasswordHasherUnderTest`]($crate::contract::PasswordHasherUnderTest).
    password_hasher_contract, password_hasher:
    a_password_matches_its_own_hash,
    another_password_does_not_match,
    passwords_of_any_script_and_of_the_full_length_match_their_hashes,
    two_hashes_of_one_password_differ,
    a_fresh_hash_is_not_outdated,
    a_hash_of_another_format_or_cost_matches_and_is_outdated,
    a_text_that_is_no_hash_matches_nothing,
    an_unacceptable_hash_matches_nothing,
    an_attempt_that_is_too_long_matches_nothing,
    an_absent_account_costs_a_comparison,
    what_is_no_hash_costs_a_comparison,
    an_unacceptable_hash_costs_a_comparison,
    what_can_be_verified_passes_the_check,
    what_is_no_hash_is_refused_by_the_check_unrepeated,
    what_is_too_dear_is_refused_by_the_check_as_that,
    a_check_computes_nothing,
    hashing_never_runs_on_the_callers_thread,
    too_much_work_is_refused_at_once_and_the_rest_is_done,
    many_calls_at_once_are_all_answered_rightly,
    it_serves_a_bare_runtime,
    a_dropped_call_does_no_harm,
}

fn password(text: &str) -> Password {
    PasswordPolicy::anything().accept(text).unwrap()
}

fn attempt(text: &str) -> PasswordAttempt {
    PasswordAttempt::new(text.to_owned())
}

impl PasswordHasherUnderTest {
    async fn hash(&self, text: &str) -> PasswordHash {
        self.hasher.hash(&password(text)).await.unwrap()
    }

    async fn matches(&self, text: &str, hash: &PasswordHash) -> bool {
        let verdict = self.hasher.verify(&attempt(text), hash).await.unwrap();
        verdict.matches
    }
}

pub async fn a_password_matches_its_own_hash(subject: &PasswordHasherUnderTest) {
    let hash = subject.hash("correct horse").await;
    assert!(subject.matches("correct horse", &hash).await);
}

pub async fn another_password_does_not_match(subject: &PasswordHasherUnderTest) {
    let hash = subject.hash("correct horse").await;
    for other in [
        "",
        "correct hors",
        "correct horse ",
        " correct horse",
        "Correct horse",
        "correct horse\0",
        "correct horse\0battery",
        "correct\0horse",
        hash.as_str(),
    ] {
        assert!(!subject.matches(other, &hash).await, "{other:?}");
    }
}

pub async fn passwords_of_any_script_and_of_the_full_length_match_their_hashes(
    subject: &PasswordHasherUnderTest,
) {
    let longest = "x".repeat(Password::MAX_BYTES);
    for text in ["a", " ", "пароль", "🔑 \u{301}", "$2b$10$", &longest] {
        let hash = subject.hash(text).await;
        assert!(subject.matches(text, &hash).await, "{text:?}");
    }
    let hash = subject.hash(&longest).await;
    let last_differs = format!("{}y", &longest[1..]);
    assert!(!subject.matches(&last_differs, &hash).await);
}

pub async fn two_hashes_of_one_password_differ(subject: &PasswordHasherUnderTest) {
    let one = subject.hash("correct horse").await;
    let other = subject.hash("correct horse").await;
    assert_ne!(one.as_str(), other.as_str());
}

pub async fn a_fresh_hash_is_not_outdated(subject: &PasswordHasherUnderTest) {
    let hash = subject.hash("correct horse").await;
    let verdict = subject
        .hasher
        .verify(&attempt("correct horse"), &hash)
        .await
        .unwrap();
    assert!(verdict.matches && !verdict.outdated, "{verdict:?}");
}

pub async fn a_hash_of_another_format_or_cost_matches_and_is_outdated(
    subject: &PasswordHasherUnderTest,
) {
    for (password, hash) in &subject.outdated {
        let verdict = subject.hasher.verify(password, hash).await.unwrap();
        assert!(
            verdict.matches && verdict.outdated,
            "{verdict:?}: {}",
            hash.as_str()
        );
        let wrong = attempt("something else");
        let verdict = subject.hasher.verify(&wrong, hash).await.unwrap();
        assert!(!verdict.matches, "{}", hash.as_str());
    }
}

pub async fn a_text_that_is_no_hash_matches_nothing(subject: &PasswordHasherUnderTest) {
    let endless = "$".repeat(100_000);
    let fresh = subject.hash("correct horse").await;
    let cut = &fresh.as_str()[..fresh.as_str().len() / 2];
    for stored in [
        "",
        " ",
        "x",
        "correct horse",
        "$",
        "$$$",
        "пароль",
        "\0",
        cut,
        &endless,
    ] {
        let hash = PasswordHash::from_stored(stored.to_owned());
        for text in ["correct horse", "", stored] {
            assert!(!subject.matches(text, &hash).await, "{stored:.20}");
        }
    }
}

pub async fn an_unacceptable_hash_matches_nothing(subject: &PasswordHasherUnderTest) {
    for (password, hash) in &subject.unacceptable {
        let verdict = subject.hasher.verify(password, hash).await.unwrap();
        assert!(!verdict.matches, "{}", hash.as_str());
    }
}

pub async fn what_can_be_verified_passes_the_check(subject: &PasswordHasherUnderTest) {
    let fresh = subject.hash("correct horse").await;
    let outdated = subject.outdated.iter().map(|(_, hash)| hash);
    for hash in outdated.chain([&fresh]) {
        assert_eq!(subject.hasher.check(hash), Ok(()), "{}", hash.as_str());
    }
}

pub async fn what_is_no_hash_is_refused_by_the_check_unrepeated(subject: &PasswordHasherUnderTest) {
    for stored in ["", " ", "correct horse", "$", "$$$", "\0"] {
        let refusal = subject
            .hasher
            .check(&PasswordHash::from_stored(stored.to_owned()));
        let Err(HashRefusal::Unreadable(reason)) = refusal else {
            panic!("{stored:?}: {refusal:?}");
        };
        assert!(!reason.is_empty());
        assert!(stored.len() < 4 || !reason.contains(stored), "{reason}");
    }
}

pub async fn what_is_too_dear_is_refused_by_the_check_as_that(subject: &PasswordHasherUnderTest) {
    for hash in &subject.too_dear {
        let refusal = subject.hasher.check(hash);
        let Err(HashRefusal::TooDear(reason)) = refusal else {
            panic!("{}: {refusal:?}", hash.as_str());
        };
        assert!(!reason.is_empty() && !reason.contains(hash.as_str()));
    }
}

pub async fn a_check_computes_nothing(subject: &PasswordHasherUnderTest) {
    let CostMeasure::Count(comparisons) = &subject.cost else {
        return;
    };
    let fresh = subject.hash("correct horse").await;
    let before = comparisons();
    for hash in subject.too_dear.iter().chain([&fresh]) {
        // What it says is another promise.
        let _ = subject.hasher.check(hash);
    }
    assert_eq!(comparisons(), before);
}

pub async fn an_attempt_that_is_too_long_matches_nothing(subject: &PasswordHasherUnderTest) {
    let longest = "x".repeat(Password::MAX_BYTES);
    let hash = subject.hash(&longest).await;
    for more in [1, 2, 1_000_000] {
        let longer = longest.clone() + &"x".repeat(more);
        assert!(!subject.matches(&longer, &hash).await, "{more} bytes more");
    }
}

/// How often a measured call is repeated; the median of them counts.
const MEASUREMENTS: usize = 7;

impl PasswordHasherUnderTest {
    /// A call must be paid for as a comparison with a hash of today's cost is.
    async fn assert_costs_a_comparison(&self, what: &str, call: impl AsyncFn()) {
        match &self.cost {
            CostMeasure::Count(comparisons) => {
                let before = comparisons();
                call().await;
                assert_eq!(comparisons(), before + 1, "{what}");
            }
            CostMeasure::Time => {
                let hash = self.hash("correct horse").await;
                let (mut usual, mut measured) = (Vec::new(), Vec::new());
                for _ in 0..MEASUREMENTS {
                    let begun = Instant::now();
                    self.matches("something else", &hash).await;
                    usual.push(begun.elapsed());
                    let begun = Instant::now();
                    call().await;
                    measured.push(begun.elapsed());
                }
                let (usual, measured) = (median(usual), median(measured));
                // Other processes may slow either down; without a comparison it is a thousandth.
                assert!(
                    measured < usual * 3 && usual < measured * 3,
                    "{what}: {measured:?}, a comparison: {usual:?}"
                );
            }
        }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub async fn an_absent_account_costs_a_comparison(subject: &PasswordHasherUnderTest) {
    let wrong = attempt("something else");
    let call = async || subject.hasher.verify_absent(&wrong).await.unwrap();
    subject
        .assert_costs_a_comparison("an absent account", call)
        .await;
}

pub async fn what_is_no_hash_costs_a_comparison(subject: &PasswordHasherUnderTest) {
    for stored in ["", "x", "$2b$10$"] {
        let hash = PasswordHash::from_stored(stored.to_owned());
        let call = async || assert!(!subject.matches("something else", &hash).await);
        subject.assert_costs_a_comparison(stored, call).await;
    }
}

pub async fn an_unacceptable_hash_costs_a_comparison(subject: &PasswordHasherUnderTest) {
    for (password, hash) in &subject.unacceptable {
        let call = async || assert!(!subject.matches(password.expose(), hash).await);
        subject.assert_costs_a_comparison(hash.as_str(), call).await;
    }
}

pub async fn hashing_never_runs_on_the_callers_thread(subject: &PasswordHasherUnderTest) {
    if !subject.has_threads {
        return;
    }
    let hash = subject.hash("correct horse").await;
    let hasher = subject.hasher.clone();
    on_a_bare_runtime(async move || {
        // Work on the caller's thread would be done at the first poll, every time.
        let mut had_to_wait = 0;
        for _ in 0..4 {
            let (secret, wrong) = (password("correct horse"), attempt("something else"));
            had_to_wait += usize::from(must_wait(hasher.hash(&secret)).await);
            had_to_wait += usize::from(must_wait(hasher.verify(&wrong, &hash)).await);
            had_to_wait += usize::from(must_wait(hasher.verify_absent(&wrong)).await);
        }
        assert!(had_to_wait > 6, "{had_to_wait} of 12 calls had to wait");
    })
    .await;
}

/// Carries a call out and says whether its answer was not there at once.
async fn must_wait<T>(call: impl Future<Output = Result<T, HasherError>>) -> bool {
    let mut call = std::pin::pin!(call);
    if dropped_after(1, call.as_mut()).await.is_some() {
        return false;
    }
    call.await.unwrap();
    true
}

pub async fn too_much_work_is_refused_at_once_and_the_rest_is_done(
    subject: &PasswordHasherUnderTest,
) {
    let Some(most) = subject.most_in_flight else {
        return;
    };
    let secret = password("correct horse");
    let mut calls: Vec<_> = (0..most * 4)
        .map(|_| subject.hasher.hash(&secret))
        .collect();
    let mut refused = 0;
    let mut waiting = Vec::new();
    for mut call in calls.drain(..) {
        match dropped_after(1, call.as_mut()).await {
            Some(Err(HasherError::Busy { retry_after })) => {
                assert!(retry_after > Duration::ZERO);
                refused += 1;
            }
            Some(answer) => assert!(answer.is_ok(), "{answer:?}"),
            None => waiting.push(call),
        }
    }
    assert!(refused > 0, "none of {} calls was refused", most * 4);
    for call in waiting {
        call.await.unwrap();
    }
    // What was refused left nothing behind.
    subject.hash("correct horse").await;
}

pub async fn many_calls_at_once_are_all_answered_rightly(subject: &PasswordHasherUnderTest) {
    let many = subject.most_in_flight.unwrap_or(16).min(16);
    let texts: Vec<String> = (0..many)
        .map(|number| format!("password {number}"))
        .collect();
    let hashes = at_once(texts.iter().cloned().map(|text| {
        let hasher = subject.hasher.clone();
        async move { hasher.hash(&password(&text)).await.unwrap() }
    }))
    .await;
    for (number, hash) in hashes.iter().enumerate() {
        assert!(subject.matches(&texts[number], hash).await);
        assert!(!subject.matches(&texts[(number + 1) % many], hash).await || many == 1);
    }
}

pub async fn it_serves_a_bare_runtime(subject: &PasswordHasherUnderTest) {
    let hasher = subject.hasher.clone();
    let hash = on_a_bare_runtime(async move || {
        let hash = hasher.hash(&password("correct horse")).await.unwrap();
        hasher
            .verify(&attempt("correct horse"), &hash)
            .await
            .unwrap();
        hasher
            .verify_absent(&attempt("correct horse"))
            .await
            .unwrap();
        hash
    })
    .await;
    assert!(subject.matches("correct horse", &hash).await);
}

pub async fn a_dropped_call_does_no_harm(subject: &PasswordHasherUnderTest) {
    let secret = password("correct horse");
    // One at a time: a call that is given up may still be at work.
    dropped_after(1, subject.hasher.hash(&secret)).await;
    let hash = subject.hash("correct horse").await;
    assert!(subject.matches("correct horse", &hash).await);
}
