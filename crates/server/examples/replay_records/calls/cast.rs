//! Who is there when the request of a case comes, and what it bears.

use serde_json::Value;
use users_domain::model::{Email, Role, Status, TokenKind, User, UserId, Username};
use users_testkit::fakes::PlainHasher;
use users_testkit::people;

use super::bearers::{Bearer, claims_of};
use super::case::Case;
use crate::Result;
use crate::accounts::Accounts;

/// Who is there, and what the request bears.
pub(crate) struct Cast {
    pub(crate) there: Vec<User>,
    pub(crate) caller: User,
    pub(crate) bearer: Bearer,
}

impl Cast {
    /// Everybody as he was before the request, by what the record tells of it.
    pub(crate) fn of(case: &Case, accounts: &Accounts) -> Result<Self> {
        let record = &case.record;
        let mut target = accounts.target(record);
        let mut caller = accounts.caller(record, &mut target);
        if let Some(id) = subject(case)? {
            caller = known(accounts, &[&caller, &target], &id);
        }
        if record.asked("caller").contains("verified false") && caller.role == Role::User {
            caller.verified_at = None;
        }
        set_role(case, accounts, &mut caller);
        if record.operation == "update_role" {
            set_role_before(case, &mut target);
        }
        if case.name.contains("disabled_target") {
            target.status = Status::Disabled;
        }
        if case.name.starts_with("deleted_") {
            caller.status = Status::Deleted;
        }
        if let Some(issue) = case.call("Issue") {
            set_login(&issue.decoded["request"], record.body(), &mut caller);
        }
        if let Some(refresh) = case.call("Refresh") {
            set_verified(&refresh.decoded["request"]["2 verified"], &mut caller);
        }
        let mut there = vec![accounts.admin.clone()];
        // The administrator of another run goes by the same name.
        there.retain(|user| user.id == caller.id || user.username != caller.username);
        if record.operation != "create" || case.name.contains("taken") {
            there.extend([accounts.ada.clone(), accounts.grace.clone()]);
        }
        if record.operation != "create" && !case.name.contains("unknown_target") {
            there.push(target);
        }
        // Whom a registration makes is not there yet.
        if record.operation != "create" || record.asked("caller") != "none" {
            there.push(caller.clone());
        }
        Ok(Self {
            there,
            bearer: bearer(case)?,
            caller,
        })
    }
}

/// Who asks, or logs in, as far as the calls tell.
fn subject(case: &Case) -> Result<Option<String>> {
    if let Some(token) = refreshed(case)
        && !token.starts_with("pat_")
    {
        return Ok(Some(claims_of(token)?.user.as_str().to_owned()));
    }
    let told = [
        ("Authenticate", "/response/2 user_id"),
        ("Authorize", "/request/1 policy_req/5 subject"),
        ("ListUserRefreshTokens", "/request/1 user_id"),
        ("Revoke", "/request/2 user_id"),
        ("Issue", "/request/1 user_id"),
    ];
    let id = told
        .iter()
        .find_map(|(rpc, pointer)| case.call(rpc)?.said(pointer));
    Ok(id.map(str::to_owned))
}

fn refreshed(case: &Case) -> Option<&str> {
    case.call("Refresh")?.said("/request/1 refresh_token")
}

/// Somebody by his id; a stranger if nobody knows him.
fn known(accounts: &Accounts, others: &[&User], id: &str) -> User {
    let recorded = [&accounts.admin, &accounts.ada, &accounts.grace];
    let mut everybody = others.iter().chain(&recorded);
    let found = everybody.find(|user| user.id.as_str() == id);
    found.map_or_else(
        || User {
            id: UserId::from_stored(id.to_owned()),
            ..people::user("stranger")
        },
        |user| (*user).clone(),
    )
}

/// The role in the account, not the one that an old token claims.
fn set_role(case: &Case, accounts: &Accounts, caller: &mut User) {
    let claimed = case.record.asked("caller").contains("role 2")
        || case
            .call("Authenticate")
            .is_some_and(|call| call.decoded["response"]["3 user_role"] == 2);
    let outdated = case.name.starts_with("demoted_") || case.name.contains("not_admin");
    if outdated {
        // It was another right that he lacked.
        caller.verified_at = caller.verified_at.or(caller.created_at);
    }
    if caller.id != accounts.admin.id {
        caller.role = if claimed && !outdated {
            Role::Admin
        } else {
            Role::User
        };
    }
}

fn set_role_before(case: &Case, target: &mut User) {
    let to_admin = case.record.body()["role"] == "admin";
    let is_there_already = case.name.ends_with("_again");
    target.role = if to_admin == is_there_already {
        Role::Admin
    } else {
        Role::User
    };
}

/// The account as whoever issued the recorded tokens saw it.
fn set_login(asked: &Value, body: &Value, user: &mut User) {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    match text("username") {
        Some(email) if email.contains('@') => user.email = Email::from_stored(email),
        Some(name) => user.username = Some(Username::from_stored(name)),
        None => {}
    }
    if let Some(email) = text("email") {
        user.email = Email::from_stored(email);
    }
    if let Some(password) = text("password").or_else(|| text("old_secret")) {
        user.secret = Some(PlainHasher::hash_of(&password));
    }
    user.role = match asked["2 user_role"].as_u64() {
        Some(2) => Role::Admin,
        _ => Role::User,
    };
    set_verified(&asked["4 verified"], user);
}

fn set_verified(asked: &Value, user: &mut User) {
    user.verified_at = (asked == true)
        .then(|| user.verified_at.or(user.created_at))
        .flatten();
}

fn bearer(case: &Case) -> Result<Bearer> {
    if let Some(call) = case.call("Authenticate") {
        let token = call.said("/request/1 token");
        let token = token.ok_or("an authentication without a token")?;
        return Ok(Bearer::Remote(token.to_owned()));
    }
    if let Some(token) = refreshed(case) {
        return Ok(Bearer::Local(token.to_owned(), claims_of(token)?));
    }
    let caller = case.record.asked("caller");
    Ok(match caller.split(',').next().unwrap_or_default() {
        "none" => Bearer::Nothing,
        "access token" => Bearer::Made(TokenKind::Access),
        "refresh token" => Bearer::Made(TokenKind::Refresh),
        "recovery token" => Bearer::Mailed,
        other => return Err(format!("an unknown kind of caller: {other}").into()),
    })
}
