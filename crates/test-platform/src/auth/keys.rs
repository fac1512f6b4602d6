//! The keys that sign tokens, and tokens: made, and taken apart again.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use users_domain::model::Timestamp;
use users_domain::ports::Entropy;

/// Who issues tokens.
const ISSUER: &str = "magistrala.auth";

/// How keys are called when they are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlan {
    /// Each key has a name that no other key had.
    NewName,
    /// The new key is called what the old one was, `active`, and the old one `retiring`: a file was
    /// replaced. Tokens that say `active` and were signed before verify no more.
    SameName,
}

/// A key and its name.
struct Key {
    id: String,
    pair: Ed25519KeyPair,
}

/// The key in use, and one that still verifies.
pub(crate) struct Keys(Mutex<Pair>);

struct Pair {
    active: Key,
    retiring: Option<Key>,
    made: u32,
}

/// Why a token was refused, in the auth service's words.
pub(crate) type Reason = &'static str;

/// What a genuine token says.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) role: u32,
    pub(crate) verified: bool,
    pub(crate) kind: u32,
    /// Which of its session's refresh tokens it is, where the session's tokens are replaced.
    pub(crate) generation: Option<u64>,
}

impl Claims {
    /// The claims as text: keys in the order of the alphabet, `jti` and `sub` only where they say
    /// something.
    pub(crate) fn text(&self, issued_at: Timestamp, ends: Timestamp) -> String {
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("exp", json!(ends.unix_timestamp()));
        if let Some(generation) = self.generation {
            put("gen", json!(generation));
        }
        put("iat", json!(issued_at.unix_timestamp()));
        put("iss", json!(ISSUER));
        if !self.id.is_empty() {
            put("jti", json!(self.id));
        }
        put("role", json!(self.role));
        if !self.user.is_empty() {
            put("sub", json!(self.user));
        }
        put("type", json!(self.kind));
        put("verified", json!(self.verified));
        Value::Object(claims).to_string()
    }
}

impl Key {
    fn new(id: String, entropy: &dyn Entropy) -> Self {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("any seed is a key");
        Self { id, pair }
    }

    fn jwk(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
        // By hand, since the members' order is part of what was recorded.
        format!(
            r#"{{"kid":"{}","kty":"OKP","alg":"EdDSA","use":"sig","crv":"Ed25519","x":"{x}"}}"#,
            self.id
        )
    }
}

impl Keys {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        Self(Mutex::new(Pair {
            active: Key::new("active".to_owned(), entropy),
            retiring: None,
            made: 1,
        }))
    }

    /// A new key signs from now on; the old one stays in the set. One that was retiring goes.
    pub(crate) fn rotate(&self, plan: KeyPlan, entropy: &dyn Entropy) {
        self.locked(|pair| {
            pair.made += 1;
            let id = match plan {
                KeyPlan::NewName => format!("active-{}", pair.made),
                KeyPlan::SameName => pair.active.id.clone(),
            };
            let mut old = std::mem::replace(&mut pair.active, Key::new(id, entropy));
            if plan == KeyPlan::SameName {
                "retiring".clone_into(&mut old.id);
            }
            pair.retiring = Some(old);
        });
    }

    /// The old key leaves the set.
    pub(crate) fn retire(&self) {
        self.locked(|pair| pair.retiring = None);
    }

    /// The name of the key that signs.
    pub(crate) fn active_id(&self) -> String {
        self.locked(|pair| pair.active.id.clone())
    }

    /// The set as JSON text.
    pub(crate) fn document(&self) -> String {
        self.locked(|pair| {
            let keys = [Some(&pair.active), pair.retiring.as_ref()];
            let keys: Vec<_> = keys.into_iter().flatten().map(Key::jwk).collect();
            format!(r#"{{"keys":[{}]}}"#, keys.join(","))
        })
    }

    /// A token with the header of the key in use.
    pub(crate) fn sign(&self, claims: &str) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.active_id(), "typ": "JWT" });
        self.sign_as(&header.to_string(), claims)
    }

    /// A token with any header, signed with the key in use.
    pub(crate) fn sign_as(&self, header: &str, claims: &str) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        let signed = format!("{header}.{claims}");
        let signature = self.locked(|pair| pair.active.pair.sign(signed.as_bytes()));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a token says that one of the keys signed and that is alive.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Result<Claims, Reason> {
        let claims = self.genuine(token)?;
        check_times(&claims, now)?;
        if claims.get("iss").and_then(Value::as_str) != Some(ISSUER) {
            return Err("invalid token issuer value");
        }
        let number = |name| claims.get(name).and_then(Value::as_u64);
        let kind = number("type").filter(|kind| *kind <= 5);
        let role = number("role").filter(|role| (1..=2).contains(role));
        let verified = claims.get("verified").and_then(Value::as_bool);
        let text = |name| {
            let text = claims.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let small = |number| u32::try_from(number).expect("it is at most five");
        Ok(Claims {
            id: text("jti"),
            user: text("sub"),
            kind: small(kind.ok_or("invalid token type")?),
            role: small(role.ok_or("invalid role")?),
            verified: verified.ok_or("invalid verified claim")?,
            generation: number("gen"),
        })
    }

    fn genuine(&self, token: &str) -> Result<Map<String, Value>, Reason> {
        const NOT_A_TOKEN: Reason = "invalid JWT";
        const UNSIGNED: Reason = "could not verify message using any of the signatures or keys";

        let mut parts = token.split('.');
        let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
        let [Some(header), Some(claims), Some(signature), None] = parts else {
            return Err(NOT_A_TOKEN);
        };
        let decoded = |part| URL_SAFE_NO_PAD.decode(part).map_err(|_| NOT_A_TOKEN);
        let object = |bytes: Vec<u8>| {
            serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| NOT_A_TOKEN)
        };
        let (header, says) = (object(decoded(header)?)?, object(decoded(claims)?)?);
        let signature = decoded(signature)?;
        let id = header.get("kid").and_then(Value::as_str).ok_or(UNSIGNED)?;
        let signed = token
            .rsplit_once('.')
            .map(|(signed, _)| signed)
            .unwrap_or_default();
        let verifies = self.locked(|pair| {
            let keys = [Some(&pair.active), pair.retiring.as_ref()];
            keys.into_iter()
                .flatten()
                .filter(|key| key.id == id)
                .any(|key| {
                    UnparsedPublicKey::new(&ED25519, key.pair.public_key())
                        .verify(signed.as_bytes(), &signature)
                        .is_ok()
                })
        });
        if verifies { Ok(says) } else { Err(UNSIGNED) }
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Pair) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Times count to the second, without leeway, where they are said.
fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Reason> {
    let now = now.unix_timestamp();
    let seconds = |name| {
        let number = claims.get(name)?;
        // Fractions are cut off.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "beyond i64 is for ever, too"
        )]
        number
            .as_i64()
            .or_else(|| number.as_f64().map(|fraction| fraction as i64))
    };
    if seconds("exp").is_some_and(|ends| ends <= now) {
        return Err(r#""exp" not satisfied"#);
    }
    if seconds("iat").is_some_and(|issued_at| issued_at > now) {
        return Err(r#""iat" not satisfied"#);
    }
    if seconds("nbf").is_some_and(|begins| begins > now) {
        return Err(r#""nbf" not satisfied"#);
    }
    Ok(())
}
