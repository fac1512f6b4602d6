//! Tokens that verified, so that they need not be verified again: bounded, and none of them in clear.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use users_domain::model::{Timestamp, TokenClaims, TokenKind};
use users_jwt::PublicKey;

/// No more tokens are remembered: some ten megabytes.
pub(super) const MOST_TOKENS: usize = 16_384;

/// Longer ones are not: a token of the platform has some 400 bytes.
const MOST_BYTES: usize = 4 * 1024;

/// By what a token is known.
pub(super) type TokenDigest = [u8; 32];

/// The digest of a token; none of one that is too long to be remembered.
pub(super) fn digest(token: &str) -> Option<TokenDigest> {
    (token.len() <= MOST_BYTES).then(|| Sha256::digest(token).into())
}

/// Tokens that verified and have not ended.
///
/// Two generations: whatever was used since the older one was full is in the younger one, and the
/// rest goes when that is full too. So what is used stays, and nothing is ever searched for.
pub(super) struct Remembered {
    generations: Mutex<Generations>,
    hits: AtomicU64,
}

#[derive(Default)]
struct Generations {
    younger: HashMap<TokenDigest, Entry>,
    older: HashMap<TokenDigest, Entry>,
}

struct Entry {
    claims: TokenClaims,
    ends: Timestamp,
    /// The key that it verified by: whoever asks looks whether that is published still.
    key: Arc<PublicKey>,
}

impl Remembered {
    pub(super) fn new() -> Self {
        Self {
            generations: Mutex::default(),
            hits: AtomicU64::new(0),
        }
    }

    /// What a token says that verified by a key and has not ended.
    pub(super) fn get(
        &self,
        digest: &TokenDigest,
        now: Timestamp,
    ) -> Option<(TokenClaims, Arc<PublicKey>)> {
        let mut generations = self.lock();
        if let Some(entry) = generations.older.remove(digest) {
            generations.put(*digest, entry);
        }
        let entry = generations.younger.get(digest)?;
        if entry.ends > now {
            return Some((entry.claims.clone(), entry.key.clone()));
        }
        generations.younger.remove(digest);
        None
    }

    /// Remembers a token that verified. Only access tokens: others are seen once.
    pub(super) fn put(&self, digest: TokenDigest, claims: &TokenClaims, key: Arc<PublicKey>) {
        let (TokenKind::Access, Some(ends)) = (claims.kind, claims.expires_at) else {
            return;
        };
        let claims = claims.clone();
        self.lock().put(digest, Entry { claims, ends, key });
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        let generations = self.lock();
        generations.younger.len() + generations.older.len()
    }

    /// Counts a token that was known and good.
    pub(super) fn note_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// How many tokens were known and good.
    pub(super) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn put(&mut self, digest: TokenDigest, entry: Entry) {
        self.older.remove(&digest);
        if self.younger.len() >= MOST_TOKENS / 2 {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(digest, entry);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::macros::datetime;
    use users_domain::model::UserId;

    use super::*;

    const NOW: Timestamp = datetime!(2026-02-03 04:05:06 UTC);

    fn key() -> Arc<PublicKey> {
        Arc::new(PublicKey::new("active".to_owned(), [7; 32]))
    }

    fn claims(ends: Timestamp) -> TokenClaims {
        TokenClaims {
            user: UserId::from_stored("id-of-ada".to_owned()),
            kind: TokenKind::Access,
            issued_at: Some(NOW.unix_timestamp()),
            expires_at: Some(ends),
            id: None,
        }
    }

    fn digest_of(number: usize) -> TokenDigest {
        digest(&format!("token {number}")).unwrap()
    }

    #[test]
    fn a_token_is_remembered_until_it_ends() {
        let (remembered, ends) = (Remembered::new(), NOW + Duration::from_mins(1));
        remembered.put(digest_of(1), &claims(ends), key());
        let known = |now| remembered.get(&digest_of(1), now).is_some();
        assert!(known(NOW) && known(ends - Duration::from_micros(1)));
        assert!(!known(ends));
        assert_eq!(remembered.len(), 0, "what ended is forgotten");
    }

    #[test]
    fn what_ended_is_not_kept_by_being_asked_for() {
        let (remembered, ends) = (Remembered::new(), NOW + Duration::from_mins(1));
        for number in 0..=MOST_TOKENS / 2 {
            remembered.put(digest_of(number), &claims(ends), key());
        }
        assert!(remembered.get(&digest_of(0), ends).is_none());
        assert_eq!(remembered.len(), MOST_TOKENS / 2);
    }

    #[test]
    fn their_number_is_bounded_and_what_is_used_stays() {
        let (remembered, ends) = (Remembered::new(), NOW + Duration::from_mins(1));
        for number in 0..3 * MOST_TOKENS {
            remembered.put(digest_of(number), &claims(ends), key());
            assert!(remembered.get(&digest_of(0), NOW).is_some(), "{number}");
            assert!(remembered.len() <= MOST_TOKENS);
        }
        assert!(remembered.get(&digest_of(1), NOW).is_none());
    }

    #[test]
    fn long_tokens_and_those_of_other_kinds_are_not_remembered() {
        assert!(digest(&"x".repeat(MOST_BYTES)).is_some());
        assert!(digest(&"x".repeat(MOST_BYTES + 1)).is_none());
        let remembered = Remembered::new();
        for kind in [
            TokenKind::Refresh,
            TokenKind::Recovery,
            TokenKind::Invitation,
        ] {
            let ends = NOW + Duration::from_mins(1);
            let claims = TokenClaims {
                kind,
                ..claims(ends)
            };
            remembered.put(digest_of(1), &claims, key());
        }
        assert_eq!(remembered.len(), 0);
    }
}
