//! What becomes of answers that are none, or odd ones.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tonic::Code;
use users_test_platform::Fault;

use super::case::{Case, bytes};
use super::stage::Stage;
use crate::Result;
use crate::accounts::Accounts;

/// The recorded operations: the case that stands for each, and the method whose answer is replaced.
const OPERATIONS: [(&str, &str, &str); 13] = [
    ("login", "login_user_verified", "Issue"),
    ("reset_request", "reset_request", "Issue"),
    ("change_secret", "update_secret", "Issue"),
    ("refresh", "refresh", "Refresh"),
    ("revoke", "revoke", "Revoke"),
    (
        "list_tokens",
        "list_refresh_tokens",
        "ListUserRefreshTokens",
    ),
    ("guard_list_users", "list_by_admin", "Authorize"),
    ("guard_update_own", "update_by_admin", "Authorize"),
    ("role_guard", "role_to_admin", "Authorize"),
    ("pat_profile", "pat_user_profile", "Authenticate"),
    ("register", "register_minimal", "WriteRelationships"),
    ("role_admin", "role_to_admin", "WriteRelationships"),
    ("role_user", "role_to_user", "WriteRelationships"),
];

/// The case that stands for the request of an odd answer, by how its name begins.
const ODD: [(&str, &str); 9] = [
    ("issue_", "login_user_verified"),
    ("recovery_", "reset_request"),
    ("refresh_", "refresh"),
    ("authorize_false_role", "role_to_admin"),
    ("authorize_", "list_by_admin"),
    ("list_tokens_", "list_refresh_tokens"),
    ("authenticate_", "pat_user_profile"),
    ("malformed_", "login_user_verified"),
    ("big_", "login_user_verified"),
];

/// How long a service that never answers is waited for.
const SHORT: Duration = Duration::from_millis(300);

/// Replaces an answer by every status, by the recorded odd answers, and by none; prints what the
/// request was answered.
pub(crate) async fn replay(
    folder: &Path,
    cases: &[Case],
    accounts: &Accounts,
    stage: &Stage,
) -> Result<()> {
    let find = |name: &str| {
        let mut cases = cases.iter();
        let case = cases.find(|case| case.name == name);
        case.ok_or_else(|| format!("there is no record of {name}"))
    };
    for (operation, name, rpc) in OPERATIONS {
        let case = find(name)?;
        for number in 1..=16 {
            let fault = Fault::Status(Code::from_i32(number), "injected text".to_owned());
            let outcome = stage.replay_with(case, accounts, &[(rpc, fault)]).await?;
            let (status, body) = (outcome.status, outcome.body);
            println!(
                "{}",
                json!({ "operation": operation, "code": number, "status": status, "body": body })
            );
        }
    }
    let text = std::fs::read_to_string(folder.join("grpc/status-to-http.json"))?;
    let record: Value = serde_json::from_str(&text)?;
    for (name, odd) in record["odd_answers"].as_object().into_iter().flatten() {
        let beginning = ODD.iter().find(|(begins, _)| name.starts_with(begins));
        let (_, case) = beginning.ok_or_else(|| format!("an unknown odd answer: {name}"))?;
        let path = odd["rpc"].as_str().unwrap_or_default();
        let rpc = path.rsplit('/').next().unwrap_or_default();
        let answer = Fault::Answer(odd_answer(
            odd["response_hex"].as_str().unwrap_or_default(),
        )?);
        let outcome = stage
            .replay_with(find(case)?, accounts, &[(rpc, answer)])
            .await?;
        let (status, body) = (outcome.status, outcome.body);
        println!("{}", json!({ "odd": name, "status": status, "body": body }));
    }
    let stage = Stage::open(SHORT)?;
    let slow = record["slower_than_the_deadline_of_10_s"].as_object();
    for (operation, _) in slow.into_iter().flatten() {
        let known = OPERATIONS.iter().find(|(known, _, _)| known == operation);
        let (_, name, rpc) = known.ok_or_else(|| format!("an unknown operation: {operation}"))?;
        let outcome = stage
            .replay_with(find(name)?, accounts, &[(rpc, Fault::Hang)])
            .await?;
        let (status, body) = (outcome.status, outcome.body);
        println!(
            "{}",
            json!({ "slow": operation, "status": status, "body": body })
        );
    }
    Ok(())
}

/// An answer in hexadecimal digits, or told by its length.
fn odd_answer(told: &str) -> Result<Vec<u8>> {
    let Some(told) = told.strip_prefix("(an access_token of ") else {
        return bytes(told);
    };
    let digits: String = told.chars().filter(char::is_ascii_digit).collect();
    let token = users_proto::token::v1::Token {
        access_token: "a".repeat(digits.parse()?),
        refresh_token: Some("b".to_owned()),
        access_type: String::new(),
    };
    Ok(prost::Message::encode_to_vec(&token))
}
