//! A service with everybody in it, and what must be so after every case.

use users_domain::model::{CodePurpose, Status, TokenKind, User};
use users_testkit::fakes::FixedClock;
use users_testkit::people;

use super::case::{Case, Expected, MARK};
use crate::client::{Answer, Request};
use crate::service::Service;

/// The people: root and deputy administer, una is not verified, mallory is disabled, gone deleted,
/// reset's tokens were ended; ada and grace are just there.
pub(super) struct Scene {
    pub(super) service: Service,
    /// Of una's address.
    pub(super) verification_code: String,
    /// Of ada's account.
    pub(super) reset_code: String,
    /// Of root's session.
    pub(super) refresh_token: String,
    /// All that is kept before anything happens: accounts, codes, effects, sessions.
    beginning: String,
}

impl Scene {
    pub(super) fn new() -> Self {
        let service = Service::start();
        let store = &service.fakes.store;
        for user in [
            people::an_admin("root"),
            people::an_admin("deputy"),
            people::ada(),
            people::grace(),
            people::an_unverified_user("una"),
            people::a_disabled_user("mallory"),
            User {
                status: Status::Deleted,
                ..people::user("gone")
            },
            User {
                tokens_valid_from: Some(FixedClock::START.unix_timestamp() + 1),
                ..people::an_admin("reset")
            },
        ] {
            store.put(user);
        }
        let login = serde_json::json!({
            "identity": "root",
            "secret": people::password_of("root"),
        });
        let pair = service.post("/users/tokens/issue", &login).expect(201);
        Self {
            verification_code: service.mailed_code("una", CodePurpose::VerifyEmail),
            reset_code: service.mailed_code("ada", CodePurpose::ResetSecret),
            refresh_token: pair["refresh_token"].as_str().unwrap().to_owned(),
            beginning: service.fakes.store.snapshot(),
            service,
        }
    }

    /// A token of somebody's.
    pub(super) fn token(&self, name: &str, kind: TokenKind) -> String {
        let token = self.service.fakes.tokens.token(&people::id_of(name), kind);
        token.expose().to_owned()
    }

    /// Sends a case's request; says what was not as documented.
    pub(super) fn check(&self, case: &Case) -> Result<(), String> {
        let work = self.work();
        let answer = self.service.send(&case.request);
        let outcome = self.verdict(case, &answer, work);
        if outcome.is_err() || matches!(case.expected, Expected::Answered(_)) {
            self.restore();
        }
        let (title, request) = (&case.title, &case.request);
        outcome.map_err(|fault| format!("{title}: {fault}\n  {request:?}\n  {answer:?}"))
    }

    /// Sends anything and takes back what it did.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        let answer = self.service.send(request);
        self.restore();
        answer
    }

    /// What one case does is not the next one's business.
    fn restore(&self) {
        self.service.fakes.store.restore(&self.beginning).unwrap();
        self.service.fakes.read_events.take();
    }

    /// How much was hashed and compared so far.
    fn work(&self) -> (u64, u64) {
        let hasher = &self.service.fakes.hasher;
        (hasher.hashes(), hasher.verifications())
    }

    fn verdict(&self, case: &Case, answer: &Answer, work: (u64, u64)) -> Result<(), String> {
        must(
            answer.header("x-request-id").is_some(),
            "it has no request id",
        )?;
        must(
            !answer.head.contains(MARK),
            "its head repeats what was sent",
        )?;
        must(answer.header("set-cookie").is_none(), "it sets a cookie")?;
        if let Expected::Answered(status) = case.expected {
            return must(answer.status == status, &format!("{status} was promised"));
        }
        must(!answer.text.contains(MARK), "it repeats what was sent")?;
        let fakes = &self.service.fakes;
        let unchanged = fakes.store.snapshot() == self.beginning;
        must(unchanged, "it changed something")?;
        must(fakes.read_events.notes().is_empty(), "it is told as a read")?;
        must(self.work() == work, "it made work for the hasher")?;
        match case.expected {
            Expected::Refused {
                status,
                code,
                field,
            } => refuses(answer, status, code, field),
            Expected::Page => is_page(answer),
            Expected::Answered(_) => Ok(()),
        }
    }
}

/// Whether an answer tells programs what it should.
fn refuses(answer: &Answer, status: u16, code: &str, field: Option<&str>) -> Result<(), String> {
    must(answer.status == status, &format!("{status} was promised"))?;
    let body = answer.json();
    must(body["code"] == code, &format!("{code} was promised"))?;
    let named = body["field"].as_str();
    must(named == field, &format!("{field:?} is to blame"))?;
    let message = body["message"].as_str().unwrap_or_default();
    must(!message.is_empty(), "it says nothing")?;
    let id = body["request_id"].as_str();
    must(id == answer.header("x-request-id"), "its ids differ")
}

/// Whether an answer tells people what it should.
fn is_page(answer: &Answer) -> Result<(), String> {
    must(answer.status == 400, "400 was promised")?;
    let kind = answer.header("content-type");
    must(kind == Some("text/html; charset=utf-8"), "it is no page")?;
    must(answer.text.contains("role=\"alert\""), "it tells no fault")
}

fn must(fulfilled: bool, otherwise: &str) -> Result<(), String> {
    if fulfilled {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
