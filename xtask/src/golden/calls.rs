//! Calls between the platform's services, as bytes.

mod answer_of_ours;
mod answers;
mod caused;
mod code;
mod described;
mod differences;
mod hex;
mod message;
mod messages;
mod metadata;
mod tables;

use std::path::Path;

use anyhow::Result;

use super::comparison::Comparison;
use super::records::Records;

pub(super) use differences::{ANSWERS, MESSAGES, OURS, REQUESTS};

/// Reads every recorded message, and replays every recorded request that caused calls.
pub(super) fn replay(root: &Path, records: &Records, comparison: &mut Comparison) -> Result<()> {
    messages::replay(records, comparison)?;
    caused::replay(root, records, comparison)
}
