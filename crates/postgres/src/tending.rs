//! What a database needs beside its schema: numbers of accounts that are right, and indexes.

use crate::PostgresStore;
use crate::error::OpenError;

impl PostgresStore {
    /// Does what may be done while requests are served: mends the numbers of accounts
    /// ([`Self::mend_counts`]), then builds indexes ([`Self::build_indexes`]). Gives the names of what
    /// was done. It takes as long as it takes; done twice, it does nothing.
    ///
    /// # Errors
    ///
    /// There is no connection, it was lost, no answer came in time, or the server refused; what was
    /// done stays.
    pub async fn tend(&self) -> Result<Vec<String>, OpenError> {
        let mut done = Vec::new();
        // First what is quick, and shows wrong numbers until then.
        if self.mend_counts().await? {
            done.push("user_counts (mended)".to_owned());
        }
        done.extend(self.tend_again().await?);
        Ok(done)
    }

    /// Of the same what others may have left to be done since, as an import that was killed: a look
    /// where there is nothing to do, however many accounts there are.
    ///
    /// # Errors
    ///
    /// As of [`Self::tend`].
    pub async fn tend_again(&self) -> Result<Vec<String>, OpenError> {
        self.gather_counts().await?;
        self.build_indexes().await
    }
}
