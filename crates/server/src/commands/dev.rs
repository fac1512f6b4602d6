//! `magistrala-users dev`: everything embedded, for trying it out.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use users_smtp::Announcement;

use super::banner;
use super::output::say;
use crate::config::Config;
use crate::service::Service;

/// Runs until it is told to stop.
pub(super) fn run(config: Config) -> Result<ExitCode> {
    let announce = |mail: &Announcement| say(&banner::mail(mail));
    crate::service::run(config, Arc::new(announce), |service: &Service| {
        say(&banner::text(service));
    })
}
