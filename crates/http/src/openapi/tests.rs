use std::collections::BTreeSet;

use serde_json::{Value, json};

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
            assert!(parameter["schema"].is_object(), "{place} {parameter}");
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
