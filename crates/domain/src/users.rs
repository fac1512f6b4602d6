//! Everything that can be asked for, in one value.

use std::sync::Arc;

use crate::authorization::AccessPolicy;
use crate::model::PasswordPolicy;
use crate::ports::Ports;
use crate::services::{Access, Credentials, Directory, Registration, Relay};

/// What the operator decides about the services.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Who may do what, as far as it is the operator's choice.
    pub access: AccessPolicy,
    /// What a new password must look like.
    pub password_policy: PasswordPolicy,
}

/// The services over one set of ports: what driving adapters and embedding programs hold.
///
/// Cheap to clone; all clones share the same ports.
#[derive(Clone)]
pub struct Users {
    /// Bearer token to caller.
    pub access: Access,
    /// Making accounts.
    pub registration: Registration,
    /// Signing in and staying signed in.
    pub credentials: Credentials,
    /// Looking at accounts.
    pub directory: Directory,
    /// Carrying out what must leave the process.
    pub relay: Relay,
    settings: Arc<Settings>,
}

impl Users {
    /// Brings services and adapters together.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let ports = Arc::new(ports);
        Self {
            access: Access::new(ports.clone(), settings.clone()),
            registration: Registration::new(ports.clone(), settings.clone()),
            credentials: Credentials::new(ports.clone(), settings.clone()),
            directory: Directory::new(ports.clone(), settings.clone()),
            relay: Relay::new(ports),
            settings,
        }
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
