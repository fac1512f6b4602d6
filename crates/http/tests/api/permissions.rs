//! Every operation by every kind of caller.
//!
//! The table says what people were promised, and was not made from the one in the code.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use users_domain::Settings;
use users_domain::authorization::{AccessPolicy, Operation, Who};
use users_domain::model::{CodePurpose, Status, TokenKind, User};
use users_testkit::fakes::FixedClock;
use users_testkit::people;

use super::client::Request;
use super::service::{Service, Setup, registration};

/// A number is a success; `bring` is 401 `missing_token`, `bad` 401 `invalid_token`, `verify` 401
/// `email_not_verified`, `no` 403 `forbidden`, and `already` 409 `already_verified`.
///
/// The operations are about ada's account, or, where they always are, about the caller's own. The
/// owner is ada; unverified, disabled, deleted and the tokens are hers too, but for those of the
/// administrator and of the user, who is somebody else. `pat` is a personal access token, `code` a
/// mailed code shown as bearer token, `old` an access token from before a reset of the password.
const TABLE: &str = "
operation              nobody unverified user  owner admin disabled deleted refresh code pat admin_pat old
create                 201    201        201   201   201   bad      bad     bad     bad  no  no        bad
create_closed          bring  verify     no    no    201   bad      bad     bad     bad  no  no        bad
issue_token            201    201        201   201   201   401      401     201     201  201 201       201
refresh_token          bring  bad        bad   bad   bad   bad      bad     201     bad  bad bad       bad
revoke_refresh_token   bring  204        204   204   204   bad      bad     bad     bad  no  no        bad
list_refresh_tokens    bring  200        200   200   200   bad      bad     bad     bad  200 200       bad
view_profile           bring  200        200   200   200   bad      bad     bad     bad  200 200       bad
view                   bring  verify     200   200   200   bad      bad     bad     bad  200 200       bad
list                   bring  verify     no    no    200   bad      bad     bad     bad  no  200       bad
search                 bring  verify     200   200   200   bad      bad     bad     bad  200 200       bad
update                 bring  verify     no    200   200   bad      bad     bad     bad  no  no        bad
update_username        bring  verify     no    200   200   bad      bad     bad     bad  no  no        bad
update_profile_picture bring  verify     no    200   200   bad      bad     bad     bad  no  no        bad
update_tags            bring  verify     no    200   200   bad      bad     bad     bad  no  no        bad
update_email           bring  200        no    200   200   bad      bad     bad     bad  no  no        bad
update_role            bring  verify     no    no    200   bad      bad     bad     bad  no  no        bad
update_secret          bring  200        200   200   200   bad      bad     bad     bad  no  no        bad
enable                 bring  verify     no    no    200   bad      bad     bad     bad  no  no        bad
disable                bring  verify     no    200   200   bad      bad     bad     bad  no  no        bad
delete                 bring  verify     no    204   204   bad      bad     bad     bad  no  no        bad
send_verification      bring  200        already already already bad bad    bad     bad  no  no        bad
verify_email           200    200        200   200   200   200      200     200     200  200 200       200
send_password_reset    201    201        201   201   201   201      201     201     201  201 201       201
reset_secret           201    201        201   201   201   400      400     201     201  201 201       201
";

/// The operations that requests ask for; the others are the operator's command line's.
pub(crate) fn asked_for() -> impl Iterator<Item = Operation> {
    let is_asked_for =
        |operation: &Operation| operation.rule(AccessPolicy::default()).who != Who::Operator;
    Operation::ALL.into_iter().filter(is_asked_for)
}

