//! Carrying out what changes left behind.

mod mail;
mod purge;
mod sessions;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tracing::{error, info, warn};

use crate::error::Error;
use crate::model::{Effect, EffectKind, Timestamp};
use crate::ports::{
    Claim, Fence, LEASE, LeaseHolder, OutboxDepth, OutboxItem, OutboxItemId, Ports, PublishError,
    StoreError, uuid_v4,
};
use crate::users::Settings;

use super::relations;

/// The longest pause before an effect is tried again.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How often is said that effects are left to others.
const SAID_EVERY: Duration = Duration::from_hours(1);

/// Carries out effects, one kind at a time, in the order of each key.
///
/// A relay is a step, not a loop: whoever holds it calls [`Relay::deliver_due`] again and again,
/// and never twice at once for one kind.
#[derive(Clone)]
pub struct Relay {
    ports: Arc<Ports>,
    settings: Arc<Settings>,
    holder: LeaseHolder,
    /// When was said last that relations wait for somebody else.
    said_at: Arc<Mutex<Option<Timestamp>>>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Another replica carries out this kind at present.
    pub held_elsewhere: bool,
    /// Effects carried out.
    pub delivered: u32,
    /// Effects that did not succeed and will be tried again.
    pub retried: u32,
    /// Effects that are not due after all, and will be carried out later.
    pub postponed: u32,
    /// Effects put aside, because they can never succeed.
    pub parked: u32,
    /// More may be due at once: the step ended because it had enough.
    pub more: bool,
}

impl Relay {
    pub(crate) fn new(ports: Arc<Ports>, settings: Arc<Settings>) -> Self {
        let holder = LeaseHolder::new(uuid_v4(&*ports.entropy).to_string());
        Self {
            ports,
            settings,
            holder,
            said_at: Arc::default(),
        }
    }

    /// Carries out at most `limit` effects of a kind that are due.
    ///
    /// Each effect is delivered at least once; a repetition carries the same id. An effect that
    /// fails holds back later ones of its own key only.
    ///
    /// Without [`PlatformRelations`](crate::ports::PlatformRelations) nothing of
    /// [`EffectKind::Relation`] is claimed: somebody queued it who has them, and can carry it out.
    /// How many wait is logged when they are seen first, and then once an hour.
    #[tracing::instrument(skip_all, name = "relay", fields(kind = kind.as_str()))]
    pub async fn deliver_due(&self, kind: EffectKind, limit: u32) -> Result<Progress, Error> {
        if kind == EffectKind::Relation && self.ports.platform.relations.is_none() {
            self.leave_to_others(kind).await?;
            return Ok(Progress::default());
        }
        let Some(Claim { fence, items }) = self
            .ports
            .outbox
            .claim(kind, &self.holder, limit)
            .await
            .map_err(outbox_error)?
        else {
            return Ok(Progress {
                held_elsewhere: true,
                ..Progress::default()
            });
        };
        let claimed_at = self.ports.clock.now();
        let mut progress = Progress {
            more: items.len() >= limit as usize,
            ..Progress::default()
        };
        let mut waiting_keys: Vec<String> = Vec::new();
        let mut carried_out: Vec<OutboxItemId> = Vec::new();
        let mut items = VecDeque::from(items);
        loop {
            let group = next_group(&mut items, &waiting_keys, at_once(kind));
            if group.is_empty() {
                break;
            }
            // Settling needs the lease: what is left is claimed again under a renewed one.
            if self.ports.clock.now() - claimed_at > LEASE / 2 {
                progress.more = true;
                break;
            }
            let deliveries = group.iter().map(|item| self.deliver(kind, fence, item));
            let outcomes = together(deliveries).await;
            for (item, outcome) in group.into_iter().zip(outcomes) {
                let settled = match outcome {
                    Ok(Outcome::Delivered) => {
                        carried_out.push(item.id);
                        if settles_at_once(kind) {
                            self.settle(kind, fence, &mut carried_out, &mut progress)
                                .await
                        } else {
                            Ok(())
                        }
                    }
                    Ok(Outcome::Parked) => {
                        progress.parked += 1;
                        Ok(())
                    }
                    Ok(Outcome::Retried) => {
                        progress.retried += 1;
                        waiting_keys.push(item.key);
                        Ok(())
                    }
                    Ok(Outcome::Postponed) => {
                        progress.postponed += 1;
                        waiting_keys.push(item.key);
                        Ok(())
                    }
                    Err(error) => Err(error),
                };
                if let Err(error) = settled {
                    return ended(error, progress);
                }
            }
        }
        match self
            .settle(kind, fence, &mut carried_out, &mut progress)
            .await
        {
            Ok(()) => Ok(progress),
            Err(error) => ended(error, progress),
        }
    }

