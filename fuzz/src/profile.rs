//! What people say of themselves: names, labels, picture, metadata; and ids, codes and passwords.

use serde_json::Value;
use users_domain::model::{
    AdoptedCode, Metadata, OneTimeCode, PasswordPolicy, PersonName, PictureUrl, RequestId, Tags,
    UserId, Username,
};

use crate::text::{choice_and_text, holds_hidden};

/// A letter that chooses a type, and a text that is parsed as one.
///
/// What is accepted is kept as typed, within the limits of its type.
pub fn profile(bytes: &[u8]) {
    let Some((choice, text)) = choice_and_text(bytes) else {
        return;
    };
    match choice {
        'u' => username(text),
        'n' => person_name(text),
        't' => tags(text),
        'p' => picture(text),
        'm' => metadata(text),
        'i' => user_id(text),
        'x' => request_id(text),
        'c' => code(text),
        'a' => adopted_code(text),
        'w' => password(text),
        _ => {}
    }
}

fn username(text: &str) {
    let Ok(username) = Username::parse(text) else {
        return;
    };
    assert_eq!(username.as_str(), text);
    assert!((1..=32).contains(&text.len()));
    assert!(text.starts_with(|c: char| c.is_ascii_alphanumeric()));
    assert!(!text.contains("__") && !text.contains("--"));
    assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    );
    let folded = Username::parse(&username.folded()).expect("the folded form is a username");
    assert_eq!(folded.folded(), username.folded());
}

fn person_name(text: &str) {
    let Ok(name) = PersonName::parse("first_name", text) else {
        return;
    };
    assert_eq!(name.as_str(), text);
    assert!(text.len() <= 254 && !holds_hidden(text));
    assert!(text.chars().any(|c| !c.is_whitespace()));
}

/// One tag a line.
fn tags(text: &str) {
    let sent: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let Ok(tags) = Tags::parse(sent.clone()) else {
        return;
    };
    assert_eq!(tags.as_slice(), sent);
    assert!(sent.len() <= 64);
    for tag in sent {
        assert!((1..=64).contains(&tag.chars().count()) && !holds_hidden(&tag));
    }
}

fn picture(text: &str) {
    let Ok(picture) = PictureUrl::parse(text) else {
        return;
    };
    assert_eq!(picture.as_str(), text);
    assert!(text.len() <= 2048 && !holds_hidden(text));
    assert!(!text.contains(char::is_whitespace));
    let (scheme, rest) = text.split_once("://").expect("an absolute URL");
    assert!(
        ["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
    );
    assert!(!rest.starts_with(['/', '\\', '?', '#']));
    let url = url::Url::parse(text).expect("a URL");
    assert!(url.host_str().is_some_and(|host| !host.is_empty()));
    // Its normal form may have more bytes.
    if url.as_str().len() <= PictureUrl::MAX_BYTES {
        PictureUrl::parse(url.as_str()).expect("its normal form is a picture");
    }
}

fn metadata(text: &str) {
    let Ok(metadata) = Metadata::parse("metadata", text) else {
        return;
    };
    assert!(text.len() <= 64 * 1024);
    let sent: Value = serde_json::from_str(text).expect("JSON");
    let kept: Value = serde_json::from_str(metadata.as_str()).expect("JSON");
    assert_eq!(sent, kept);
    assert!(depth(&kept) <= 64 && kept.is_object() && metadata.is_object());
    assert!(!holds_nul(&kept));
    assert!(metadata.contains(&metadata) && metadata.contains(&Metadata::default()));
    assert_eq!(
        metadata.is_empty(),
        kept == Value::Object(serde_json::Map::new())
    );
    assert_eq!(
        Metadata::from_stored(metadata.as_str().to_owned()),
        metadata
    );
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(elements) => elements.iter().any(holds_nul),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

fn user_id(text: &str) {
    if let Ok(id) = UserId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!((1..=36).contains(&text.len()) && !holds_hidden(text));
    }
}

fn request_id(text: &str) {
    if let Some(id) = RequestId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!((1..=128).contains(&text.len()));
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        // It stands in headers, in JSON and in lines of a log without any escape.
        assert_eq!(Value::from(text).to_string(), format!("\"{text}\""));
    }
}

fn code(text: &str) {
    if let Some(code) = OneTimeCode::parse(text) {
        assert_eq!(code.expose(), text);
        assert_eq!(text.len(), OneTimeCode::CHARS);
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        );
    }
}

fn adopted_code(text: &str) {
    if let Some(code) = AdoptedCode::parse(text) {
        assert!(text.len() <= AdoptedCode::MAX_TOKEN_BYTES);
        assert!(OneTimeCode::parse(text).is_none());
        for part in [code.user.as_str(), code.email.as_str()] {
            assert!(!part.is_empty() && !part.contains('\0'));
        }
        assert!(!code.is_otp(""));
    }
}

fn password(text: &str) {
    if let Ok(password) = PasswordPolicy::default().accept(text) {
        assert_eq!(password.expose(), text);
        assert!(text.len() <= 72 && text.chars().count() >= 8 && !text.contains('\0'));
    }
}
