//! Personal access tokens: kept by the auth service, opaque to everybody else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use users_domain::model::Timestamp;
use users_domain::ports::{Entropy, uuid_v4};
use uuid::Uuid;

/// What every personal access token begins with.
pub(crate) const PREFIX: &str = "pat_";
/// The characters of a secret.
const ALPHABET: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*|+-=";
const SECRET_LENGTH: usize = 100;

/// Those that were made and not deleted, by the id of each.
#[derive(Default)]
pub(crate) struct Pats(Mutex<HashMap<Uuid, Pat>>);

struct Pat {
    user: Uuid,
    secret: String,
    expires_at: Timestamp,
    is_revoked: bool,
}

/// Whose a token is.
pub(crate) struct Owner {
    pub(crate) pat: Uuid,
    pub(crate) user: Uuid,
}

impl Pats {
    /// Makes one.
    pub(crate) fn add(&self, user: Uuid, expires_at: Timestamp, entropy: &dyn Entropy) -> String {
        let pat = uuid_v4(entropy);
        let mut random = [0; SECRET_LENGTH];
        entropy.fill(&mut random);
        let secret: String = random
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
            .collect();
        let ids = STANDARD.encode([user.into_bytes(), pat.into_bytes()].concat());
        let token = format!("{PREFIX}{ids}_{secret}");
        self.locked(|pats| {
            let kept = Pat {
                user,
                secret,
                expires_at,
                is_revoked: false,
            };
            pats.insert(pat, kept);
        });
        token
    }

    /// Revokes the one that a token names. Says whether it is known.
    pub(crate) fn revoke(&self, token: &str) -> bool {
        self.locked(|pats| {
            let pat = parts(token).and_then(|(_, pat, _)| pats.get_mut(&pat));
            pat.map(|pat| pat.is_revoked = true).is_some()
        })
    }

    /// Deletes the one that a token names. Says whether it was known.
    pub(crate) fn delete(&self, token: &str) -> bool {
        self.locked(|pats| parts(token).is_some_and(|(_, pat, _)| pats.remove(&pat).is_some()))
    }

    /// Whose a token is, if it is one and may be used; the status's text if not.
    pub(crate) fn owner(&self, token: &str, now: Timestamp) -> Result<Owner, &'static str> {
        let Some((user, id, secret)) = parts(token) else {
            return Err(
                "failed to perform authentication over the entity : malformed personal access \
                 token",
            );
        };
        self.locked(|pats| {
            let Some(pat) = pats.get(&id).filter(|pat| pat.user == user) else {
                return Err("entity not found : failed to perform authentication over the entity");
            };
            if pat.is_revoked {
                return Err("revoked pat : failed to perform authentication over the entity");
            }
            if pat.expires_at <= now {
                return Err("failed to perform authentication over the entity : token is expired");
            }
            if pat.secret != secret {
                return Err(
                    "failed to perform authentication over the entity : given token and hash are \
                     not same",
                );
            }
            Ok(Owner { pat: id, user })
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut HashMap<Uuid, Pat>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// User, id and secret of a text that has the form of a token.
fn parts(token: &str) -> Option<(Uuid, Uuid, &str)> {
    let (ids, secret) = token.strip_prefix(PREFIX)?.split_once('_')?;
    let ids = STANDARD.decode(ids).ok()?;
    let (user, pat) = ids.split_at_checked(16)?;
    let id = |bytes| Uuid::from_slice(bytes).ok();
    Some((id(user)?, id(pat)?, secret))
}
