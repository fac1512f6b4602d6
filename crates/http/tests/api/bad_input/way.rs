//! The ways to ask for an operation, as they are documented: each of them right.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use users_domain::authorization::Operation;
use users_domain::model::TokenKind;
use users_testkit::people;

use super::scene::Scene;
use crate::client::{Request, escaped};
use crate::permissions::asked_for;
use crate::service::registration;

/// `token`: `none` is looked at, an `optional` one must be good, `read` and `change` need an access
/// token, where a personal one is good enough for `read`. `by` is whose token is sent. `body`: `any`
/// must say it is JSON and is not looked at, `none` is not read. `tag`: whether `If-Match` counts.
/// `CODE` and `ID` stand for a good mailed code and the id of an account that fits.
const TABLE: &str = "
operation              method path                         token    by   body tag status
create                 POST   /users                       optional root json no  201
issue_token            POST   /users/tokens/issue          none     root json no  201
refresh_token          POST   /users/tokens/refresh        refresh  root any  no  201
revoke_refresh_token   POST   /users/tokens/revoke         change   root json no  204
list_refresh_tokens    GET    /users/tokens/refresh-tokens read     root none no  200
view_profile           GET    /users/profile               read     root none no  200
view                   GET    /users/ID                    read     root none no  200
list                   GET    /users                       read     root none no  200
search                 GET    /users/search?username=grace read     root none no  200
update                 PATCH  /users/ID                    change   root json yes 200
update_username        PATCH  /users/ID/username           change   root json yes 200
update_profile_picture PATCH  /users/ID/picture            change   root json yes 200
update_tags            PATCH  /users/ID/tags               change   root json yes 200
update_email           PATCH  /users/ID/email              change   root json yes 200
update_role            PATCH  /users/ID/role               change   root json yes 200
update_secret          PATCH  /users/secret                change   root json yes 200
enable                 POST   /users/ID/enable             change   root none yes 200
disable                POST   /users/ID/disable            change   root none yes 200
delete                 DELETE /users/ID                    change   root none yes 204
send_verification      POST   /users/send-verification     change   una  none no  200
verify_email           GET    /verify-email?token=CODE     none     root none no  200
verify_email           POST   /verify-email                none     root form no  200
send_password_reset    POST   /password/reset-request      none     root json no  201
reset_secret           PUT    /password/reset              none     root json no  201
reset_secret           POST   /password/reset              none     root form no  200
";

/// One way to ask for an operation.
pub(super) struct Way {
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    path: &'static str,
    pub(super) needs: Needed,
    pub(super) by: &'static str,
    /// A token that is good here, wherever one counts.
    pub(super) token: Option<String>,
    pub(super) content: Content,
    pub(super) has_version: bool,
    /// What a right request is answered.
    pub(super) status: u16,
    /// The account that the path names, where it names one.
    pub(super) id: &'static str,
    code: String,
    /// The members of a right body.
    members: Value,
}

/// What must prove who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Needed {
    Nothing,
    Optional,
    Read,
    Change,
    Refresh,
}

/// What a body must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// It is not read.
    None,
    /// It must say it is JSON; what it holds does not matter.
    Any,
    Json,
    Form,
}

impl Content {
    /// The content type that a body must name.
    pub(super) fn kind(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Any | Self::Json => Some("application/json"),
            Self::Form => Some("application/x-www-form-urlencoded"),
        }
    }
}

/// Every way to ask for anything.
pub(super) fn all(scene: &Scene) -> Vec<Way> {
    let ways: Vec<Way> = TABLE
        .trim()
        .lines()
        .skip(1)
        .map(|line| Way::read(line, scene))
        .collect();
    let asked: BTreeSet<_> = ways.iter().map(|way| way.operation).collect();
    let known: BTreeSet<_> = asked_for().map(Operation::as_str).collect();
    assert_eq!(asked, known, "every operation has a row in the table");
    ways
}

