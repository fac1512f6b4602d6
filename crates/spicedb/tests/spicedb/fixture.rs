//! A SpiceDB and the adapter.

use std::time::Duration;

use tokio::runtime::Handle;
use users_domain::model::UserId;
use users_spicedb::{SpiceDb, SpiceDbSettings};
use users_test_platform as platform;

/// The key that the server wants, and that nobody else may see.
pub(crate) const KEY: &str = "key-of-these-tests";

/// Longer than any answer takes on a machine that is busy with other things.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) fn server() -> platform::SpiceDb {
    platform::SpiceDb::start_with_key(&platform::Listen::default(), KEY).unwrap()
}

pub(crate) fn adapter(server: &platform::SpiceDb) -> SpiceDb {
    adapter_with(server, KEY, LONG)
}

pub(crate) fn adapter_with(server: &platform::SpiceDb, key: &str, timeout: Duration) -> SpiceDb {
    let settings = SpiceDbSettings {
        host: server.address().ip().to_string(),
        port: server.address().port(),
        key: key.to_owned().into(),
        timeout,
    };
    SpiceDb::open(&settings, Handle::current()).unwrap()
}

pub(crate) fn id(text: &str) -> UserId {
    UserId::from_stored(text.to_owned())
}
