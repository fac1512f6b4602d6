//! A task that ends with who waits for it.

use tokio::task::JoinHandle;

/// A task that ends when nobody waits for it any more.
#[derive(Debug)]
pub struct AbortOnDrop<T>(pub JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
