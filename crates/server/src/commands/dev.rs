//! `magistrala-users dev`: everything embedded, for trying it out.

use std::process::ExitCode;

use anyhow::Result;

use super::banner;
use crate::config::Config;
use crate::service::Service;

/// Runs until it is told to stop.
pub(super) fn run(config: Config) -> Result<ExitCode> {
    crate::service::run(config, |service: &Service| {
        print!("{}", banner::text(service));
    })
}
