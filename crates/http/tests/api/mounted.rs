//! The API in an app of somebody else's.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, web};
use prometheus::Registry;
use serde_json::Value;
use users_domain::ports::PublishedKeys;
use users_http::{About, Api, ApiSettings, EnumFormat, configure};
use users_testkit::Fakes;

use super::service::registration;

/// The API on fakes, to be mounted.
pub(super) fn api(registry: Registry) -> Result<Api, prometheus::Error> {
    let fakes = Fakes::new();
    let keys = Arc::new(fakes.tokens.clone());
    api_with(&fakes, Some(keys), registry)
}

fn api_with(
    fakes: &Fakes,
    keys: Option<Arc<dyn PublishedKeys>>,
    registry: Registry,
) -> Result<Api, prometheus::Error> {
    let text = || "-".to_owned();
    let settings = ApiSettings {
        enums: EnumFormat::default(),
        about: About {
            version: text(),
            commit: text(),
            build_time: text(),
            instance_id: text(),
        },
    };
    Api::new(
        fakes.users(),
        keys,
        Arc::new(fakes.entropy.clone()),
        settings,
        registry,
    )
}

#[actix_web::test]
async fn where_another_service_issues_tokens_there_are_no_keys_to_show() {
    let api = api_with(&Fakes::new(), None, Registry::new()).unwrap();
    let app = init_service(App::new().configure(configure(&api))).await;
    let keys = TestRequest::get().uri("/.well-known/jwks.json");
    let answer = call_service(&app, keys.to_request()).await;
    assert_eq!(answer.status(), 404);
    let body: Value = read_body_json(answer).await;
    assert_eq!(body["code"], "no_such_path");
}

#[actix_web::test]
async fn it_answers_below_any_path_and_leaves_the_rest_alone() {
    let api = api(Registry::new()).unwrap();
    let accounts = web::scope("/accounts").configure(configure(&api));
    let app = App::new()
        .service(accounts)
        .route("/health", web::get().to(|| async { "mine" }));
    let app = init_service(app).await;

    let register = TestRequest::post()
        .uri("/accounts/users/")
        .set_json(registration("ada"));
    let answer = call_service(&app, register.to_request()).await;
    assert_eq!(answer.status(), 201);
    assert!(answer.headers().contains_key("x-request-id"));
    let location = answer.headers().get(LOCATION).unwrap().clone();
    let made: Value = read_body_json(answer).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(location, format!("/accounts/users/{id}"));

    let wrong_method = TestRequest::put().uri("/accounts/users");
    let answer = call_service(&app, wrong_method.to_request()).await;
    assert_eq!(answer.status(), 405);
    let body: Value = read_body_json(answer).await;
    assert_eq!(body["code"], "method_not_allowed");

    let elsewhere = call_service(&app, TestRequest::get().uri("/health").to_request()).await;
    assert_eq!(elsewhere.status(), 200);
    assert!(!elsewhere.headers().contains_key("x-request-id"));
}

#[test]
fn one_registry_takes_one_api() {
    let registry = Registry::new();
    api(registry.clone()).unwrap();
    assert!(api(registry).is_err());
}
