//! Who could administer the service: asked of the store through its port, without a trace in it.

use anyhow::Result;
use users_domain::model::{Role, Status, UserFilter};

use crate::config::StoreSettings;
use crate::wiring;

/// How many enabled administrators there are. The store must be there, its schema up to date.
pub(super) fn count(settings: &StoreSettings) -> Result<u64> {
    let store = wiring::store::look(settings)?;
    let administrators = UserFilter {
        status: Some(Status::Enabled),
        role: Some(Role::Admin),
        ..UserFilter::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(store.count(&administrators))?)
}
