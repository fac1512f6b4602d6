//! Everything that can be asked for, in one value.

use std::sync::Arc;
use std::time::Duration;

use crate::authorization::AccessPolicy;
use crate::model::PasswordPolicy;
use crate::ports::Ports;
use crate::services::{
    Access, Administration, Credentials, Directory, Profiles, Purge, Recovery, Registration,
    Relations, Relay, Transfer, Verification,
};

/// What the operator decides about the services.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may do what, as far as it is the operator's choice.
    pub access: AccessPolicy,
    /// What a new password must look like.
    pub password_policy: PasswordPolicy,
    /// How long a mailed link proves an address.
    pub verification_code_ttl: Duration,
    /// How long a mailed link sets a new password.
    pub reset_code_ttl: Duration,
    /// How long a deleted account is kept. Zero: until the next look. [`Duration::MAX`]: for ever.
    pub delete_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access: AccessPolicy::default(),
            password_policy: PasswordPolicy::default(),
            verification_code_ttl: Duration::from_hours(24),
            reset_code_ttl: Duration::from_mins(15),
            delete_after: Duration::from_hours(720),
        }
    }
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
    /// Changing what people say of themselves.
    pub profiles: Profiles,
    /// Proving e-mail addresses.
    pub verification: Verification,
    /// A new password for who lost his.
    pub recovery: Recovery,
    /// Deciding about accounts.
    pub administration: Administration,
    /// Accounts in bulk, out and in.
    pub transfer: Transfer,
    /// Finding the deleted accounts that are to go for good.
    pub purge: Purge,
    /// Having the platform told again what every account is.
    pub relations: Relations,
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
            profiles: Profiles::new(ports.clone(), settings.clone()),
            verification: Verification::new(ports.clone(), settings.clone()),
            recovery: Recovery::new(ports.clone()),
            administration: Administration::new(ports.clone(), settings.clone()),
            transfer: Transfer::new(ports.clone(), settings.clone()),
            purge: Purge::new(ports.clone(), settings.clone()),
            relations: Relations::new(ports.clone(), settings.clone()),
            relay: Relay::new(ports, settings.clone()),
            settings,
        }
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
