//! That the document describes every operation whole, and its patterns what is accepted.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};
use users_domain::model::{AdoptedCode, Email, OneTimeCode, PersonName, PictureUrl, Username};

use super::*;

fn document() -> Value {
    serde_json::from_str(openapi()).unwrap()
}

/// Every method of every path, with what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods
                .map(|(method, described)| (method.to_uppercase(), path.clone(), described.clone()))
        })
        .collect()
}

/// A schema that stands at a place of the document.
fn validator(document: &Value, place: &str) -> jsonschema::Validator {
    let mut schema = document.clone();
    schema["$ref"] = json!(format!("#{place}"));
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let described: BTreeSet<(String, String)> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let routed: BTreeSet<(String, String)> = routes::endpoints()
        .iter()
        .flat_map(|endpoint| {
            let methods = endpoint.methods().iter().filter(|m| *m != Method::HEAD);
            methods.map(|method| (method.to_string(), endpoint.path().to_owned()))
        })
        .collect();
    assert_eq!(described, routed);
}

#[test]
fn another_spelling_of_a_path_is_told() {
    let document = document();
    for endpoint in routes::endpoints() {
        let item = document["paths"][endpoint.path()].to_string();
        for spelling in endpoint.other_paths() {
            assert!(item.contains(&format!("`{spelling}`")), "{spelling}");
        }
    }
}

#[test]
fn an_operation_has_one_name() {
    let document = document();
    let mut seen = BTreeSet::new();
    for endpoint in routes::endpoints() {
        for (method, operation) in endpoint.operations() {
            let method = method.as_str().to_lowercase();
            let described = &document["paths"][endpoint.path()][method];
            let name = described["operationId"].as_str().unwrap();
            let forms = format!("{}_by_form", operation.as_str());
            assert!(name == operation.as_str() || name == forms, "{name}");
        }
    }
    for (_, _, described) in operations(&document) {
        let name = described["operationId"].as_str().unwrap().to_owned();
        assert!(seen.insert(name.clone()), "{name} is given twice");
    }
}

#[test]
fn everything_is_said_of_every_operation() {
    for (method, path, described) in operations(&document()) {
        let place = format!("{method} {path}");
        assert!(described["summary"].is_string(), "{place}");
        assert_eq!(described["tags"].as_array().unwrap().len(), 1, "{place}");
        let responses = described["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')));
        for (status, response) in responses {
            let told = response["description"].as_str().unwrap();
            assert!(!told.is_empty(), "{place} {status}");
        }
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{place} {parameter}");
            let schemas = [
                &parameter["schema"],
                &parameter["content"]["application/json"]["schema"],
            ];
            let said = schemas.iter().filter(|schema| schema.is_object()).count();
            assert_eq!(said, 1, "{place} {parameter}");
        }
    }
}

#[test]
fn every_example_is_what_its_schema_says() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut examples = 0;
    for (name, schema) in schemas {
        let validator = validator(&document, &format!("/components/schemas/{name}"));
        for example in schema["examples"].as_array().into_iter().flatten() {
            validator.validate(example).unwrap();
            examples += 1;
        }
    }
    let error = validator(&document, "/components/schemas/Error");
    for (method, path, described) in operations(&document) {
        if let Some(body) = described["requestBody"]["content"]["application/json"].as_object() {
            let schema = body["schema"]["$ref"].as_str();
            let is_anything = described["operationId"] == "refresh_token";
            let has_example = schema
                .and_then(|place| document.pointer(place.trim_start_matches('#')))
                .is_some_and(|schema| schema["examples"].is_array());
            assert!(
                has_example || is_anything,
                "{method} {path}: no example of the body"
            );
        }
        for (_, response) in described["responses"].as_object().unwrap() {
            let told = &response["content"]["application/json"]["examples"];
            for (_, example) in told.as_object().into_iter().flatten() {
                error.validate(&example["value"]).unwrap();
                examples += 1;
            }
        }
    }
    assert!(examples > 100, "{examples}");
}

