//! Who could administer the service: asked of the store through its port, without a trace in it.

use anyhow::Result;
use users_domain::model::{Role, Status, UserFilter};

use crate::config::Config;
use crate::wiring;

/// How many enabled administrators there are. The store must be there, its schema up to date.
pub(super) async fn count(config: &Config) -> Result<u64> {
    let store = wiring::store::look(config)?;
    let administrators = UserFilter {
        status: Some(Status::Enabled),
        role: Some(Role::Admin),
        ..UserFilter::default()
    };
    Ok(store.count(&administrators).await?)
}
