//! What the service does without a request: it starts, and it purges.

use serde_json::json;
use users_domain::model::{Role, UserId};
use users_domain::ports::{Domains as _, PlatformRelations as _};

use super::call;
use super::case::{Files, RecordedCall};
use super::stage::Stage;
use crate::Result;

/// Does each of it and prints what it causes.
pub(crate) async fn replay(files: &Files, stage: &Stage) -> Result<()> {
    let adapters = &stage.adapters;
    let begin = |calls: &[&RecordedCall]| {
        stage.take_calls();
        for call in calls {
            stage.answer(&call.rpc, &call.answer);
        }
    };
    let health = files.call("start_up: once on each of three connections", "Check")?;
    begin(&[&health]);
    adapters.auth.check().await?;
    print("start_up", &[health], stage);

    let administrator = files.call("start_up_admin", "WriteRelationships")?;
    let id = "/request/1 updates/0/2 relationship/3 subject/1 object/2 object_id";
    let id = administrator
        .said(id)
        .ok_or("nobody becomes administrator")?;
    let id = UserId::from_stored(id.to_owned());
    begin(&[&administrator]);
    adapters.relations.put(&id, Role::Admin).await?;
    print("start_up_admin", &[administrator], stage);

    let leaves = files.call("purge_own", "DeleteUserFromDomains")?;
    let forgotten = files.call("purge_own", "DeleteRelationships")?;
    let id = leaves.said("/request/1 id").ok_or("nobody is purged")?;
    let id = UserId::from_stored(id.to_owned());
    begin(&[&leaves, &forgotten]);
    adapters.domains.remove_user(&id).await?;
    adapters.relations.remove(&id).await?;
    print("purge_own", &[leaves, forgotten], stage);
    Ok(())
}

fn print(case: &str, recorded: &[RecordedCall], stage: &Stage) {
    let files: Vec<&str> = recorded.iter().map(|call| call.file.as_str()).collect();
    let order: Vec<&str> = recorded.iter().map(|call| call.rpc.as_str()).collect();
    let calls: Vec<_> = stage.take_calls().iter().map(call).collect();
    println!(
        "{}",
        json!({ "case": case, "recorded": files, "order": order, "calls": calls })
    );
}
