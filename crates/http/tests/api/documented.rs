//! Whether what came back is what the OpenAPI document says: checked on every answer to every
//! request of these tests.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::client::Answer;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(users_http::openapi()).unwrap());

static SCHEMAS: LazyLock<HashMap<String, jsonschema::Validator>> = LazyLock::new(|| {
    let names = DOCUMENT["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys();
    names
        .map(|name| {
            let place = format!("#/components/schemas/{name}");
            let mut schema = DOCUMENT.clone();
            schema["$ref"] = json!(place);
            let validator = jsonschema::options().should_validate_formats(true);
            (place, validator.build(&schema).unwrap())
        })
        .collect()
});

/// Panics if an answer is not documented. Paths that are none of the API's, and methods that a path
/// does not know, are not described; their refusals are.
pub(super) fn check(method: &str, target: &str, answer: &Answer) {
    let Some(described) = described(method, target) else {
        let unknown = matches!(answer.status, 404 | 405);
        assert!(unknown, "{method} {target} is not documented: {answer:?}");
        return;
    };
    let status = answer.status.to_string();
    let response = &described["responses"][&status];
    let name = &described["operationId"];
    assert!(response.is_object(), "{name} answers {status}: {answer:?}");
    let Some(kind) = answer.header("content-type") else {
        assert_eq!(answer.text, "", "{name}: {answer:?}");
        return;
    };
    let kind = kind.split(';').next().unwrap_or_default();
    let content = &response["content"][kind];
    assert!(content.is_object(), "{name} answers {status} as {kind}");
    if method == "HEAD" {
        return;
    }
    if let Some(place) = content["schema"]["$ref"].as_str() {
        let outcome = SCHEMAS[place]
            .validate(&answer.json())
            .map_err(|error| error.to_string());
        assert_eq!(outcome, Ok(()), "{name}: {answer:?}");
    }
    if answer.status >= 400 && kind.ends_with("json") {
        let code = answer.json()["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let codes = &response["content"]["application/json"]["examples"];
        let told = codes.get(&code).is_some() || described["tags"] == json!(["Service"]);
        assert!(told, "{name} answers {status} {code}");
    }
    for header in [
        "etag",
        "link",
        "location",
        "retry-after",
        "www-authenticate",
    ] {
        if answer.header(header).is_some() {
            let headers = response["headers"].as_object().into_iter().flatten();
            let mut names = headers.map(|(name, _)| name.to_ascii_lowercase());
            assert!(
                names.any(|name| name == header),
                "{name} {status}: {header}"
            );
        }
    }
}

/// What the document says about a method at the path of a target.
fn described(method: &str, target: &str) -> Option<&'static Value> {
    let method = match method {
        "HEAD" => "get".to_owned(),
        _ => method.to_ascii_lowercase(),
    };
    let path = match target.split('?').next().unwrap_or_default() {
        "/users/" => "/users",
        "/users/verify-email" => "/verify-email",
        path => path,
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fixed = paths.get(path);
    let item = fixed.or_else(|| {
        let mut templates = paths.iter().filter(|(template, _)| fits(template, path));
        templates.next().map(|(_, item)| item)
    })?;
    item.get(method)
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given) = (template.split('/'), path.split('/'));
    wanted.clone().count() == given.clone().count()
        && wanted.zip(given).all(|(wanted, given)| {
            wanted == given || (wanted.starts_with('{') && !given.is_empty())
        })
}
