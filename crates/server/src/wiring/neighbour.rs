//! Another service of the platform, as readiness and `doctor` see it.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::timeout;

use crate::readiness::{Absence, NeighbourCondition};

/// A service that does not say within this time how it is counts as away.
const CHECK_LIMIT: Duration = Duration::from_millis(1_500);

/// Another service of the platform, as readiness and `doctor` see it. Clones share it.
#[derive(Clone)]
pub struct Neighbour {
    /// What it is called.
    pub component: &'static str,
    /// What the task is called that looks after it.
    pub task: &'static str,
    /// Where it is, for people.
    pub place: String,
    /// What it means when it is away.
    pub absence: Absence,
    /// Asks it the least that can be asked; an error says what is wrong, for its operator.
    pub check: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Neighbour {
    /// What readiness must know of it.
    pub fn known(&self) -> (&'static str, Absence) {
        (self.component, self.absence)
    }

    /// How it is, found out within 1.5 s.
    pub async fn condition(&self) -> NeighbourCondition {
        match timeout(CHECK_LIMIT, (self.check)()).await {
            Ok(Ok(())) => NeighbourCondition::Well,
            Ok(Err(_)) | Err(_) => NeighbourCondition::Away,
        }
    }
}
