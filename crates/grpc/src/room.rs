//! How much is in memory at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use tonic::Status;

use crate::MAX_IDS;

/// For so many ids accounts are in memory at once: one may be 128 KiB and more, most of which an answer
/// does not hold.
const IDS_AT_ONCE: usize = 2 * MAX_IDS;

/// Room for accounts in memory, in all calls together that share it: two that ask for as many as one
/// may, or many that ask for few. Clones are the same room.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(IDS_AT_ONCE)))
    }
}

impl Room {
    /// Room for the accounts of so many ids, waited for so long. Who asks for more than he may needs
    /// none: he is refused.
    pub(crate) async fn of(
        &self,
        ids: usize,
        patience: Duration,
    ) -> Result<SemaphorePermit<'_>, Status> {
        let ids = if ids > MAX_IDS { 0 } else { ids };
        let ids = u32::try_from(ids).unwrap_or_default();
        match timeout(patience, self.0.acquire_many(ids)).await {
            Ok(Ok(room)) => Ok(room),
            // Nobody closes it, so it is the time that is over.
            Ok(Err(_)) | Err(_) => Err(Status::resource_exhausted(
                "too many users are asked for at the same time",
            )),
        }
    }
}
