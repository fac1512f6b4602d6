//! What is asked of our service on a database that it has taken over.

use std::cell::RefCell;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http1::{Connection, Request};
use crate::running_service::RunningService;

use super::super::jwt::Jwt;

/// As many as a page holds at most.
const LARGE: usize = 100;
/// So few that there are many pages.
const SMALL: usize = 7;

/// Our service, and the token of an administrator.
pub(super) struct Service {
    /// Ends with this value.
    _running: RunningService,
    connection: RefCell<Connection>,
    token: String,
}

/// Of an account, what is looked at; the rest may be nested as deeply as the deployed service let it.
#[derive(Deserialize)]
struct Shown {
    id: String,
    email: String,
    first_name: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    users: Vec<Shown>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
}

impl Service {
    /// Logs the administrator in.
    pub(super) fn open(running: RunningService, identity: &str, password: &str) -> Result<Self> {
        let mut service = Self {
            connection: RefCell::new(running.connect()?),
            _running: running,
            token: String::new(),
        };
        let body = json!({ "identity": identity, "secret": password });
        let (status, text) = service.ask("POST", "/users/tokens/issue", None, Some(&body))?;
        let tokens: Tokens = serde_json::from_str(&text)
            .with_context(|| format!("the administrator cannot log in: {status} {text}"))?;
        service.token = tokens.access_token;
        Ok(service)
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Result<(u16, String)> {
        let mut connection = self.connection.borrow_mut();
        let answer = connection.send(&Request::new(method, path, token, body))?;
        Ok((answer.status, answer.text()?.to_owned()))
    }

    fn as_administrator(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, String)> {
        self.ask(method, path, Some(&self.token), body)
    }

    /// Whose account a login opens, or `refused`, or what came instead.
    pub(super) fn log_in(&self, identity: &str, password: &str) -> Result<String> {
        let body = json!({ "identity": identity, "secret": password });
        let (status, text) = self.ask("POST", "/users/tokens/issue", None, Some(&body))?;
        match status {
            201 => {
                let tokens: Tokens = serde_json::from_str(&text).context("no tokens")?;
                let subject = Jwt::parse(&tokens.access_token)?;
                Ok(subject.text("sub").unwrap_or_default().to_owned())
            }
            401 => Ok("refused".to_owned()),
            _ => Ok(format!("{status} {text}")),
        }
    }

    /// The status, and the e-mail that is shown.
    pub(super) fn view(&self, id: &str) -> Result<(u16, String)> {
        let (status, text) = self.as_administrator("GET", &account(id, ""), None)?;
        let shown = serde_json::from_str::<Shown>(&text);
        Ok((status, shown.map_or(text, |shown| shown.email)))
    }

    /// What is shown as the first name of an account.
    pub(super) fn first_name(&self, id: &str) -> Result<Option<String>> {
        let (_, text) = self.as_administrator("GET", &account(id, ""), None)?;
        let shown: Shown =
            serde_json::from_str(&text).with_context(|| format!("no account: {text}"))?;
        Ok(shown.first_name)
    }

    /// The ids on all pages, from one cursor to the next.
    pub(super) fn list_by_cursor(&self, order: &str, direction: &str) -> Result<Vec<String>> {
        let query = format!("/users?status=all&limit={SMALL}&order={order}&dir={direction}");
        let mut page = self.page(&query)?;
        let mut ids = Vec::new();
        loop {
            ids.extend(page.users.into_iter().map(|user| user.id));
            let Some(cursor) = page.next_cursor else {
                return Ok(ids);
            };
            page = self.page(&format!("{query}&cursor={}", encoded(&cursor)))?;
        }
    }

    /// The ids on all pages, from one offset to the next.
    pub(super) fn list_by_offset(&self, order: &str) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        loop {
            let offset = ids.len();
            let page = self.page(&format!(
                "/users?status=all&limit={LARGE}&offset={offset}&order={order}&dir=desc"
            ))?;
            if page.users.is_empty() {
                return Ok(ids);
            }
            ids.extend(page.users.into_iter().map(|user| user.id));
        }
    }

    fn page(&self, path: &str) -> Result<Page> {
        let (status, text) = self.as_administrator("GET", path, None)?;
        if status != 200 {
            bail!("{path} was answered with {status}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("{path}: no page: {text}"))
    }

    /// Follows a link as a program does.
    pub(super) fn verify(&self, token: &str) -> Result<u16> {
        let path = format!("/verify-email?token={}", encoded(token));
        Ok(self.ask("GET", &path, None, None)?.0)
    }

    /// Gives an account other tags.
    pub(super) fn tag(&self, id: &str) -> Result<u16> {
        let body = json!({ "tags": ["taken", "over"] });
        Ok(self
            .as_administrator("PATCH", &account(id, ""), Some(&body))?
            .0)
    }

    /// The worse of both answers.
    pub(super) fn enable_and_disable(&self, id: &str) -> Result<u16> {
        let enabled = self
            .as_administrator("POST", &account(id, "/enable"), None)?
            .0;
        let disabled = self
            .as_administrator("POST", &account(id, "/disable"), None)?
            .0;
        Ok(enabled.max(disabled))
    }
}

fn account(id: &str, rest: &str) -> String {
    format!("/users/{}{rest}", encoded(id))
}

/// A text in a path or a query (RFC 3986, section 2.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_special_in_a_path_is_escaped() {
        assert_eq!(encoded("a-B_9.~"), "a-B_9.~");
        assert_eq!(encoded("a/b?=ä"), "a%2Fb%3F%3D%C3%A4");
        assert_eq!(account("a b", "/enable"), "/users/a%20b/enable");
    }
}