    /// Says now and then how many effects wait that only others can carry out.
    async fn leave_to_others(&self, kind: EffectKind) -> Result<(), Error> {
        let waiting = self.depth(kind).await?.pending;
        if waiting == 0 {
            return Ok(());
        }
        let now = self.ports.clock.now();
        let mut said_at = self.said_at.lock().unwrap_or_else(PoisonError::into_inner);
        if said_at.is_none_or(|at| now - at >= SAID_EVERY) {
            *said_at = Some(now);
            warn!(
                waiting,
                "relations are to be written, and this process has no platform to write them to: \
                 they are left to a replica that has one"
            );
        }
        Ok(())
    }

    /// Has what was carried out removed, in one go.
    async fn settle(
        &self,
        kind: EffectKind,
        fence: Fence,
        carried_out: &mut Vec<OutboxItemId>,
        progress: &mut Progress,
    ) -> Result<(), StoreError> {
        if carried_out.is_empty() {
            return Ok(());
        }
        self.ports.outbox.done(kind, fence, carried_out).await?;
        // No step claims more than a u32 counts.
        progress.delivered += u32::try_from(carried_out.len()).unwrap_or(u32::MAX);
        carried_out.clear();
        Ok(())
    }

    /// Lets another replica take over at once.
    pub async fn release(&self, kind: EffectKind) -> Result<(), Error> {
        match self.ports.outbox.claim(kind, &self.holder, 0).await {
            Ok(Some(claim)) => self
                .ports
                .outbox
                .release(kind, claim.fence)
                .await
                .map_err(outbox_error),
            Ok(None) => Ok(()),
            Err(error) => Err(outbox_error(error)),
        }
    }

    /// How much of a kind waits.
    pub async fn depth(&self, kind: EffectKind) -> Result<OutboxDepth, Error> {
        self.ports.outbox.depth(kind).await.map_err(outbox_error)
    }

    async fn deliver(
        &self,
        kind: EffectKind,
        fence: Fence,
        item: &OutboxItem,
    ) -> Result<Outcome, StoreError> {
        let outbox = &self.ports.outbox;
        match unless_it_panics(self.carry_out(item)).await {
            Ok(()) => Ok(Outcome::Delivered),
            Err(Failure::Never(reason)) => {
                error!(
                    item = item.id.0,
                    reason, "an effect can never succeed and is put aside"
                );
                outbox.park(kind, fence, item.id, &reason).await?;
                Ok(Outcome::Parked)
            }
            Err(Failure::NotBefore(due_at)) => {
                outbox.retry(kind, fence, item.id, due_at).await?;
                Ok(Outcome::Postponed)
            }
            Err(Failure::NotNow) => {
                let pause = pause_after(item.attempts);
                info!(
                    item = item.id.0,
                    attempts = item.attempts + 1,
                    ?pause,
                    "effect waits"
                );
                outbox
                    .retry(kind, fence, item.id, self.ports.clock.now() + pause)
                    .await?;
                Ok(Outcome::Retried)
            }
        }
    }

