//! Mailed links and the forms behind them, opened by programs and by people.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::case::{Case, Expected};
use super::scene::Scene;
use super::way::{Content, Way};
use crate::client::{Request, escaped};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

/// The cases of the operations that a code proves.
pub(super) fn cases(way: &Way, scene: &Scene) -> Vec<Case> {
    let other_code = match way.operation {
        "verify_email" => &scene.reset_code,
        "reset_secret" => &scene.verification_code,
        _ => return Vec::new(),
    };
    let mut codes = codes();
    codes.push((other_code.clone(), Fault::Unknown));
    let mut cases = Vec::new();
    for (code, fault) in &codes {
        let title = |how: &str| format!("{how}: the code {code:.60}");
        match way.content {
            Content::None => {
                let request = way.asking(&format!("token={code}"));
                cases.push(way.case(title("a program"), request.clone(), fault.refusal()));
                let seen = request.header("Accept", BROWSER);
                cases.push(way.case(title("a browser"), seen, Expected::Page));
            }
            Content::Form => {
                let request = way.sending(way.form_with("token", code));
                cases.push(way.case(title("a form"), request, Expected::Page));
            }
            _ => cases.extend(beside_the_body(way, code, *fault)),
        }
    }
    if way.operation == "reset_secret" && way.content == Content::Form {
        for (code, _) in &codes {
            let request = Request::get(&format!("/password/reset?token={code}"));
            cases.push(way.case(format!("the page of {code:.60}"), request, Expected::Page));
        }
        cases.extend(passwords(way, scene));
    }
    cases
}

/// What is wrong with a code.
#[derive(Clone, Copy)]
enum Fault {
    Missing,
    Broken,
    Unknown,
}

impl Fault {
    fn refusal(self) -> Expected {
        match self {
            Self::Missing => Expected::missing("token"),
            Self::Broken => Expected::invalid("token"),
            Self::Unknown => Expected::refused(400, "invalid_code"),
        }
    }
}

/// Codes as they stand in a query, and further parameters with them.
fn codes() -> Vec<(String, Fault)> {
    let code = "m4rk".repeat(10) + "m4";
    let mut codes = vec![
        (String::new(), Fault::Missing),
        ("&token2=m4rk".to_owned(), Fault::Missing),
        ("m4rk&token=m4rk".to_owned(), Fault::Broken),
        ("&token=".to_owned(), Fault::Broken),
    ];
    for value in [
        "%",
        "%4",
        "%zz",
        "%ff",
        "m4rk%c3%28",
        "%ed%a0%80",
        "%c0%80",
        "%00",
        "m4rk%00",
    ] {
        codes.push((value.to_owned(), Fault::Broken));
    }
    for value in [
        "m4rk",
        "0",
        "null",
        "undefined",
        // A right length, and a byte less and more.
        &format!("{code}A"),
        &code,
        &format!("{code}AA"),
        &format!("{code}A%3D"),
        // Bits that no code has at its end.
        &format!("{code}B"),
        &format!("%20{code}A"),
        &format!("{code}A%0a"),
        &format!("{code}%2B"),
        &format!("{code}%2F"),
        "%22%3E%3Cscript%3Ealert(1)%3C/script%3Em4rk",
        "%E2%80%AEm4rk",
        "%0d%0aSet-Cookie:%20a=m4rk",
        &"m4rk".repeat(5_000),
    ] {
        codes.push((value.to_owned(), Fault::Unknown));
    }
    codes.extend(triples().map(|token| (token, Fault::Unknown)));
    codes
}