#[test]
fn every_schema_is_one() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Whether the schema of a field lets a value through.
fn fits(field: impl Into<utoipa::openapi::RefOr<utoipa::openapi::Schema>>, value: &str) -> bool {
    let schema = serde_json::to_value(field.into()).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    validator.is_valid(&json!(value))
}

#[test]
fn a_pattern_lets_through_what_is_accepted_and_nothing_else() {
    for (name, good) in [
        ("ada", true),
        ("a_-b-_c-", true),
        ("a__b", false),
        ("a--b", false),
        ("-a", false),
    ] {
        assert_eq!(fits(fields::username(), name), good, "{name}");
        assert_eq!(Username::parse(name).is_ok(), good, "{name}");
    }
    for (name, good) in [
        ("Ada", true),
        ("a\u{feff}", true),
        ("\u{feff}\u{200d}", false),
        ("\u{e0041}", false),
        (" \u{2003}", false),
        ("A\u{85}", false),
        ("A\u{202e}", false),
    ] {
        assert_eq!(fits(fields::person_name(), name), good, "{name:?}");
        let parsed = PersonName::parse("first_name", name);
        assert_eq!(parsed.is_ok(), good, "{name:?}");
    }
    for (url, good) in [
        ("https://example.com/ada.png?a#b", true),
        ("HTTP://a:b@Example.com:80\\x", true),
        ("http://[::1]/", true),
        ("https:/example.com", false),
        ("https:///example.com", false),
        ("https://a b/", false),
        ("ftp://example.com/", false),
    ] {
        assert_eq!(fits(fields::picture(), url), good, "{url}");
        assert_eq!(PictureUrl::parse(url).is_ok(), good, "{url}");
    }
    for (address, good) in [
        ("ada@example.com", true),
        ("ada.l+o'v@b\u{fc}cher.example", true),
        ("ada@example", false),
        ("ada@example.1a", false),
        ("ada@127.0.0.1", false),
        ("ada@[127.0.0.1]", false),
        ("\"ada\"@example.com", false),
        ("Ada <ada@example.com>", false),
        (".ada@example.com", false),
        ("ada@exam_ple.com", false),
        ("ada@a@example.com", false),
    ] {
        assert_eq!(fits(fields::email(), address), good, "{address}");
        assert_eq!(Email::parse(address).is_ok(), good, "{address}");
    }
}

proptest! {
    #![proptest_config(crate::extract::fixed_cases())]

    #[test]
    fn no_pattern_refuses_what_is_accepted(text in "[aZ09._@:/?#%'+é\\u{feff}-]{0,12}") {
        let address = format!("a{text}@example.com");
        let domain = format!("a@{text}.com");
        for email in [&text, &address, &domain] {
            if Email::parse(email).is_ok() {
                prop_assert!(fits(fields::email(), email), "{}", email);
            }
        }
        let url = format!("https://{text}");
        if PictureUrl::parse(&url).is_ok() {
            prop_assert!(fits(fields::picture(), &url), "{}", url);
        }
    }

    #[test]
    fn usernames_are_told_exactly(text in "[aZ0_-]{1,8}") {
        prop_assert_eq!(fits(fields::username(), &text), Username::parse(&text).is_ok());
    }

    #[test]
    fn codes_are_told_exactly(text in "[A-Za-z0-9_-]{42,44}") {
        prop_assert_eq!(fits(fields::form_code(), &text), OneTimeCode::parse(&text).is_some());
    }

    #[test]
    fn every_code_that_verifies_is_told(bytes in any::<[u8; 32]>(), otp in "[^\\x00]{1,50}") {
        let ours = OneTimeCode::new(bytes);
        prop_assert!(fits(fields::verification_code(), ours.expose()));
        let json = json!({ "user_id": "x", "email": "y", "otp": otp }).to_string();
        for token in [URL_SAFE.encode(&json), URL_SAFE_NO_PAD.encode(&json)] {
            prop_assert!(AdoptedCode::parse(&token).is_some());
            prop_assert!(fits(fields::verification_code(), &token));
        }
    }
}
