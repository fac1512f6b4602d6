//! Ports that misbehave as a plan says: slow, failing, failing once, losing answers, hanging.
//!
//! A [`Faulty`] port stands before a good one and asks its [`FaultPlan`] at every call what happens
//! to it. A crash of the process between two steps needs no fault of its own: it is a future that
//! is dropped. [`Fault::Slow`] gives the places where it can be, before and behind each call, and
//! [`crash_after`] drops it there.
//!
//! ```
//! use std::sync::Arc;
//!
//! use users_domain::ports::UserStore;
//! use users_testkit::Fakes;
//! use users_testkit::faults::{Fault, FaultPlan, Faulty};
//!
//! let fakes = Fakes::new();
//! let good: Arc<dyn UserStore> = Arc::new(fakes.store.clone());
//! let mut ports = fakes.ports();
//! // The third call is carried out, but nobody learns of it.
//! ports.users = Arc::new(Faulty::new(good, FaultPlan::nth(3, Fault::LostAnswer)));
//! ```

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

mod plan;
mod ports;

pub use plan::{Fault, FaultPlan, FaultRates, FaultsSoFar};

/// A port before which a plan stands.
pub struct Faulty<P: ?Sized> {
    good: Arc<P>,
    plan: FaultPlan,
}

impl<P: ?Sized> Faulty<P> {
    /// Lets a plan decide about the calls of a port.
    pub fn new(good: Arc<P>, plan: FaultPlan) -> Self {
        Self { good, plan }
    }

    /// Makes a call, or not; `away` is how the port says that it is away.
    async fn call<T, E>(&self, away: E, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.plan.call(away, call).await
    }
}

impl FaultPlan {
    /// Makes a call, or not; `away` is how the port says that it is away.
    async fn call<T, E>(&self, away: E, call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        match self.next() {
            None => call.await,
            Some(Fault::Away) => Err(away),
            Some(Fault::LostAnswer) => {
                // Whatever it was, nobody learns of it.
                let _ = call.await;
                Err(away)
            }
            Some(Fault::Slow) => {
                give_way().await;
                let answer = call.await;
                give_way().await;
                answer
            }
            Some(Fault::Hanging) => std::future::pending().await,
        }
    }
}

/// Waits until the caller has looked once more: on any runtime, and without a timer.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(|context| {
        if gave_way {
            return Poll::Ready(());
        }
        gave_way = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Lets an operation go on until it has waited so many times, then drops it there, as a process
/// that ends would. Gives its answer if it was faster.
pub fn crash_after<T>(waits: usize, operation: impl Future<Output = T>) -> Option<T> {
    let mut operation = pin!(operation);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..=waits {
        if let Poll::Ready(answer) = operation.as_mut().poll(&mut context) {
            return Some(answer);
        }
    }
    None
}