    async fn carry_out(&self, item: &OutboxItem) -> Result<(), Failure> {
        match &item.effect {
            Err(unknown) => Err(Failure::Never(unknown.to_string())),
            Ok(Effect::Event(event)) => {
                self.ports
                    .publisher
                    .publish(event)
                    .await
                    .map_err(|error| match error {
                        PublishError::Rejected { reason } => Failure::Never(reason),
                        PublishError::Unavailable => Failure::NotNow,
                    })
            }
            Ok(Effect::Mail(request)) => {
                mail::send(&self.ports, &self.settings, request, item.added_at).await
            }
            Ok(Effect::EndSessions { user }) => sessions::end(&self.ports, user).await,
            Ok(Effect::Relation { user, .. }) => relations::carry_out(&self.ports, user).await,
            Ok(Effect::Purge { user, .. }) => {
                purge::carry_out(&self.ports, &self.settings, user).await
            }
        }
    }
}

/// A panic of an adapter is a failure of the one effect that caused it: the others go on.
pub(super) async fn unless_it_panics(
    step: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let mut step = pin!(step);
    poll_fn(|context| {
        // Unwind safe: a step that panicked is never polled again.
        catch_unwind(AssertUnwindSafe(|| step.as_mut().poll(context))).unwrap_or_else(|_| {
            error!("an adapter panicked over an effect");
            Poll::Ready(Err(Failure::NotNow))
        })
    })
    .await
}

enum Outcome {
    Delivered,
    Retried,
    Postponed,
    Parked,
}

/// Why an effect was not carried out.
pub(super) enum Failure {
    /// It can never be.
    Never(String),
    /// It may be later.
    NotNow,
    /// It is too early.
    NotBefore(Timestamp),
}

/// Whatever a store says, it may say something else later.
impl From<StoreError> for Failure {
    fn from(_: StoreError) -> Self {
        Self::NotNow
    }
}

/// Settling each effect by itself costs a write; settling many together repeats more of them after a
/// crash. Repeated events carry the same id, ended sessions stay ended, relations what they are
/// and the gone gone, but people read mails.
const fn settles_at_once(kind: EffectKind) -> bool {
    match kind {
        EffectKind::Mail => true,
        EffectKind::Event | EffectKind::EndSessions | EffectKind::Relation | EffectKind::Purge => {
            false
        }
    }
}

/// How many effects of a kind are carried out at once, each of another key.
const fn at_once(kind: EffectKind) -> usize {
    match kind {
        // An import leaves as many as it has accounts, and each mostly waits for an answer.
        EffectKind::Relation => 8,
        EffectKind::Event | EffectKind::Mail | EffectKind::EndSessions | EffectKind::Purge => 1,
    }
}

/// The next items that may be carried out at once: of different keys, of which none waits.
fn next_group(
    items: &mut VecDeque<OutboxItem>,
    waiting_keys: &[String],
    most: usize,
) -> Vec<OutboxItem> {
    let mut group: Vec<OutboxItem> = Vec::new();
    while group.len() < most
        && let Some(item) = items.pop_front()
    {
        if waiting_keys.contains(&item.key) {
            continue;
        }
        if group.iter().any(|earlier| earlier.key == item.key) {
            items.push_front(item);
            break;
        }
        group.push(item);
    }
    group
}

/// Waits for all of these calls at once; the answers are in the order of the calls.
async fn together<T>(calls: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut calls: Vec<_> = calls.map(|call| (Box::pin(call), None)).collect();
    poll_fn(|context| {
        let mut all_answered = true;
        for (call, answer) in &mut calls {
            if answer.is_none() {
                match call.as_mut().poll(context) {
                    Poll::Ready(ready) => *answer = Some(ready),
                    Poll::Pending => all_answered = false,
                }
            }
        }
        if all_answered {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    calls.into_iter().filter_map(|(_, answer)| answer).collect()
}

/// How a step ends that could not settle something.
fn ended(error: StoreError, progress: Progress) -> Result<Progress, Error> {
    match error {
        StoreError::LeaseLost => {
            warn!("another replica took over; it carries on");
            Ok(Progress {
                held_elsewhere: true,
                more: false,
                ..progress
            })
        }
        error => Err(outbox_error(error)),
    }
}

/// One second, doubled with every attempt, up to a minute.
fn pause_after(attempts: u32) -> Duration {
    Duration::from_secs(1 << attempts.min(6)).min(LONGEST_PAUSE)
}

fn outbox_error(_: StoreError) -> Error {
    Error::Unavailable { port: "outbox" }
}
