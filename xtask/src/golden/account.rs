//! Whose tokens they are: what a token says of an account, held against the account itself.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::jwt::Jwt;
use super::records::text;

/// An account as others show it.
pub(super) struct Account {
    /// What its registration answered, if it was seen.
    registered: Option<String>,
    /// What its profile says.
    id: String,
    verified: bool,
}

impl Account {
    /// Reads the answer to `GET /users/profile`.
    pub(super) fn new(registered: Option<&str>, profile: &Value) -> Result<Self> {
        // The deployed service writes the calendar's first moment where there is none.
        let verified_at = profile["verified_at"].as_str();
        Ok(Self {
            registered: registered.map(str::to_owned),
            id: text(profile, "/id")?.to_owned(),
            verified: verified_at.is_some_and(|moment| !moment.starts_with("0001-")),
        })
    }

    /// Whether tokens, each with its name, tell the truth about it.
    pub(super) fn describe<const N: usize>(&self, tokens: [(&str, &Jwt); N]) -> Map<String, Value> {
        let mut facts = Map::new();
        for (name, token) in tokens {
            let subject = token.text("sub");
            let verified = token.claims.get("verified").and_then(Value::as_bool);
            let mut tell = |fact: &str, is_so: bool| {
                facts.insert(format!("{name} token: {fact}"), json!(is_so));
            };
            tell("`sub` is the id in the profile", subject == Some(&self.id));
            tell(
                "`verified` is that of the profile",
                verified == Some(self.verified),
            );
            if let Some(registered) = &self.registered {
                tell(
                    "`sub` is the id that registration answered",
                    subject == Some(registered),
                );
            }
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn facts(claims: &Value, profile: &Value) -> Vec<Value> {
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        let token = Jwt::parse(&format!("e30.{claims}.")).expect("a token");
        let account = Account::new(Some("a"), profile).expect("an account");
        account
            .describe([("access", &token)])
            .into_values()
            .collect()
    }

    #[test]
    fn a_token_of_the_account_tells_the_truth() {
        for (claims, profile) in [
            (
                json!({ "sub": "a", "verified": false }),
                json!({ "id": "a" }),
            ),
            (
                json!({ "sub": "a", "verified": false }),
                json!({ "id": "a", "verified_at": "0001-01-01T00:00:00Z" }),
            ),
            (
                json!({ "sub": "a", "verified": true }),
                json!({ "id": "a", "verified_at": "2026-11-23T12:14:08.729218Z" }),
            ),
        ] {
            assert_eq!(facts(&claims, &profile), [true, true, true], "{claims}");
        }
    }

    #[test]
    fn a_token_of_somebody_else_does_not() {
        let claims = json!({ "sub": "b", "verified": true });
        assert_eq!(facts(&claims, &json!({ "id": "a" })), [false, false, false]);
        assert_eq!(
            facts(&json!({}), &json!({ "id": "a" })),
            [false, false, false]
        );
    }
}
