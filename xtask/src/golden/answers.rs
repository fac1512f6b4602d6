//! Login and refresh: the answers, and the tokens in them.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::http1::{Answer, Connection, Request};
use crate::json_members::Members;
use crate::mailbox::Mailbox;
use crate::running_service::{RunningService, wanted_status, wanted_text};

use super::account::Account;
use super::comparison::Comparison;
use super::jwt::{Jwt, description};
use super::records::{Records, number, text};
use super::signing_key::VerifyingKey;

const EMAIL: &str = "ada@example.com";
const USERNAME: &str = "ada";
const PASSWORD: &str = "secret-12345";

/// The account that was made for the replay, and its first session.
pub(super) struct Session {
    pub(super) user_id: String,
    login: TokenPair,
    refreshed: TokenPair,
}

impl Session {
    /// The access token of the login.
    pub(super) fn access(&self) -> &Jwt {
        &self.login.access
    }
}

struct TokenPair {
    access: Jwt,
    refresh: Jwt,
}

impl TokenPair {
    /// Both, each with its name.
    fn named(&self) -> [(&'static str, &Jwt); 2] {
        [("access", &self.access), ("refresh", &self.refresh)]
    }
}

/// Registers an account, logs in and refreshes in every recorded way, and compares.
pub(super) fn replay(
    records: &Records,
    service: &RunningService,
    comparison: &mut Comparison,
) -> Result<Session> {
    let mut connection = service.connect()?;
    let user_id = register(&mut connection)?;

    let recorded_login = records.read("tokens/http-login.json")?;
    let mut body = recorded_login["request"]["body"].clone();
    body["username"] = json!(EMAIL);
    body["password"] = json!(PASSWORD);
    let login = issue(
        &mut connection,
        "http-login.json",
        &recorded_login,
        &body,
        comparison,
    )?;
    let as_the_mission_writes_it = json!({ "identity": USERNAME, "secret": PASSWORD });
    let subject = "http-login.json with identity and secret";
    issue(
        &mut connection,
        subject,
        &recorded_login,
        &as_the_mission_writes_it,
        comparison,
    )?;

    let recorded_admin = records.read("tokens/http-login-admin.json")?;
    let body = recorded_admin["request"]["body"].clone();
    let admin = issue(
        &mut connection,
        "http-login-admin.json",
        &recorded_admin,
        &body,
        comparison,
    )?;

    let unverified = account(&mut connection, Some(&user_id), &login.access_text)?;
    // The refreshed pair must say what the account is now, not what it was at the login.
    prove_the_address(&mut connection, service, &login.access_text)?;
    let recorded_refresh = records.read("tokens/http-refresh.json")?;
    let path = text(&recorded_refresh, "/request/path")?;
    let refresh = login.refresh_text.as_str();
    let answer = connection.send(&Request::new("POST", path, Some(refresh), None))?;
    let refreshed = tokens("http-refresh.json", &recorded_refresh, &answer, comparison)?;

    for (name, ours) in [
        ("access-user.json", &login.pair.access),
        ("refresh-user.json", &login.pair.refresh),
        ("access-admin-unverified.json", &admin.pair.access),
        ("access-after-refresh.json", &refreshed.pair.access),
        ("refresh-after-refresh.json", &refreshed.pair.refresh),
    ] {
        let record = records.read(&format!("tokens/{name}"))?;
        let recorded = Jwt::parse(text(&record, "/token")?)?;
        comparison.compare(name, &describe(name, &recorded), &describe(name, ours));
    }
    let recorded_pair = pair_in(&recorded_login)?;
    let recorded_refreshed = pair_in(&recorded_refresh)?;
    let recorded_ada = recorded_account(records, Some("create--register_minimal"), "profile")?;
    let ada = account(&mut connection, Some(&user_id), &refreshed.access_text)?;
    let recorded_administrator = recorded_account(records, None, "view_own_admin")?;
    let administrator = account(&mut connection, None, &admin.access_text)?;
    let recorded_admin = pair_in(&recorded_admin)?;
    comparison.compare(
        "http-login.json: account",
        &recorded_ada.describe(recorded_pair.named()),
        &unverified.describe(login.pair.named()),
    );
    comparison.compare(
        "http-refresh.json: account",
        &recorded_ada.describe(recorded_refreshed.named()),
        &ada.describe(refreshed.pair.named()),
    );
    comparison.compare(
        "http-login-admin.json: account",
        &recorded_administrator.describe(recorded_admin.named()),
        &administrator.describe(admin.pair.named()),
    );

    comparison.compare(
        "http-login.json and http-refresh.json",
        &describe_session(&recorded_pair, &recorded_refreshed),
        &describe_session(&login.pair, &refreshed.pair),
    );
    Ok(Session {
        user_id,
        login: login.pair,
        refreshed: refreshed.pair,
    })
}

/// Whether the published key verifies what was issued, recorded and ours.
pub(super) fn signatures(
    records: &Records,
    session: &Session,
    key: &VerifyingKey,
    comparison: &mut Comparison,
) -> Result<()> {
    let document = records.read("tokens/jwks-active.json")?;
    let recorded_key = VerifyingKey::parse(text(&document, "/body/keys/0/x")?)?;
    for (name, pair) in [
        ("http-login.json", &session.login),
        ("http-refresh.json", &session.refreshed),
    ] {
        let recorded = pair_in(&records.read(&format!("tokens/{name}"))?)?;
        let verified = |key: &VerifyingKey, pair: &TokenPair| {
            description([
                (
                    "the published key verifies the access token",
                    json!(key.verifies(&pair.access)),
                ),
                (
                    "the published key verifies the refresh token",
                    json!(key.verifies(&pair.refresh)),
                ),
            ])
        };
        let subject = format!("{name}: signatures");
        comparison.compare(
            &subject,
            &verified(&recorded_key, &recorded),
            &verified(key, pair),
        );
    }
    Ok(())
}

fn register(connection: &mut Connection) -> Result<String> {
    let body = json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": EMAIL,
        "credentials": { "username": USERNAME, "secret": PASSWORD },
    });
    let answer = connection.send(&Request::new("POST", "/users", None, Some(&body)))?;
    wanted_text(&answer, 201, "id").context("the account for the replay was not registered")
}

