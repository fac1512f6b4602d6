//! The public half of the key, as others fetch it: the port `PublishedKeys`.

use users_domain::ports::PublishedKeys;

use crate::EmbeddedAuth;

impl PublishedKeys for EmbeddedAuth {
    fn key_set(&self) -> String {
        self.key_set.clone()
    }
}
