//! A store that is as a test says, for tests of what the service does about it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::watch;

use super::{PrepareError, StoreCondition, StoreTechnology};
use crate::telemetry::samples::Sample;

/// Clones share what the test says.
#[derive(Clone)]
pub(crate) struct Scripted {
    /// `None`: it takes questions and answers none.
    condition: watch::Sender<Option<StoreCondition>>,
    /// What becomes of the next preparations; when all are used up, they succeed.
    failures: Arc<Mutex<Vec<PrepareError>>>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    probes: AtomicUsize,
    preparations: AtomicUsize,
    /// First ones and others.
    tendings: (AtomicUsize, AtomicUsize),
    closings: AtomicUsize,
}

impl Scripted {
    pub(crate) fn new(condition: Option<StoreCondition>) -> Self {
        Self {
            condition: watch::Sender::new(condition),
            failures: Arc::default(),
            counts: Arc::default(),
        }
    }

    pub(crate) fn is_now(&self, condition: Option<StoreCondition>) {
        self.condition.send_replace(condition);
    }

    pub(crate) fn fail_next(&self, failure: PrepareError) {
        self.failures.lock().unwrap().push(failure);
    }

    /// How often it was asked how it is.
    pub(crate) fn probes(&self) -> usize {
        self.counts.probes.load(Ordering::SeqCst)
    }

    /// How often it was prepared.
    pub(crate) fn preparations(&self) -> usize {
        self.counts.preparations.load(Ordering::SeqCst)
    }

    /// How often it was tended, and how often again.
    pub(crate) fn tendings(&self) -> (usize, usize) {
        let (first, again) = &self.counts.tendings;
        (first.load(Ordering::SeqCst), again.load(Ordering::SeqCst))
    }

    pub(crate) fn closings(&self) -> usize {
        self.counts.closings.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl StoreTechnology for Scripted {
    async fn probe(&self) -> StoreCondition {
        self.counts.probes.fetch_add(1, Ordering::SeqCst);
        let mut condition = self.condition.subscribe();
        let answer = condition.wait_for(Option::is_some).await;
        answer.unwrap().unwrap()
    }

    async fn prepare(&self) -> Result<(), PrepareError> {
        self.counts.preparations.fetch_add(1, Ordering::SeqCst);
        self.failures.lock().unwrap().pop().map_or(Ok(()), Err)
    }

    async fn tend(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.counts.tendings.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn tend_again(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.counts.tendings.1.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn close(&self) {
        self.counts.closings.fetch_add(1, Ordering::SeqCst);
    }

    fn samples(&self) -> Vec<Sample> {
        Vec::new()
    }
}
