//! What the platform is told of: each request in a world of its own, on fakes.

use serde_json::{Value, json};
use users_domain::Users;
use users_domain::model::{CodePurpose, EffectKind, RequestContext, TokenKind, User, UserEvent};
use users_testkit::{Fakes, people};

use super::Result;
use super::accounts::Accounts;
use super::record::Record;
use super::world::{World, issue, settings};

/// More effects than one request has.
const ALL: u32 = 100;

/// Sends the request of a record and gathers what it causes.
pub(super) async fn replay(record: &Record, accounts: &Accounts) -> Result<Value> {
    let fakes = Fakes::new();
    fakes.clock.set(record.moment()?);
    let users = fakes.users_with(settings(record));
    let mut target = accounts.target(record);
    let caller = accounts.caller(record, &mut target);
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

    let path = record.path_with(code.as_deref());
    let world = World { fakes, users };
    let (status, body) = world.send(record, &path, bearer.as_deref()).await?;
    let World { fakes, users } = world;
    let caused = events(&fakes, &users).await?.split_off(before);
    let caused: Vec<&str> = caused.iter().map(UserEvent::json).collect();
    Ok(json!({ "record": record.file, "status": status, "body": body, "events": caused }))
}

/// The code from a mail, where the record's request shows one.
pub(super) async fn mailed_code(
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
        "refresh token" => issue(fakes, caller).await?,
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
