//! Replicas, what they are in the middle of, what people know, and what may happen next.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use users_domain::model::{
    CodePurpose, EffectKind, Email, MailContent, Notice, Status, Timestamp, User, UserId, Username,
};
use users_domain::ports::{
    Clock, EventPublisher, Mailer, Outbox, PasswordHasher, Platform, PlatformRelations, Ports,
    RefreshTokenStore, UserStore,
};
use users_domain::{Settings, Users};
use users_testkit::Fakes;
use users_testkit::fakes::{FakeTokens, MemoryRelations, SeededEntropy};
use users_testkit::faults::{FaultPlan, FaultRates, Faulty, crash_after};

use super::ledger::Ledger;
use super::operations::Operation;
use super::possessions::{HeldSession, MailedCode};

/// How many replicas share the store.
const REPLICAS: usize = 3;
/// How many operations are in flight at most.
const MOST_IN_FLIGHT: usize = 16;
/// How many people there are; some try to register more than once.
const PEOPLE: usize = 60;
/// Longer than the longest pause of a relay, and than another replica's lease.
const LONGEST_WAIT: Duration = Duration::from_secs(61);

/// What an operation comes to: a change of what people know, and the checks that go with it.
pub(crate) type Lesson = Box<dyn FnOnce(&mut World)>;

/// An operation that somebody has begun.
pub(crate) type Attempt = Pin<Box<dyn Future<Output = Lesson>>>;

struct InFlight {
    operation: Operation,
    replica: usize,
    attempt: Attempt,
}

/// How an operation fared up to now.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) begun: usize,
    /// Those that came to an end, well or not.
    pub(crate) answered: usize,
    /// Those of which the asker knows that they were carried out.
    pub(crate) acknowledged: usize,
}

