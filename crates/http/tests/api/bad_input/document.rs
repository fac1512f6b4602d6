//! That nothing of the API is left untried: the document, which is proven to have every route, has
//! nothing that the tables here have not.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scene::Scene;
use super::way::{self, Content, Way};
use super::{fields, parameters};

/// Pages are no operations; the one that asks for a password is tried with its form.
const PAGES: [(&str, &str); 1] = [("GET", "/password/reset")];

#[test]
fn every_route_parameter_and_member_is_tried() {
    let document: Value = serde_json::from_str(users_http::openapi()).unwrap();
    let ways = way::all(&Scene::new());
    let mut untried: BTreeSet<String> = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let method = method.to_uppercase();
            let is_page = PAGES.contains(&(&method, path));
            if is_page || described["tags"][0] == "Service" {
                continue;
            }
            let same = |way: &&Way| way.method == method && way.template() == *path;
            match ways.iter().find(same) {
                Some(way) => untried.extend(unlike(way, described, &document)),
                None => untried.extend([format!("{method} {path}")]),
            }
        }
    }
    assert!(untried.is_empty(), "{untried:#?}");
}

/// What an operation reads and the tables do not say, or the other way round.
fn unlike(way: &Way, described: &Value, document: &Value) -> Vec<String> {
    let named = |place: &str| -> BTreeSet<String> {
        let all = described["parameters"].as_array().into_iter().flatten();
        let here = all.filter(|parameter| parameter["in"] == place);
        here.map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let kind = way.content.kind().unwrap_or_default();
    let schema = &described["requestBody"]["content"][kind]["schema"];
    let tried: [BTreeSet<String>; 3] = match way.content {
        Content::Json => {
            let fields = fields::of(way.operation).into_iter();
            [
                fields.map(|field| field.name.to_owned()).collect(),
                query(way),
                headers(way),
            ]
        }
        _ => [way.names().into_iter().collect(), query(way), headers(way)],
    };
    let read = [
        members(schema, document, ""),
        named("query"),
        named("header"),
    ];
    read.iter()
        .zip(&tried)
        .flat_map(|(read, tried)| read.symmetric_difference(tried))
        .map(|name| format!("{}: {name}", way.name()))
        .collect()
}

fn query(way: &Way) -> BTreeSet<String> {
    let mut names: BTreeSet<_> = parameters::of(way.operation)
        .into_iter()
        .map(str::to_owned)
        .collect();
    // The mailed code, in links or beside the body.
    if matches!(way.operation, "verify_email" | "reset_secret") && way.content != Content::Form {
        names.insert("token".to_owned());
    }
    names
}

fn headers(way: &Way) -> BTreeSet<String> {
    way.has_version
        .then(|| "If-Match".to_owned())
        .into_iter()
        .collect()
}

/// The names of a schema's members, those of inner objects by their path.
fn members(schema: &Value, document: &Value, path: &str) -> BTreeSet<String> {
    let schema = resolved(schema, document);
    let mut names = BTreeSet::new();
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let name = format!("{path}{name}");
        let deeper = members(inner, document, &format!("{name}."));
        if deeper.is_empty() {
            names.insert(name);
        }
        names.extend(deeper);
    }
    for combined in ["allOf", "anyOf", "oneOf"] {
        for part in schema[combined].as_array().into_iter().flatten() {
            names.extend(members(part, document, path));
        }
    }
    names
}

fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
