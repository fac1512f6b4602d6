//! The relationships in memory.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tonic::Status;
use users_proto::authzed::api::v1::precondition::Operation as Expectation;
use users_proto::authzed::api::v1::relationship_update::Operation;
use users_proto::authzed::api::v1::{Precondition, RelationshipFilter, ZedToken};

use super::refusal;
use super::relationship::Relationship;

/// The first revision: nanoseconds of Unix time, as those of the memory datastore are.
const FIRST_REVISION: u64 = 1_770_091_506_000_000_000;

/// What is kept. Every change is a revision.
#[derive(Debug)]
pub(crate) struct Store(Mutex<State>);

#[derive(Debug)]
struct State {
    relationships: BTreeSet<Relationship>,
    revision: u64,
}

/// What a deletion came to.
pub(crate) struct Deletion {
    pub(crate) deleted: u64,
    pub(crate) is_complete: bool,
    pub(crate) at: ZedToken,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State {
            relationships: BTreeSet::new(),
            revision: FIRST_REVISION,
        }))
    }

    /// All of the updates or none.
    pub(crate) fn write(
        &self,
        updates: &[(Operation, Relationship)],
        preconditions: &[Precondition],
    ) -> Result<ZedToken, Status> {
        self.locked(|state| {
            state.expect(preconditions)?;
            let existing = updates.iter().find(|(operation, relationship)| {
                *operation == Operation::Create && state.relationships.contains(relationship)
            });
            if let Some((_, relationship)) = existing {
                return Err(refusal::already_exists(relationship));
            }
            for (operation, relationship) in updates {
                if *operation == Operation::Delete {
                    state.relationships.remove(relationship);
                } else {
                    state.relationships.insert(relationship.clone());
                }
            }
            if !updates.is_empty() {
                state.revision += 1;
            }
            Ok(state.token())
        })
    }

    /// Deletes what a filter means, at most `limit`; 0 is no limit.
    pub(crate) fn delete(
        &self,
        filter: &RelationshipFilter,
        preconditions: &[Precondition],
        limit: u32,
        partly: bool,
    ) -> Result<Deletion, Status> {
        self.locked(|state| {
            state.expect(preconditions)?;
            let mut meant = state.matching(filter);
            let most = match limit {
                0 => usize::MAX,
                limit => usize::try_from(limit).unwrap_or(usize::MAX),
            };
            let is_complete = meant.len() <= most;
            if !is_complete && !partly {
                return Err(refusal::too_many_to_delete(limit));
            }
            meant.truncate(most);
            for relationship in &meant {
                state.relationships.remove(relationship);
            }
            state.revision += 1;
            Ok(Deletion {
                deleted: u64::try_from(meant.len()).unwrap_or(u64::MAX),
                is_complete,
                at: state.token(),
            })
        })
    }

    /// What a filter means, in order, with the revision.
    pub(crate) fn read(&self, filter: &RelationshipFilter) -> (Vec<Relationship>, ZedToken) {
        self.locked(|state| (state.matching(filter), state.token()))
    }

    /// Whether any of the relationships is there, with the revision.
    pub(crate) fn has_any(
        &self,
        mut relationships: impl Iterator<Item = Relationship>,
    ) -> (bool, ZedToken) {
        self.locked(|state| {
            let has = relationships.any(|wanted| state.relationships.contains(&wanted));
            (has, state.token())
        })
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.locked(|state| {
            state
                .relationships
                .iter()
                .map(ToString::to_string)
                .collect()
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn matching(&self, filter: &RelationshipFilter) -> Vec<Relationship> {
        let all = self.relationships.iter();
        all.filter(|known| known.matches(filter)).cloned().collect()
    }

    fn expect(&self, preconditions: &[Precondition]) -> Result<(), Status> {
        for precondition in preconditions {
            let filter = precondition.filter.clone().unwrap_or_default();
            let found = !self.matching(&filter).is_empty();
            let (expected, operation) = match precondition.operation() {
                Expectation::MustMatch => (true, "OPERATION_MUST_MATCH"),
                Expectation::MustNotMatch => (false, "OPERATION_MUST_NOT_MATCH"),
                Expectation::Unspecified => {
                    return Err(Status::invalid_argument(
                        "validation error: optional_preconditions: operation is required",
                    ));
                }
            };
            if found != expected {
                return Err(refusal::precondition(operation, &filter));
            }
        }
        Ok(())
    }

    /// The revision in the form in which SpiceDB gives it: opaque to callers.
    fn token(&self) -> ZedToken {
        let revision = self.revision.to_string();
        let mut message = vec![0x1a, 31, 0x0a, 19];
        message.extend_from_slice(revision.as_bytes());
        message.extend_from_slice(&[0x12, 8]);
        message.extend_from_slice(b"00000001");
        ZedToken {
            token: STANDARD.encode(message),
        }
    }
}