impl Way {
    fn read(line: &'static str, scene: &Scene) -> Self {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [operation, method, path, token, by, body, tag, status] = cells[..] else {
            panic!("{line}");
        };
        let needs = match token {
            "none" => Needed::Nothing,
            "optional" => Needed::Optional,
            "read" => Needed::Read,
            "change" => Needed::Change,
            "refresh" => Needed::Refresh,
            other => panic!("{other}"),
        };
        let code = match operation {
            "verify_email" => &scene.verification_code,
            _ => &scene.reset_code,
        };
        Self {
            operation,
            method,
            path,
            needs,
            by,
            token: match needs {
                Needed::Nothing => None,
                Needed::Refresh => Some(scene.refresh_token.clone()),
                _ => Some(scene.token(by, TokenKind::Access)),
            },
            content: match body {
                "none" => Content::None,
                "any" => Content::Any,
                "json" => Content::Json,
                "form" => Content::Form,
                other => panic!("{other}"),
            },
            has_version: tag == "yes",
            status: status.parse().unwrap(),
            id: match operation {
                "enable" => "id-of-mallory",
                _ => "id-of-ada",
            },
            members: members(operation, code),
            code: code.clone(),
        }
    }

    /// For whoever reads a failure.
    pub(super) fn name(&self) -> String {
        format!("{} ({} {})", self.operation, self.method, self.path)
    }

    pub(super) fn names_an_account(&self) -> bool {
        self.path.contains("ID")
    }

    /// The path as the document writes it.
    pub(super) fn template(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        path.replace("ID", "{id}")
    }

    /// Where a right request goes.
    pub(super) fn target(&self) -> String {
        self.target_of(self.id)
    }

    /// Where a request about another account goes, its id written as it stands in a path.
    pub(super) fn target_of(&self, id: &str) -> String {
        self.path.replace("ID", id).replace("CODE", &self.code)
    }

    /// A right request with another query.
    pub(super) fn asking(&self, query: &str) -> Request {
        let target = self.target();
        let path = target.split('?').next().unwrap_or_default();
        self.proven(Request::new(self.method, &format!("{path}?{query}")))
    }

    /// A right request.
    pub(super) fn right(&self) -> Request {
        self.proven(self.unproven())
    }

    /// A right request of nobody's.
    pub(super) fn unproven(&self) -> Request {
        self.unproven_at(&self.target())
    }

    /// A right request of nobody's to another place.
    pub(super) fn unproven_at(&self, target: &str) -> Request {
        let head = Request::new(self.method, target);
        match self.content.kind() {
            Some(kind) => head.header("Content-Type", kind).body(self.body()),
            None => head,
        }
    }

    /// A request with another body, which says that it is of the right kind.
    pub(super) fn sending(&self, body: impl Into<Vec<u8>>) -> Request {
        let kind = self.content.kind().unwrap_or("application/json");
        self.headed().header("Content-Type", kind).body(body)
    }

    /// The head of a right request, without what it says of its body.
    pub(super) fn headed(&self) -> Request {
        self.proven(Request::new(self.method, &self.target()))
    }

    /// A request with the token that is good here.
    pub(super) fn proven(&self, request: Request) -> Request {
        match &self.token {
            Some(token) => request.bearer(token),
            None => request,
        }
    }

    /// The body of a right request.
    pub(super) fn body(&self) -> String {
        match (self.content, &self.members) {
            (Content::Form, Value::Object(members)) => form(members),
            (_, members) => members.to_string(),
        }
    }

    /// The names of the members of a right body.
    pub(super) fn names(&self) -> Vec<String> {
        let members = self.members.as_object();
        match self.content {
            Content::None => Vec::new(),
            _ => members
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect(),
        }
    }

    /// The members of a right JSON body, to be changed.
    pub(super) fn members(&self) -> Value {
        self.members.clone()
    }

    /// The body of a form with one field set otherwise, escaped already.
    pub(super) fn form_with(&self, field: &str, escaped: &str) -> String {
        let Value::Object(mut members) = self.members() else {
            panic!("{} sends no form", self.name());
        };
        members.remove(field);
        format!("{field}={escaped}&{}", form(&members))
    }
}

fn form(members: &Map<String, Value>) -> String {
    let fields: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name}={}", escaped(value.as_str().unwrap())))
        .collect();
    fields.join("&")
}

fn members(operation: &str, code: &str) -> Value {
    const NEW: &str = "a new password";
    match operation {
        "create" => registration("newcomer"),
        "issue_token" => json!({ "identity": "root", "secret": people::password_of("root") }),
        "revoke_refresh_token" => json!({ "token_id": "some-id" }),
        "update" => json!({ "first_name": "Augusta" }),
        "update_username" => json!({ "username": "countess" }),
        "update_profile_picture" => json!({ "profile_picture": "https://example.com/a.png" }),
        "update_tags" => json!({ "tags": ["sensors"] }),
        "update_email" => json!({ "email": "countess@example.com" }),
        "update_role" => json!({ "role": "admin" }),
        "update_secret" => json!({ "old_secret": people::password_of("root"), "new_secret": NEW }),
        "verify_email" => json!({ "token": code }),
        "send_password_reset" => json!({ "email": people::email_of("ada") }),
        "reset_secret" => json!({ "token": code, "password": NEW, "confirm_password": NEW }),
        _ => json!({}),
    }
}