pub(crate) struct World {
    pub(crate) fakes: Fakes,
    pub(crate) ledger: Ledger,
    /// What the platform around the service knows.
    pub(crate) platform: MemoryRelations,
    pub(crate) faults: Vec<FaultPlan>,
    pub(crate) replicas: Vec<Users>,
    /// Accounts of which somebody was told that they were made.
    pub(crate) registered: BTreeSet<UserId>,
    pub(crate) sessions: Vec<HeldSession>,
    /// Every code that was mailed, in order.
    pub(crate) codes: Vec<MailedCode>,
    /// Which addresses were asked for a proof.
    pub(crate) asked: HashSet<Email>,
    /// Whom something was told, as often as it was.
    pub(crate) told: HashMap<(Username, Notice), usize>,
    /// How often somebody stayed because he was the last administrator.
    pub(crate) last_ones: usize,
    pub(crate) processes_ended: usize,
    pub(crate) futures_dropped: usize,
    pub(crate) ports: Ports,
    chance: SeededEntropy,
    in_flight: Vec<InFlight>,
    tallies: HashMap<Operation, Tally>,
    names: Cell<usize>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let fakes = Fakes::seeded(seed);
        let chance = SeededEntropy::new(seed ^ 0x5eed);
        let ledger = Ledger::new(fakes.store.clone(), fakes.clock.clone());
        // A few events and mails are never taken.
        fakes
            .publisher
            .reject(|event| event.id().as_bytes()[15] < 8);
        fakes.mailer.reject(|mail| mail.id.as_bytes()[15] < 4);
        let mut world = Self {
            ports: fakes.ports(),
            fakes,
            ledger,
            platform: MemoryRelations::new(),
            faults: Vec::new(),
            replicas: Vec::new(),
            registered: BTreeSet::new(),
            sessions: Vec::new(),
            codes: Vec::new(),
            asked: HashSet::new(),
            told: HashMap::new(),
            last_ones: 0,
            processes_ended: 0,
            futures_dropped: 0,
            chance,
            in_flight: Vec::new(),
            tallies: HashMap::new(),
            names: Cell::new(0),
        };
        world.make_ports_faulty();
        for _ in 0..REPLICAS {
            let replica = world.started_process();
            world.replicas.push(replica);
        }
        world
    }

    fn make_ports_faulty(&mut self) {
        let often = FaultRates {
            away: 30,
            lost_answer: 30,
            slow: 400,
        };
        let [users, outbox, sessions, publisher, mailer, hasher, platform] =
            [(); 7].map(|()| FaultPlan::seeded(self.chance.next(), often));
        let kept: Arc<dyn RefreshTokenStore> = Arc::new(self.ledger.clone());
        let kept = Arc::new(Faulty::new(kept, sessions.clone()));
        let tokens = FakeTokens::new(kept, self.ports.clock.clone(), self.ports.entropy.clone());
        self.fakes.tokens = tokens.clone();
        self.ports = Ports {
            users: Arc::new(Faulty::new(
                Arc::new(self.ledger.clone()) as Arc<dyn UserStore>,
                users.clone(),
            )),
            outbox: Arc::new(Faulty::new(
                Arc::new(self.ledger.clone()) as Arc<dyn Outbox>,
                outbox.clone(),
            )),
            publisher: Arc::new(Faulty::new(
                Arc::new(self.fakes.publisher.clone()) as Arc<dyn EventPublisher>,
                publisher.clone(),
            )),
            mailer: Arc::new(Faulty::new(
                Arc::new(self.fakes.mailer.clone()) as Arc<dyn Mailer>,
                mailer.clone(),
            )),
            hasher: Arc::new(Faulty::new(
                Arc::new(self.fakes.hasher.clone()) as Arc<dyn PasswordHasher>,
                hasher.clone(),
            )),
            platform: Platform {
                relations: Some(Arc::new(Faulty::new(
                    Arc::new(self.platform.clone()) as Arc<dyn PlatformRelations>,
                    platform.clone(),
                ))),
                ..Platform::default()
            },
            issuer: Arc::new(tokens.clone()),
            verifier: Arc::new(tokens),
            ..self.ports.clone()
        };
        self.faults = vec![users, outbox, sessions, publisher, mailer, hasher, platform];
    }

    /// A process of its own: another holder of leases.
    fn started_process(&self) -> Users {
        Users::new(self.ports.clone(), Settings::default())
    }

    /// Something happens.
    pub(crate) fn step(&mut self) {
        match self.chance.below(1000) {
            0..220 => self.begin_something(),
            220..930 => self.let_something_go_on(),
            930..960 => self.time_passes(),
            960..965 => match self.chance.below(5) {
                0 => self.fakes.publisher.go_away(),
                _ => self.fakes.publisher.come_back(),
            },
            965..970 => match self.chance.below(5) {
                0 => self.fakes.mailer.go_away(),
                _ => self.fakes.mailer.come_back(),
            },
            970..975 => match self.chance.below(5) {
                0 => self.platform.go_away(),
                _ => self.platform.come_back(),
            },
            975..980 => self.somebody_gives_up(),
            980..985 => self.a_process_ends(),
            985..986 => self.the_store_is_opened_again(),
            _ => {}
        }
    }

    fn begin_something(&mut self) {
        if self.in_flight.len() >= MOST_IN_FLIGHT {
            return;
        }
        let operation = self.any_operation();
        let replica = self.below(self.replicas.len());
        let twice = |other: &InFlight| other.operation.is_relays() && other.replica == replica;
        if operation.is_relays() && self.in_flight.iter().any(twice) {
            return;
        }
        if let Some(attempt) = operation.begin(self, replica) {
            self.tallies.entry(operation).or_default().begun += 1;
            self.in_flight.push(InFlight {
                operation,
                replica,
                attempt,
            });
        }
    }

    fn any_operation(&self) -> Operation {
        let weights = Operation::ALL.map(Operation::weight);
        let mut drawn = self.below(weights.iter().sum());
        for (operation, weight) in Operation::ALL.into_iter().zip(weights) {
            if drawn < weight {
                return operation;
            }
            drawn -= weight;
        }
        unreachable!("what is drawn is below the sum of all weights")
    }

    fn let_something_go_on(&mut self) {
        if self.in_flight.is_empty() {
            return;
        }
        let number = self.below(self.in_flight.len());
        self.go_on(number);
    }

    fn go_on(&mut self, number: usize) {
        let mut context = Context::from_waker(Waker::noop());
        let running = &mut self.in_flight[number];
        if let Poll::Ready(lesson) = running.attempt.as_mut().poll(&mut context) {
            let InFlight { operation, .. } = self.in_flight.swap_remove(number);
            self.tallies.entry(operation).or_default().answered += 1;
            lesson(self);
            self.open_mailboxes();
        }
    }

    fn open_mailboxes(&mut self) {
        for mail in self.fakes.mailer.take() {
            let (purpose, code) = match mail.content {
                MailContent::Verification { code, .. } => (CodePurpose::VerifyEmail, code),
                MailContent::Reset { code, .. } => (CodePurpose::ResetSecret, code),
                MailContent::Notice(notice) => {
                    let whom = (mail.username.unwrap(), notice);
                    *self.told.entry(whom).or_default() += 1;
                    continue;
                }
            };
            if purpose == CodePurpose::VerifyEmail {
                self.asked.insert(mail.to);
            }
            self.codes.push(MailedCode { purpose, code });
        }
    }

    fn time_passes(&mut self) {
        let seconds = match self.below(100) {
            0..70 => 1,
            70..90 => 5,
            90..97 => 11,
            97..99 => 31,
            _ => 1_200,
        };
        self.fakes.clock.advance(Duration::from_secs(seconds));
    }

    fn somebody_gives_up(&mut self) {
        if !self.in_flight.is_empty() {
            let number = self.below(self.in_flight.len());
            self.in_flight.swap_remove(number);
            self.futures_dropped += 1;
        }
    }

    fn a_process_ends(&mut self) {
        let ended = self.below(self.replicas.len());
        self.in_flight.retain(|running| running.replica != ended);
        self.replicas[ended] = self.started_process();
        self.processes_ended += 1;
    }

    fn the_store_is_opened_again(&mut self) {
        let snapshot = self.fakes.store.snapshot();
        self.fakes.store.restore(&snapshot).unwrap();
        assert_eq!(self.fakes.store.snapshot(), snapshot);
    }

    /// Nothing fails any more: what was begun comes to its end, and what waits is delivered.
    pub(crate) fn come_to_rest(&mut self) {
        for plan in &self.faults {
            plan.calm();
        }
        self.fakes.publisher.come_back();
        self.fakes.mailer.come_back();
        self.platform.come_back();
        while !self.in_flight.is_empty() {
            self.go_on(0);
        }
        for _ in 0..1_000 {
            self.fakes.clock.advance(LONGEST_WAIT);
            for kind in EffectKind::ALL {
                for replica in &self.replicas {
                    now(replica.relay.deliver_due(kind, 100)).unwrap();
                }
            }
            let waits = |kind| now(self.replicas[0].relay.depth(kind)).unwrap().pending > 0;
            if !EffectKind::ALL.into_iter().any(waits) {
                self.open_mailboxes();
                return;
            }
        }
        panic!("effects wait although nothing fails");
    }

    /// Somebody, under any spelling of his name.
    pub(crate) fn somebody(&self) -> String {
        let name = format!("person-{}", self.below(PEOPLE));
        if self.below(8) == 0 {
            name.to_ascii_uppercase()
        } else {
            name
        }
    }

    pub(crate) fn below(&self, limit: usize) -> usize {
        self.chance.below(limit)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.fakes.clock.now()
    }

    pub(crate) fn tally(&self, operation: Operation) -> Tally {
        self.tallies.get(&operation).copied().unwrap_or_default()
    }

    pub(crate) fn acknowledged(&mut self, operation: Operation) {
        self.tallies.entry(operation).or_default().acknowledged += 1;
    }

    /// A text that was never used before.
    pub(crate) fn fresh(&self, kind: &str) -> String {
        let number = self.names.get() + 1;
        self.names.set(number);
        format!("{kind} {number:04}").replace(' ', "-")
    }

    /// An account as it is at present.
    pub(crate) fn any_account(&self) -> Option<User> {
        let accounts = self.ledger.accounts();
        let id = accounts.get(self.below(accounts.len()))?;
        Some(self.ledger.account(id))
    }

    /// Accounts that are not enabled at present.
    pub(crate) fn suspended(&self) -> Vec<UserId> {
        let mut accounts = self.ledger.accounts();
        accounts.retain(|id| self.ledger.account(id).status != Status::Enabled);
        accounts
    }
}

/// The answer of a call that does not wait.
pub(crate) fn now<T>(call: impl Future<Output = T>) -> T {
    crash_after(0, call).expect("nothing is slow")
}
