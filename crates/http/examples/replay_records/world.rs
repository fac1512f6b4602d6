//! The API on fakes that hold what a record needs.

use std::sync::Arc;

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use prometheus::Registry;
use serde_json::{Value, json};
use users_domain::authorization::AccessPolicy;
use users_domain::model::{CodePurpose, EffectKind, RequestContext, TokenKind, User, UserEvent};
use users_domain::ports::{IssueToken, PublishedKeys, TokenIssuer as _};
use users_domain::{Settings, Users};
use users_http::{About, Api, ApiSettings, EnumFormat, configure};
use users_testkit::{Fakes, people};

use super::Result;
use super::accounts::Accounts;
use super::record::Record;

/// More effects than one request has.
const ALL: u32 = 100;

/// Sends the request of a record and gathers what it causes.
pub(super) async fn replay(record: &Record, accounts: &Accounts) -> Result<Value> {
    let fakes = Fakes::new();
    fakes.clock.set(record.moment()?);
    let users = fakes.users_with(settings(record));
    let mut target = accounts.target(record);
    let caller = caller(record, accounts, &mut target);
    let mut there = vec![&accounts.admin];
    // Whom a registration makes is not there yet.
    if record.operation != "create" {
        there.extend([&accounts.ada, &accounts.grace, &target, &caller]);
    }
    for user in there {
        fakes.store.put(user.clone());
    }
    let code = mailed_code(record, &fakes, &users, &target).await?;
    let bearer = bearer(record, &fakes, &caller, code.as_deref()).await?;
    // What came before the request is not its doing.
    let before = events(&fakes, &users).await?.len();

    let app = init_service(App::new().configure(configure(&api(&fakes, users.clone())?))).await;
    let method = Method::from_bytes(record.asked("method").as_bytes())?;
    let mut path = record.asked("path").to_owned();
    if let (Some((page, _)), Some(code)) = (path.split_once("?token="), &code) {
        path = format!("{page}?token={code}");
    }
    let mut request = TestRequest::with_uri(&path).method(method);
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
    let caused = events(&fakes, &users).await?.split_off(before);
    let caused: Vec<&str> = caused.iter().map(UserEvent::json).collect();
    Ok(json!({ "record": record.file, "status": status, "body": body, "events": caused }))
}

/// Who sent the request. Whether his address was proven the record says; so it stands in the
/// account.
fn caller(record: &Record, accounts: &Accounts, target: &mut User) -> User {
    let said = record.asked("caller");
    let by_admin = said.contains("role 2")
        || (said == "personal access token" && !record.case.starts_with("pat_user"));
    if by_admin {
        let is_target = target.id == accounts.admin.id;
        return if is_target {
            target.clone()
        } else {
            accounts.admin.clone()
        };
    }
    let sees_a_part = record.answer()["id"].is_string() && record.answer()["email"].is_null();
    let mut caller = if sees_a_part {
        accounts.ada.clone()
    } else {
        target.clone()
    };
    if said.contains("verified true") {
        caller.verified_at = caller.verified_at.or(caller.created_at);
    }
    if caller.id == target.id {
        *target = caller.clone();
    }
    caller
}

fn settings(record: &Record) -> Settings {
    let access = AccessPolicy {
        self_registration: !record.case.starts_with("noself_"),
        ..AccessPolicy::default()
    };
    Settings {
        access,
        ..Settings::default()
    }
}

/// The code from a mail, where the record's request shows one.
async fn mailed_code(
    record: &Record,
    fakes: &Fakes,
    users: &Users,
    target: &User,
) -> Result<Option<String>> {
    let context = RequestContext::default();
    let purpose = if record.operation == "verify_email" {
        let holder = people::principal(target.clone(), TokenKind::Access);
        users
            .verification
            .send_verification(&context, &holder)
            .await?;
        CodePurpose::VerifyEmail
    } else if record.asked("caller").starts_with("recovery token") {
        let address = target.email.clone();
        users
            .recovery
            .send_password_reset(&context, address)
            .await?;
        CodePurpose::ResetSecret
    } else {
        return Ok(None);
    };
    users.relay.deliver_due(EffectKind::Mail, ALL).await?;
    let code = fakes.mailer.last_code(purpose, target.email.as_str());
    Ok(Some(code.ok_or("no code was mailed")?.expose().to_owned()))
}

/// What stands in `Authorization`.
async fn bearer(
    record: &Record,
    fakes: &Fakes,
    caller: &User,
    code: Option<&str>,
) -> Result<Option<String>> {
    let kind = record.asked("caller").split(',').next().unwrap_or_default();
    let token = match kind {
        "none" => return Ok(None),
        "recovery token" => return Ok(code.map(str::to_owned)),
        "access token" => fakes.tokens.token(&caller.id, TokenKind::Access),
        "personal access token" => fakes.tokens.token(&caller.id, TokenKind::PersonalAccess),
        "refresh token" => {
            let request = IssueToken {
                user: caller.id.clone(),
                role: caller.role,
                verified: caller.is_verified(),
                description: None,
                not_before: None,
            };
            fakes.tokens.issue(request).await?.refresh
        }
        other => return Err(format!("an unknown kind of caller: {other}").into()),
    };
    Ok(Some(token.expose().to_owned()))
}

/// Every event so far, once all mails are sent: those that were published, then what was noted.
async fn events(fakes: &Fakes, users: &Users) -> Result<Vec<UserEvent>> {
    users.relay.deliver_due(EffectKind::Mail, ALL).await?;
    users.relay.deliver_due(EffectKind::Event, ALL).await?;
    let mut events = fakes.publisher.events();
    events.extend(fakes.read_events.notes());
    Ok(events)
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
