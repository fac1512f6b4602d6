//! A service's life with marked values: what people do, what they get wrong, and what strangers try.

mod account;
mod signing_in;
mod strangers;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::marks::Marks;
use super::wire::{Answer, exchange};
use crate::program::Program;

/// Not as it is kept: what is folded, quoted, escaped or encoded on its way should be found too.
const EMAIL: &str = "Vera+7f3a@Home-7f3a.example.com";
const NEW_EMAIL: &str = "Vera-moved-7f3a@away-7f3a.example.com";
const OTHER_EMAIL: &str = "otto-7f3a@other-7f3a.example.com";
const UNKNOWN_EMAIL: &str = "nobody-7f3a@nowhere-7f3a.example.com";
const HEADER_EMAIL: &str = "header-7f3a@head-er-7f3a.example.com";
const PASSWORD: &str = "first-pass-7f3a \"qu/oted\"";
const SECOND_PASSWORD: &str = "second-pass-7f3a";
const THIRD_PASSWORD: &str = "third-pass-7f3a";
const WRONG_PASSWORD: &str = "wrong-pass-7f3a";
const REFUSED_PASSWORD: &str = "wk-7f3a";
const PASSWORD_OF_OTTO: &str = "otto-pass-7f3a";
const PRIVATE: &str = "private-data-7f3a";
const MADE_UP_CODE: &str = "made-up-code-7f3a-AAAAAAAAAAAAAAAAAAAAAAAAA";
const MADE_UP_TOKEN: &str = "bWFkZS11cA.dG9rZW4tN2YzYQ.c2lnbmF0dXJl-7f3a";
const IN_HEADERS: &str = "header-secret-7f3a";
const IN_PATHS: &str = "path-secret-7f3a";

/// What happens to one service.
pub(super) struct Story<'a> {
    program: &'a Program,
    host: String,
    mails: PathBuf,
    seen_mails: BTreeSet<PathBuf>,
    pub(super) marks: Marks,
    administrator: String,
    /// Vera's id and the tokens that she has at the moment.
    id: String,
    access: String,
    refresh: String,
}

impl<'a> Story<'a> {
    pub(super) fn new(program: &'a Program, mails: &Path) -> Self {
        let mut marks = Marks::default();
        for (what, secret) in [
            ("the first password", "first-pass-7f3a"),
            ("the second password", SECOND_PASSWORD),
            ("the third password", THIRD_PASSWORD),
            ("a wrong password", WRONG_PASSWORD),
            ("a refused password", REFUSED_PASSWORD),
            ("Otto's password", PASSWORD_OF_OTTO),
            ("a made-up code", MADE_UP_CODE),
            ("a made-up token", MADE_UP_TOKEN),
            ("a secret in a header", IN_HEADERS),
            ("a secret in a path", IN_PATHS),
        ] {
            marks.secret(what, secret);
        }
        for address in [EMAIL, NEW_EMAIL, OTHER_EMAIL, UNKNOWN_EMAIL, HEADER_EMAIL] {
            marks.personal("an address", address);
            let (name, domain) = address.split_once('@').unwrap();
            marks.personal("the name in an address", name);
            marks.personal("the domain of an address", domain);
        }
        marks.personal("private metadata", PRIVATE);
        Self {
            program,
            host: program.address.trim_start_matches("http://").to_owned(),
            mails: mails.to_owned(),
            seen_mails: BTreeSet::new(),
            marks,
            administrator: String::new(),
            id: String::new(),
            access: String::new(),
            refresh: String::new(),
        }
    }

    pub(super) fn is_administered_by(&mut self, email: &str, password: &str) {
        self.marks.personal("the administrator's address", email);
        self.marks.secret("the administrator's password", password);
        let body = json!({ "identity": email, "secret": password });
        self.administrator = self.sign_in(&body).0;
    }

    pub(super) fn everything_happens(&mut self) {
        self.signs_in();
        self.fails_to_sign_in();
        self.goes_on_and_ends_sessions();
        self.proves_her_address();
        self.changes_her_account();
        self.moves_and_changes_passwords();
        self.is_looked_after();
        self.sends_what_cannot_be_read();
        self.asks_for_what_is_not_there();
    }

    /// A request with marks wherever nobody looks.
    fn ask(&self, method: &str, target: &str, token: Option<&str>, body: &str) -> Answer {
        let kind = if body.starts_with("token=") {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        self.ask_with(
            method,
            target,
            token,
            &format!("Content-Type: {kind}\r\n"),
            body,
        )
    }

    fn ask_with(
        &self,
        method: &str,
        target: &str,
        token: Option<&str>,
        headers: &str,
        body: &str,
    ) -> Answer {
        let bearer = token.map_or(String::new(), |token| {
            format!("Authorization: Bearer {token}\r\n")
        });
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{bearer}\
             User-Agent: {IN_HEADERS}/1.0 ({HEADER_EMAIL})\r\nX-Request-Id: {HEADER_EMAIL}\r\n\
             Cookie: session={IN_HEADERS}; {HEADER_EMAIL}\r\nX-Forwarded-For: {HEADER_EMAIL}\r\n\
             Referer: http://{host}/?token={IN_HEADERS}\r\nX-{IN_HEADERS}: {IN_HEADERS}\r\n\
             If-None-Match: \"{IN_HEADERS}\"\r\nTraceparent: {IN_HEADERS}\r\n\
             Forwarded: for={IN_HEADERS}\r\nFrom: {HEADER_EMAIL}\r\n\
             {headers}Content-Length: {}\r\n\r\n{body}",
            body.len(),
            host = self.host,
        );
        exchange(&self.host, request.as_bytes())
    }

    fn post(&self, target: &str, body: &Value) -> Answer {
        self.ask("POST", target, None, &body.to_string())
    }

    fn by_vera(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.ask(method, target, Some(&self.access), &body.to_string())
    }

    fn by_administrator(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.ask(method, target, Some(&self.administrator), &body.to_string())
    }

    fn own(&self, rest: &str) -> String {
        format!("/users/{}{rest}", self.id)
    }

    fn sign_in(&mut self, body: &Value) -> (String, String) {
        let answer = self.post("/users/tokens/issue", body).expect(201);
        self.keep_tokens(&answer)
    }

    fn keep_tokens(&mut self, answer: &Answer) -> (String, String) {
        let (access, refresh) = (
            answer.member("access_token"),
            answer.member("refresh_token"),
        );
        self.marks.token("an access token", &access);
        self.marks.token("a refresh token", &refresh);
        (access, refresh)
    }

    /// The code of the next mail of a kind, once it is there.
    fn mailed_code(&mut self, kind: &str) -> String {
        let mut text = None;
        let named = format!("-{kind}-");
        self.program.until(&format!("a {kind} mail"), || {
            let mails = std::fs::read_dir(&self.mails).unwrap();
            let mails = mails.map(|entry| entry.unwrap().path());
            let mut new = mails.filter(|path| {
                let name = path.file_name().unwrap().to_str().unwrap();
                name.contains(&named) && !name.starts_with('.') && !self.seen_mails.contains(path)
            });
            new.next().is_some_and(|path| {
                text = Some(std::fs::read_to_string(&path).unwrap());
                self.seen_mails.insert(path)
            })
        });
        // Soft line breaks of quoted-printable may stand anywhere.
        let text = text.unwrap().replace("=\r\n", "").replace("=3D", "=");
        let code = text.split_once("token=").expect("a link").1;
        let code: String = code
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
            .collect();
        self.marks.secret("a mailed code", &code);
        code
    }
}
