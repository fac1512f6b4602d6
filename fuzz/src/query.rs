//! Request targets: the queries of lists, searches and mailed links, and ids in paths.

use actix_web::http::Uri;
use actix_web::http::header::ACCEPT;
use actix_web::test::TestRequest;
use users_domain::model::{
    Email, Metadata, PersonName, Role, Status, Tags, User, UserId, UserQuery, Username,
};
use users_testkit::people::{a_disabled_user, grace, id_of, user};

use crate::answer::Answer;
use crate::api::{InProcess, VERIFICATION_CODE};
use crate::text::choice_and_text;

/// A letter that chooses a path, and the query or the last segment that is put behind it.
///
/// A page holds no more than it was asked for, and its link leads to a page with other people on
/// it. A link with a code works only if the code is the right one. Nothing changes an account but
/// such a link.
pub fn query(bytes: &[u8]) {
    thread_local! {
        static API: &'static InProcess = InProcess::with(neighbours());
    }
    let Some((choice, text)) = choice_and_text(bytes) else {
        return;
    };
    let (path, accept) = match choice {
        'l' => ("/users?", "*/*"),
        's' => ("/users/search?", "*/*"),
        'v' => ("/verify-email?", "*/*"),
        'V' => ("/verify-email?", "text/html"),
        'r' => ("/password/reset?", "text/html"),
        'i' => ("/users/", "*/*"),
        _ => return,
    };
    let target = format!("{path}{text}");
    // Others do not get through the HTTP parser.
    if target.parse::<Uri>().is_err() || target.contains('#') {
        return;
    }
    API.with(|api| {
        let get = |target: &str| {
            let request = TestRequest::with_uri(target).insert_header((ACCEPT, accept));
            api.ask(api.by_root(request))
        };
        if choice == 'i' && is_elsewhere(text) {
            return;
        }
        let answer = get(&target);
        let accounts = api.fakes.store.users();
        if accounts != api.people {
            api.begin_anew();
            assert!(
                choice == 'v' && answer.is_success(),
                "a question changed an account"
            );
        }
        match choice {
            'l' if answer.is_success() => follow(&answer, &get),
            's' if answer.is_success() => {
                shown(&answer);
            }
            'v' if answer.is_success() => {
                let mut found = url::form_urlencoded::parse(text.as_bytes());
                assert!(found.any(|(name, value)| name == "token" && value == VERIFICATION_CODE));
            }
            _ => {}
        }
        assert!(!answer.page().unwrap_or_default().contains("<mark>"));
    });
}

/// Whether a segment leads out of the API, where others answer.
fn is_elsewhere(segment: &str) -> bool {
    let path = segment.split('?').next().unwrap_or_default();
    path.contains('/') || path.is_empty()
}

/// Checks a page of a list and goes on to the next until there is none.
fn follow(answer: &Answer, get: &dyn Fn(&str) -> Answer) {
    let mut seen = shown(answer);
    let mut link = next(answer);
    while let Some(target) = link {
        let page = get(&format!("/users{target}"));
        assert_eq!(
            page.status, 200,
            "the link to the next page is refused: {target}"
        );
        let ids = shown(&page);
        assert!(!ids.is_empty(), "the next page is empty: {target}");
        assert!(
            ids.iter().all(|id| !seen.contains(id)),
            "somebody is shown twice: {target}"
        );
        seen.extend(ids);
        link = next(&page);
    }
}

/// The ids on a page.
fn shown(answer: &Answer) -> Vec<String> {
    let page = answer.json();
    let number = |member: &str| page[member].as_u64().expect("a number");
    let users = page["users"].as_array().expect("a list");
    assert!(number("limit") <= UserQuery::MAX_LIMIT);
    let length = u64::try_from(users.len()).expect("a small number");
    assert!(length <= number("limit") && length <= number("total"));
    let id = |user: &serde_json::Value| user["id"].as_str().expect("an id").to_owned();
    users.iter().map(id).collect()
}

/// Where the next page is, from the header `Link`.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (target, _) = link.strip_prefix('<')?.split_once('>').expect("a link");
    Some(target.to_owned())
}

/// Accounts of all kinds, odd rows of older rules too.
fn neighbours() -> Vec<User> {
    let nameless = User {
        id: UserId::from_stored("an id / with ?&%".to_owned()),
        first_name: PersonName::from_stored(String::new()),
        last_name: PersonName::from_stored("% _ \\".to_owned()),
        username: None,
        email: Email::from_stored("Zoë <zoe@exämple.com>\"&\\".to_owned()),
        metadata: Metadata::from_stored("[1, {\"a\": 1}]".to_owned()),
        created_at: None,
        ..user("nameless")
    };
    let tagged = User {
        tags: Tags::from_stored(vec!["iot".to_owned(), "a+b,c".to_owned(), String::new()]),
        metadata: Metadata::from_stored("{\"team\": {\"name\": \"core\"}, \"n\": 1e2}".to_owned()),
        role: Role::Admin,
        ..user("tagged")
    };
    let deleted = User {
        status: Status::Deleted,
        username: Some(Username::from_stored("ADA ".to_owned())),
        ..user("deleted")
    };
    let twin = User {
        id: id_of("twin"),
        ..grace()
    };
    vec![
        nameless,
        tagged,
        deleted,
        grace(),
        twin,
        a_disabled_user("eve"),
    ]
}
