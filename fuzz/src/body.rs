//! Bodies: JSON of every operation that reads one, and the forms of the pages.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use serde_json::value::RawValue;
use users_domain::model::{Email, Metadata, PersonName, PictureUrl, Tags, User, Username};
use users_testkit::people::ada;

use crate::answer::Answer;
use crate::api::{InProcess, RESET_CODE, VERIFICATION_CODE};
use crate::text::{choice, holds_hidden};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What the first byte of an input chooses.
const OPERATIONS: [(char, &str, &str, &str); 14] = [
    ('c', "POST", "/users", JSON),
    ('i', "POST", "/users/tokens/issue", JSON),
    ('v', "POST", "/users/tokens/revoke", JSON),
    ('u', "PATCH", "/users/id-of-ada", JSON),
    ('n', "PATCH", "/users/id-of-ada/username", JSON),
    ('p', "PATCH", "/users/id-of-ada/picture", JSON),
    ('t', "PATCH", "/users/id-of-ada/tags", JSON),
    ('e', "PATCH", "/users/id-of-ada/email", JSON),
    ('r', "PATCH", "/users/id-of-ada/role", JSON),
    ('s', "PATCH", "/users/secret", JSON),
    ('q', "POST", "/password/reset-request", JSON),
    ('w', "PUT", "/password/reset", JSON),
    ('W', "POST", "/password/reset", FORM),
    ('V', "POST", "/verify-email", FORM),
];

/// A letter that chooses an operation, and a body that the administrator sends to it.
///
/// What is refused changes no account. What is accepted was one JSON object, is stored as it was
/// sent, and leaves accounts that obey every rule. A code works only if it is the right one.
pub fn body(bytes: &[u8]) {
    thread_local! {
        static API: &'static InProcess = InProcess::with([]);
    }
    let Some((choice, body)) = choice(bytes) else {
        return;
    };
    let Some((_, method, path, kind)) = OPERATIONS.iter().find(|(letter, ..)| *letter == choice)
    else {
        return;
    };
    API.with(|api| {
        api.begin_anew();
        let request = TestRequest::default()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(path)
            .insert_header((CONTENT_TYPE, *kind))
            .set_payload(body.to_vec());
        let answer = api.ask(api.by_root(request));
        let accounts = api.fakes.store.users();
        for session in api.fakes.store.sessions() {
            if let Some(description) = session.description {
                assert!(!holds_hidden(description.as_str()));
            }
        }
        if answer.is_success() {
            accounts.iter().for_each(obeys_the_rules);
            match *kind {
                JSON => was_stored_as_sent(body, &api.people, &accounts),
                _ => held_the_code(choice, body),
            }
        } else {
            assert_eq!(accounts, api.people, "a refusal changed an account");
        }
        repeats_nothing(&answer);
    });
}

fn obeys_the_rules(user: &User) {
    Email::parse(user.email.as_str()).expect("an address");
    let username = user.username.as_ref().expect("a username");
    Username::parse(username.as_str()).expect("a username");
    for name in [&user.first_name, &user.last_name] {
        PersonName::parse("name", name.as_str()).expect("a name");
    }
    Tags::parse(user.tags.as_slice().to_vec()).expect("tags");
    for metadata in [&user.metadata, &user.private_metadata] {
        Metadata::parse("metadata", metadata.as_str()).expect("metadata");
    }
    if let Some(picture) = &user.profile_picture {
        PictureUrl::parse(picture.as_str()).expect("a picture");
    }
}

/// Compares what an independent reader finds in the body with what the change made of an account.
fn was_stored_as_sent(body: &[u8], before: &[User], after: &[User]) {
    let sent = members(body).expect("an accepted body is one JSON object");
    let changed = |user: &&User| !before.contains(user);
    let Some(user) = after.iter().find(changed) else {
        return;
    };
    let text = |name| text(&sent, name);
    // Somebody else can set her password only by the code.
    if user.secret != ada().secret && user.id == ada().id {
        assert_eq!(text("token").as_deref(), Some(RESET_CODE));
    }
    let credentials = sent
        .get("credentials")
        .map(|member| member.get().as_bytes());
    let username = text("username").or_else(|| self::text(&members(credentials?)?, "username"));
    let old = before.iter().find(|old| old.id == user.id);
    for (sent, stored, before) in [
        (
            text("email"),
            Some(user.email.as_str()),
            old.map(|old| old.email.as_str()),
        ),
        (
            username,
            user.username.as_ref().map(Username::as_str),
            old.and_then(|old| old.username.as_ref())
                .map(Username::as_str),
        ),
        (
            text("first_name"),
            Some(user.first_name.as_str()),
            old.map(|old| old.first_name.as_str()),
        ),
        (
            text("last_name"),
            Some(user.last_name.as_str()),
            old.map(|old| old.last_name.as_str()),
        ),
    ] {
        // An operation takes its own members only: the rest stays as it was.
        assert!(
            stored == sent.as_deref() || old.is_some() && stored == before,
            "something else was stored than was sent"
        );
    }
}

/// The members of an object. What a member that nobody takes holds may break finer rules of JSON.
fn members(json: &[u8]) -> Option<BTreeMap<String, Box<RawValue>>> {
    serde_json::from_slice(json).ok()
}

fn text(members: &BTreeMap<String, Box<RawValue>>, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}

/// A form that was accepted held the code of its page.
fn held_the_code(choice: char, form: &[u8]) {
    let code = match choice {
        'V' => VERIFICATION_CODE,
        _ => RESET_CODE,
    };
    let mut fields = url::form_urlencoded::parse(form);
    assert!(
        fields.any(|(name, value)| name == "token" && value == code),
        "a form without the code was accepted"
    );
}

/// No page holds markup that came with a request.
fn repeats_nothing(answer: &Answer) {
    let page = answer.page().unwrap_or_default();
    assert!(!page.contains("<mark>"), "{page}");
}
