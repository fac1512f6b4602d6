//! Every intended difference in calls, with its reason.

mod answers;
mod messages;
mod ours;
mod requests;

pub(in super::super) use answers::ANSWERS;
pub(in super::super) use messages::MESSAGES;
pub(in super::super) use ours::OURS;
pub(in super::super) use requests::REQUESTS;
