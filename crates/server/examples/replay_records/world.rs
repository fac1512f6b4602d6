//! The API, and the world around it.

use std::sync::Arc;

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use prometheus::Registry;
use users_domain::authorization::AccessPolicy;
use users_domain::model::{BearerToken, User};
use users_domain::ports::{IssueToken, PublishedKeys, TokenIssuer as _};
use users_domain::{Settings, Users};
use users_http::{About, Api, ApiSettings, EnumFormat, configure};
use users_testkit::Fakes;

use super::Result;
use super::record::Record;

/// The services, and the fakes that they stand on.
pub(super) struct World {
    pub(super) fakes: Fakes,
    pub(super) users: Users,
}

impl World {
    /// Sends the request of a record to `path`; gives status and body.
    pub(super) async fn send(
        &self,
        record: &Record,
        path: &str,
        bearer: Option<&str>,
    ) -> Result<(u16, String)> {
        let api = api(&self.fakes, self.users.clone())?;
        let app = init_service(App::new().configure(configure(&api))).await;
        let method = Method::from_bytes(record.asked("method").as_bytes())?;
        let mut request = TestRequest::with_uri(path).method(method);
        for header in record.headers() {
            request = request.insert_header(header);
        }
        if let Some(bearer) = bearer {
            request = request.insert_header((AUTHORIZATION, format!("Bearer {bearer}")));
        }
        if !record.body().is_null() {
            request = request.set_payload(record.body().to_string());
        }
        let answer = call_service(&app, request.to_request()).await;
        let status = answer.status().as_u16();
        let body = String::from_utf8(read_body(answer).await.to_vec())?;
        Ok((status, body))
    }
}

/// What the operator of the record had set.
pub(super) fn settings(record: &Record) -> Settings {
    let access = AccessPolicy {
        self_registration: !record.case.starts_with("noself_"),
        ..AccessPolicy::default()
    };
    Settings {
        access,
        ..Settings::default()
    }
}

/// A refresh token.
pub(super) async fn issue(fakes: &Fakes, user: &User) -> Result<BearerToken> {
    let request = IssueToken {
        user: user.id.clone(),
        role: user.role,
        verified: user.is_verified(),
        description: None,
        not_before: None,
    };
    Ok(fakes.tokens.issue(request).await?.refresh)
}

fn api(fakes: &Fakes, users: Users) -> Result<Api> {
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
    let keys: Arc<dyn PublishedKeys> = Arc::new(fakes.tokens.clone());
    let entropy = Arc::new(fakes.entropy.clone());
    Ok(Api::new(
        users,
        Some(keys),
        entropy,
        settings,
        Registry::new(),
    )?)
}
