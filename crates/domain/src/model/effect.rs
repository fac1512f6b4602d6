//! What must leave the process because something changed.

use std::fmt;

use super::UserEvent;

/// A consequence of a change, committed with the rows that caused it and carried out later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell the platform.
    Event(UserEvent),
}

/// Effects of one kind share a carrier; kinds never wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectKind {
    /// [`Effect::Event`].
    Event,
}

impl EffectKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::Event];

    /// The name in the outbox table and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
        }
    }
}

/// An effect as an outbox keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct EffectRecord {
    /// Its kind.
    pub kind: EffectKind,
    /// Effects of one kind and key are carried out in order: the user's id, or what stands for it.
    pub key: String,
    /// The version of the payload's format.
    pub format: i32,
    /// JSON text.
    pub payload: String,
}

/// Payloads tell of people, and a key may be an address: neither is printed by `{:?}`.
impl fmt::Debug for EffectRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EffectRecord")
            .field("kind", &self.kind)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// A record that this version of the program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a record of kind {kind} in format {format}: {reason}")]
pub struct UnknownEffect {
    /// The kind's name.
    pub kind: &'static str,
    /// The format it says it has.
    pub format: i32,
    /// What went wrong; never repeats the record.
    pub reason: String,
}

/// The format written today.
const FORMAT: i32 = 1;

impl Effect {
    /// The record to keep.
    pub fn to_record(&self) -> EffectRecord {
        match self {
            Self::Event(event) => EffectRecord {
                kind: EffectKind::Event,
                key: event.key().to_owned(),
                format: FORMAT,
                payload: event.to_stored(),
            },
        }
    }

    /// Reads a record back.
    pub fn from_record(record: &EffectRecord) -> Result<Self, UnknownEffect> {
        let unknown = |reason: String| UnknownEffect {
            kind: record.kind.as_str(),
            format: record.format,
            reason,
        };
        if record.format != FORMAT {
            return Err(unknown("written by another version".to_owned()));
        }
        match record.kind {
            EffectKind::Event => UserEvent::from_stored(record.key.clone(), &record.payload)
                .map(Self::Event)
                // The parser's own words would repeat what it found.
                .map_err(|error| unknown(format!("damaged at column {}", error.column()))),
        }
    }
}
