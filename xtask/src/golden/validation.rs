//! Tokens with one thing wrong each: which were accepted, and which are by us.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::http1::{Connection, Request};
use crate::running_service::RunningService;

use super::answers::Session;
use super::comparison::Comparison;
use super::jwt::description;
use super::records::{Records, number, text};
use super::signing_key::SigningKey;

/// The key id that the records' service signed with.
const RECORDED_KID: &str = "active";
/// So often a machine may be so busy that an answer takes half a second.
const MOST_ATTEMPTS: u32 = 10;

/// Forges every recorded token that a local check judges, with our key and for our account, and
/// compares who is let in.
pub(super) fn replay(
    records: &Records,
    service: &RunningService,
    session: &Session,
    key: &SigningKey,
    comparison: &mut Comparison,
) -> Result<()> {
    let cases = records.read("tokens/validation.json")?;
    let kid = session
        .access()
        .header
        .get("kid")
        .context("our tokens name no key")?;
    let mut connection = service.connect()?;
    for case in cases.as_array().context("the cases are no list")? {
        // In the other mode the auth service is asked; that comes with its adapter.
        if !text(case, "/mode")?.starts_with("EdDSA") {
            continue;
        }
        let name = text(case, "/case")?;
        let issued_at = number(case, "/issued_at_in_case")?;
        let ours = within_a_second(since_1970, |now| {
            let token = forge(case, now - issued_at, &session.user_id, kid, key);
            ask(&mut connection, &token)
        })?;
        let message = case["message"].as_str().unwrap_or_default();
        let recorded = json!(verdict(number(case, "/status")?, message));
        comparison.compare(
            &format!("validation.json: {name}"),
            &description([("answer", recorded)]),
            &description([("answer", json!(ours))]),
        );
    }
    Ok(())
}

/// The token of a case, its times moved by `shift` seconds.
fn forge(case: &Value, shift: i64, user_id: &str, kid: &Value, key: &SigningKey) -> String {
    if case["header"].is_null() {
        return "garbage".to_owned();
    }
    let mut header = case["header"].clone();
    if header["kid"] == RECORDED_KID {
        header["kid"] = kid.clone();
    }
    let mut claims = case["claims"].clone();
    for time in ["exp", "iat", "nbf"] {
        if let Some(claim) = claims.get_mut(time) {
            *claim = moved(claim, shift);
        }
    }
    if claims.get("sub").is_some() {
        claims["sub"] = json!(user_id);
    }
    let token = key.sign(&header, &claims);
    if case["case"] == "tampered_signature" {
        tampered(&token)
    } else {
        token
    }
}

/// A time in seconds, whole or with a fraction, `shift` seconds later.
fn moved(time: &Value, shift: i64) -> Value {
    match (time.as_i64(), time.as_f64()) {
        (Some(seconds), _) => json!(seconds + shift),
        #[expect(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 fit into 52 bits"
        )]
        (None, Some(seconds)) => json!(seconds + shift as f64),
        (None, None) => time.clone(),
    }
}

/// The token with another first character of its signature.
fn tampered(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let other = if signature.starts_with('A') { "B" } else { "A" };
    format!("{signed}.{other}{}", signature.get(1..).unwrap_or_default())
}

fn ask(connection: &mut Connection, token: &str) -> Result<String> {
    let answer = connection.send(&Request::new("GET", "/users/profile", Some(token), None))?;
    let message = answer.json()?["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    Ok(verdict(answer.status.into(), &message))
}

fn verdict(status: i64, message: &str) -> String {
    format!("{status} {message}").trim_end().to_owned()
}

/// The outcome of `attempt`, begun and ended in the second it is told: a token for the next second
/// must not become valid on its way. Where the second turned meanwhile, the outcome says nothing.
fn within_a_second<T>(
    clock: impl Fn() -> Result<Duration>,
    mut attempt: impl FnMut(i64) -> Result<T>,
) -> Result<T> {
    for _ in 0..MOST_ATTEMPTS {
        let late = clock()?.subsec_millis();
        if late > 500 {
            thread::sleep(Duration::from_millis(1001 - u64::from(late)));
        }
        let second = clock()?.as_secs();
        let outcome = attempt(i64::try_from(second)?)?;
        if clock()?.as_secs() == second {
            return Ok(outcome);
        }
    }
    bail!("the service did not answer within a second in {MOST_ATTEMPTS} attempts");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool that runs beside the real service's clock"
)]
fn since_1970() -> Result<Duration> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("a clock before 1970")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_the_turn_of_a_second_fell_into_is_tried_again() {
        let time = Cell::new(Duration::from_secs(100));
        let mut seconds = Vec::new();
        let outcome = within_a_second(
            || Ok(time.get()),
            |second| {
                seconds.push(second);
                if seconds.len() == 1 {
                    time.set(Duration::from_secs(101));
                }
                Ok(seconds.len())
            },
        );
        assert_eq!(outcome.expect("an outcome"), 2);
        assert_eq!(seconds, [100, 101]);
    }

    #[test]
    fn times_move_with_their_fraction() {
        assert_eq!(moved(&json!(100), 5), json!(105));
        assert_eq!(moved(&json!(100.5), 5), json!(105.5));
        assert_eq!(moved(&json!("100"), 5), json!("100"));
    }

    #[test]
    fn a_tampered_token_differs_in_its_signature_only() {
        assert_eq!(tampered("a.b.Cd"), "a.b.Ad");
        assert_eq!(tampered("a.b.Ad"), "a.b.Bd");
    }
}