/// Follows the link of the verification mail as a program does.
fn prove_the_address(
    connection: &mut Connection,
    service: &RunningService,
    access: &str,
) -> Result<()> {
    let ask = Request::new("POST", "/users/send-verification", Some(access), None);
    wanted_status(&connection.send(&ask)?, 200)?;
    let link = Mailbox::of(service.data()).next_link("verification")?;
    let path = link.find("/verify-email").map(|start| &link[start..]);
    let path = path.with_context(|| format!("a link to another page: {link}"))?;
    let follow = Request::new("GET", path, None, None);
    wanted_status(&connection.send(&follow)?, 200)
}

/// The account whose access token this is, as the service shows it.
fn account(connection: &mut Connection, registered: Option<&str>, access: &str) -> Result<Account> {
    let request = Request::new("GET", "/users/profile", Some(access), None);
    Account::new(registered, &connection.send(&request)?.json()?)
}

/// The same of the records.
fn recorded_account(
    records: &Records,
    registration: Option<&str>,
    profile: &str,
) -> Result<Account> {
    let registered = match registration {
        Some(name) => Some(records.read(&format!("events/{name}.json"))?),
        None => None,
    };
    let registered = registered
        .as_ref()
        .map(|record| text(record, "/http/response/body/id"))
        .transpose()?;
    let profile = records.read(&format!("events/view_profile--{profile}.json"))?;
    Account::new(registered, &profile["http"]["response"]["body"])
}

/// Two tokens, also as they were written.
struct Issued {
    pair: TokenPair,
    access_text: String,
    refresh_text: String,
}

fn issue(
    connection: &mut Connection,
    subject: &str,
    record: &Value,
    body: &Value,
    comparison: &mut Comparison,
) -> Result<Issued> {
    let path = text(record, "/request/path")?;
    let answer = connection.send(&Request::new("POST", path, None, Some(body)))?;
    tokens(subject, record, &answer, comparison)
}

fn tokens(
    subject: &str,
    record: &Value,
    answer: &Answer<'_>,
    comparison: &mut Comparison,
) -> Result<Issued> {
    let recorded = describe_answer(
        number(record, "/response/status")?,
        Some(text(record, "/response/headers/Content-Type")?),
        text(record, "/response/body_text")?,
    )?;
    let ours = describe_answer(
        answer.status.into(),
        answer.header("content-type"),
        answer.text()?,
    )?;
    comparison.compare(subject, &recorded, &ours);
    let access_text = wanted_text(answer, answer.status, "access_token")?;
    let refresh_text = wanted_text(answer, answer.status, "refresh_token")?;
    let pair = TokenPair {
        access: Jwt::parse(&access_text)?,
        refresh: Jwt::parse(&refresh_text)?,
    };
    Ok(Issued {
        pair,
        access_text,
        refresh_text,
    })
}

fn pair_in(record: &Value) -> Result<TokenPair> {
    Ok(TokenPair {
        access: Jwt::parse(text(record, "/response/body/access_token")?)?,
        refresh: Jwt::parse(text(record, "/response/body/refresh_token")?)?,
    })
}

fn describe_answer(status: i64, kind: Option<&str>, body: &str) -> Result<Map<String, Value>> {
    let members = Members::parse(body)?;
    Ok(description([
        ("status", json!(status)),
        ("content type", json!(kind)),
        ("members", json!(members.shape())),
        ("access_type", json!(members.get("access_type"))),
    ]))
}

fn describe(name: &str, jwt: &Jwt) -> Map<String, Value> {
    let mut facts = jwt.describe();
    if name == "refresh-after-refresh.json" {
        // It keeps the expiry of the one before, so this is chance; `describe_session` looks.
        facts.remove("lifetime in seconds");
    }
    facts
}

/// How the tokens of a session hang together.
fn describe_session(login: &TokenPair, refreshed: &TokenPair) -> Map<String, Value> {
    let session = login.refresh.text("jti");
    description([
        (
            "the access token of a login names the session",
            json!(login.access.text("jti").is_some()),
        ),
        (
            "a refresh keeps the session",
            json!(refreshed.refresh.text("jti") == session),
        ),
        (
            "the access token of a refresh names it",
            json!(refreshed.access.text("jti") == session),
        ),
        (
            "a refresh keeps the expiry of the session",
            json!(refreshed.refresh.number("exp") == login.refresh.number("exp")),
        ),
        (
            "a refresh keeps the subject",
            json!(refreshed.access.text("sub") == login.access.text("sub")),
        ),
    ])
}