/// What the deployed service's links hold, and what looks like it.
fn triples() -> impl Iterator<Item = String> {
    let member = "m4rk".repeat(1_000);
    [
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk"}"#.to_owned(),
        r#"{"user_id":"m4rk","email":"m4rk","otp":"m4rk"}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":""}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com"}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":null}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":7}"#.to_owned(),
        r#"{"user_id":["id-of-una"],"email":{},"otp":true}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk","otp":"m4rk"}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk\u0000"}"#.to_owned(),
        r#"{"user_id":"id-of-una\u0000","email":"una@example.com","otp":"m4rk"}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk\ud800"}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk' OR '1'='1"}"#.to_owned(),
        r#"{"user_id":"%","email":"%","otp":"%"}"#.to_owned(),
        r#"["id-of-una","una@example.com","m4rk"]"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk"}{}"#.to_owned(),
        r#"{"user_id":"id-of-una","email":"una@example.com","otp":"m4rk"#.to_owned(),
        format!(r#"{{"user_id":"id-of-una","email":"una@example.com","otp":"{member}"}}"#),
        "[".repeat(3_000),
        format!(r#"{{"m4rk":{}"#, "[".repeat(3_000)),
    ]
    .into_iter()
    .map(|json| URL_SAFE.encode(json))
    // No base64url.
    .chain([
        "eyJ1c2VyX2lkIjoi====".to_owned(),
        "e30".to_owned() + &"*".repeat(50),
    ])
}

/// `PUT /password/reset` takes the code from the query or as bearer token where the body has none.
fn beside_the_body(way: &Way, code: &str, fault: Fault) -> Vec<Case> {
    let mut members = way.members();
    members["token"] = serde_json::Value::Null;
    let bare = |target: &str| {
        Request::new(way.method, target)
            .header("Content-Type", "application/json")
            .body(members.to_string())
    };
    let query = bare(&format!("{}?token={code}", way.target()));
    let with_token = bare(&way.target()).bearer(code);
    let (as_bearer, bearer_fault) = match code {
        // No token at all.
        "" | "undefined" => (with_token, Fault::Missing),
        _ => (with_token, Fault::Unknown),
    };
    vec![
        way.case(
            format!("beside the body: {code:.60}"),
            query,
            fault.refusal(),
        ),
        way.case(
            format!("as token: {code:.60}"),
            as_bearer,
            bearer_fault.refusal(),
        ),
    ]
}

/// The other fields of the form.
fn passwords(way: &Way, scene: &Scene) -> Vec<Case> {
    let form = |password: &str, again: &str| {
        let code = &scene.reset_code;
        let body = format!("token={code}&password={password}&confirm_password={again}");
        way.sending(body)
    };
    let longest = "m4rk".repeat(18);
    let mut cases = Vec::new();
    for (password, again, expected) in [
        ("", "", Expected::Page),
        ("", "m4rk5678", Expected::Page),
        ("m4rk5678", "", Expected::Page),
        ("m4rk5678", "m4rk56789", Expected::Page),
        ("m4rk5678", "M4RK5678", Expected::Page),
        ("m4rk567", "m4rk567", Expected::Page),
        ("m4rk5678%00", "m4rk5678%00", Expected::Page),
        ("m4rk5678%0a", "m4rk5678%0a", Expected::Page),
        ("m4rk5678%ff", "m4rk5678%ff", Expected::Page),
        ("m4rk5678%zz", "m4rk5678%zz", Expected::Page),
        ("m4rk5678%", "m4rk5678%", Expected::Page),
        ("m4rk5678&password=m4rk5678", "m4rk5678", Expected::Page),
        (
            "m4rk5678",
            "m4rk5678&confirm_password=m4rk5678",
            Expected::Page,
        ),
        (
            &format!("{longest}x"),
            &format!("{longest}x"),
            Expected::Page,
        ),
        (&longest, &longest, Expected::Answered(200)),
        ("m4rk5678", "m4rk5678", Expected::Answered(200)),
        (
            "m4rk5678&password2=%zz",
            "m4rk5678",
            Expected::Answered(200),
        ),
        (
            &escaped("м4rk пароль"),
            &escaped("м4rk пароль"),
            Expected::Answered(200),
        ),
    ] {
        let title = format!("the new password {password:.40}, then {again:.40}");
        cases.push(way.case(title, form(password, again), expected));
    }
    cases
}