/// One line of the table: an operation, and what each kind of caller is answered.
type Row = (&'static str, Vec<(&'static str, &'static str)>);

fn rows() -> Vec<Row> {
    let mut lines = TABLE.trim().lines().map(str::split_whitespace);
    let callers: Vec<_> = lines.next().unwrap().skip(1).collect();
    lines
        .map(|mut cells| {
            let operation = cells.next().unwrap();
            let cells: Vec<_> = callers.iter().copied().zip(cells).collect();
            assert_eq!(cells.len(), callers.len(), "{operation}");
            (operation, cells)
        })
        .collect()
}

#[test]
fn every_operation_answers_every_caller_as_promised() {
    let mut wrong = BTreeMap::new();
    for (operation, cells) in rows() {
        for (caller, promised) in cells {
            let scene = Scene::new(operation, caller);
            let answer = scene.service.send(&scene.request(operation));
            let (status, code) = match promised {
                "bring" => (401, Some("missing_token")),
                "bad" => (401, Some("invalid_token")),
                "verify" => (401, Some("email_not_verified")),
                "no" => (403, Some("forbidden")),
                "already" => (409, Some("already_verified")),
                "401" => (401, Some("invalid_credentials")),
                "400" => (400, Some("invalid_code")),
                success => (success.parse().unwrap(), None),
            };
            let told = (answer.status >= 400).then(|| answer.json()["code"].clone());
            if answer.status != status || told.as_ref().and_then(Value::as_str) != code {
                let key = format!("{operation} by {caller}: promised {promised}");
                wrong.insert(key, format!("{} {told:?}", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_printed_matrix_promises_the_same() {
    let document = users_domain::authorization::table_md();
    let (_, matrix) = document.split_once("| operation | nobody").unwrap();
    let printed: BTreeMap<_, Vec<_>> = matrix
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            (cells.next().unwrap().to_owned(), cells.collect())
        })
        .collect();
    assert_eq!(printed.len(), rows().len());
    for (operation, cells) in rows() {
        let promised: Vec<_> = cells
            .into_iter()
            .map(|(_, cell)| match cell {
                "bring" => "`missing_token`",
                "bad" => "`invalid_token`",
                "verify" => "`email_not_verified`",
                "no" => "`forbidden`",
                _ => "may",
            })
            .collect();
        let name = match operation {
            "create_closed" => "create, self-registration off",
            name => name,
        };
        assert_eq!(printed[name], promised, "{operation}");
    }
}

#[test]
fn every_operation_is_in_the_table() {
    let mut rows: Vec<_> = rows().into_iter().map(|(operation, _)| operation).collect();
    rows.retain(|operation| *operation != "create_closed");
    rows.sort_unstable();
    let mut known: Vec<_> = asked_for().map(Operation::as_str).collect();
    known.sort_unstable();
    assert_eq!(rows, known);
}

/// A service with everybody in it, and who is about to ask.
struct Scene {
    service: Service,
    /// Whose account the caller's token is of.
    own: &'static str,
    token: Option<String>,
}

impl Scene {
    fn new(operation: &str, caller: &str) -> Self {
        let service = started(operation != "create_closed");
        let store = &service.fakes.store;
        for user in [
            people::grace(),
            people::an_admin("root"),
            people::an_admin("deputy"),
        ] {
            store.put(user);
        }
        store.put(people::ada());
        let token = |name: &str, kind| {
            let token = service.fakes.tokens.token(&people::id_of(name), kind);
            Some(token.expose().to_owned())
        };
        let (own, token) = match caller {
            "nobody" => ("ada", None),
            "user" => ("grace", token("grace", TokenKind::Access)),
            "admin" => ("root", token("root", TokenKind::Access)),
            "admin_pat" => ("root", token("root", TokenKind::PersonalAccess)),
            "pat" => ("ada", token("ada", TokenKind::PersonalAccess)),
            "refresh" => ("ada", Some(refresh_token(&service))),
            "code" => (
                "ada",
                Some(service.mailed_code("ada", CodePurpose::ResetSecret)),
            ),
            _ => ("ada", token("ada", TokenKind::Access)),
        };
        match caller {
            "unverified" => store.put(people::an_unverified_user("ada")),
            "disabled" => store.put(people::a_disabled_user("ada")),
            "deleted" => store.put(User {
                status: Status::Deleted,
                ..people::ada()
            }),
            "old" => store.put(User {
                tokens_valid_from: Some(FixedClock::START.unix_timestamp() + 1),
                ..people::ada()
            }),
            _ => {}
        }
        Self {
            service,
            own,
            token,
        }
    }

    fn request(&self, operation: &str) -> Request {
        let request = self.bare_request(operation);
        match &self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    fn bare_request(&self, operation: &str) -> Request {
        let ada = |part: &str| format!("/users/id-of-ada{part}");
        let patch = |part: &str, body: &Value| Request::patch(&ada(part), body);
        let new = "a new password";
        match operation {
            "create" | "create_closed" => Request::post("/users", &registration("newcomer")),
            "issue_token" => Request::post("/users/tokens/issue", &login("ada")),
            "refresh_token" => Request::post_text("/users/tokens/refresh", ""),
            "revoke_refresh_token" => {
                Request::post("/users/tokens/revoke", &json!({ "token_id": "some-id" }))
            }
            "list_refresh_tokens" => Request::get("/users/tokens/refresh-tokens"),
            "view_profile" => Request::get("/users/profile"),
            "view" => Request::get(&ada("")),
            "list" => Request::get("/users"),
            "search" => Request::get("/users/search?username=ada"),
            "update" => patch("", &json!({ "first_name": "A" })),
            "update_username" => patch("/username", &json!({ "username": "countess" })),
            "update_profile_picture" => patch("/picture", &json!({ "profile_picture": "" })),
            "update_tags" => patch("/tags", &json!({ "tags": ["a"] })),
            "update_email" => patch("/email", &json!({ "email": "a@example.com" })),
            "update_role" => patch("/role", &json!({ "role": "admin" })),
            "update_secret" => {
                let old = people::password_of(self.own);
                let body = json!({ "old_secret": old, "new_secret": new });
                Request::patch("/users/secret", &body)
            }
            "enable" => {
                // Another's: who is disabled himself asks for nothing at all.
                self.service
                    .fakes
                    .store
                    .put(people::a_disabled_user("mallory"));
                Request::new("POST", "/users/id-of-mallory/enable")
            }
            "disable" => Request::new("POST", &ada("/disable")),
            "delete" => Request::new("DELETE", &ada("")),
            "send_verification" => Request::new("POST", "/users/send-verification"),
            "verify_email" => {
                let code = self.service.mailed_code("ada", CodePurpose::VerifyEmail);
                Request::get(&format!("/verify-email?token={code}"))
            }
            "send_password_reset" => {
                let body = json!({ "email": "ada@example.com" });
                Request::post("/password/reset-request", &body)
            }
            "reset_secret" => {
                let code = self.service.mailed_code("ada", CodePurpose::ResetSecret);
                let body = json!({ "token": code, "password": new, "confirm_password": new });
                Request::put("/password/reset", &body)
            }
            unknown => panic!("nothing asks for {unknown}"),
        }
    }
}

fn started(self_registration: bool) -> Service {
    let mut setup = Setup::new();
    setup.settings = Settings {
        access: AccessPolicy {
            self_registration,
            ..AccessPolicy::default()
        },
        ..Settings::default()
    };
    setup.start()
}

fn login(name: &str) -> Value {
    json!({ "identity": name, "secret": people::password_of(name) })
}

/// The refresh token of a session that ada began.
fn refresh_token(service: &Service) -> String {
    let pair = service.post("/users/tokens/issue", &login("ada"));
    pair.expect(201)["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned()
}
