//! A fake for every port: keeps the contract, in memory, and lets a test look inside.
//!
//! All of them are cheap to clone; clones share their state, so that a test keeps one and gives
//! another away.

mod fake_tokens;
mod fixed_authority;
mod fixed_clock;
mod memory_relations;
mod memory_store;
mod plain_hasher;
mod recording_domains;
mod recording_mailer;
mod recording_publisher;
mod recording_read_events;
mod seeded_entropy;

pub use fake_tokens::FakeTokens;
pub use fixed_authority::FixedAuthority;
pub use fixed_clock::FixedClock;
pub use memory_relations::{MemoryRelations, RelationCall};
pub use memory_store::{AdoptedRow, InvalidSnapshot, KeptCode, MemoryStore, ParkedItem};
pub use plain_hasher::PlainHasher;
pub use recording_domains::RecordingDomains;
pub use recording_mailer::RecordingMailer;
pub use recording_publisher::RecordingPublisher;
pub use recording_read_events::RecordingReadEvents;
pub use seeded_entropy::SeededEntropy;
