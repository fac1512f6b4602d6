//! Which statements stores run, and how SQLite carries them out: for whoever measures them.

use std::mem::take as taken;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use users_domain::ports::StoreError;

use crate::SqliteStore;

/// Of all connections: diesel makes what watches them out of a plain function.
static RECORDED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Lets all stores of this process that are opened from now on record what they run, until [`take`]
/// takes it away.
///
/// # Errors
///
/// Somebody who set what watches connections of diesel had panicked.
pub fn record() -> Result<(), StoreError> {
    // Only a panic of somebody else who sets it can be in the way.
    set_default_instrumentation(|| Some(Box::new(Recorder))).map_err(|_| StoreError::Unavailable)
}

/// What was recorded since the last call, in order; the values of a statement stand behind it, after
/// `-- binds:`.
pub fn take() -> Vec<String> {
    taken(&mut RECORDED.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Recorder;

impl Instrumentation for Recorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
            recorded.push(query.to_string());
        }
    }
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Integer)]
    parent: i32,
    #[diesel(sql_type = Text)]
    detail: String,
}

impl SqliteStore {
    /// How SQLite would carry a statement out (`EXPLAIN QUERY PLAN`): a line a step, indented below
    /// what it is a part of. None for what reads no table, and for what has no plan, as `BEGIN`.
    pub async fn explain(&self, statement: &str) -> Result<Vec<String>, StoreError> {
        let explained = format!("EXPLAIN QUERY PLAN {statement}");
        let steps: Vec<Step> = self
            .threads()
            .read(move |connection| Ok(diesel::sql_query(explained).load(connection)?))
            .await?;
        let mut depths: Vec<(i32, usize)> = Vec::new();
        let lines = steps.into_iter().map(|step| {
            let parent = depths.iter().find(|(id, _)| *id == step.parent);
            let depth = parent.map_or(0, |(_, depth)| depth + 1);
            depths.push((step.id, depth));
            "  ".repeat(depth) + &step.detail
        });
        Ok(lines.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use users_domain::ports::UserStore;
    use users_testkit::fakes::FixedClock;
    use users_testkit::people::id_of;

    use super::*;
    use crate::SqliteOptions;

    #[tokio::test]
    async fn what_a_store_runs_is_recorded_and_can_be_explained() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.sqlite");
        record().unwrap();
        let store = SqliteStore::open(&path, Arc::new(FixedClock::new()), SqliteOptions::default())
            .unwrap();
        take();
        assert!(
            store
                .find(&id_of("whoever-records"))
                .await
                .unwrap()
                .is_none()
        );
        let recorded = take();
        let found = recorded
            .iter()
            .find(|sql| sql.contains("id-of-whoever-records"));
        let plan = store.explain(found.unwrap()).await.unwrap();
        assert!(plan[0].starts_with("SEARCH users"), "{plan:?}");
        assert!(store.explain("BEGIN").await.unwrap().is_empty());
    }
}
