//! What the world may ask. Every method takes who is asking and looks the right up in
//! [`crate::authorization`] itself, so that no driving adapter can forget it.

mod access;
mod credentials;
mod directory;
mod registration;
mod relay;

pub use access::Access;
pub use credentials::{Credentials, Login};
pub use directory::Directory;
pub use registration::{AdministratorOutcome, FirstAdministrator, Registration};
pub use relay::{Progress, Relay};

use crate::model::{EventBuilder, EventOperation, RequestContext};
use crate::ports::{Ports, uuid_v7};

/// Begins an event that happens now.
fn event(
    ports: &Ports,
    context: &RequestContext,
    operation: EventOperation,
    key: &str,
) -> EventBuilder {
    let now = ports.clock.now();
    EventBuilder::new(uuid_v7(&*ports.entropy, now), operation, key, now, context)
}
