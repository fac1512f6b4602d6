//! Chromium and the program that drives it: where they are, or how they come here.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::debian::{install, on_path};

const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// A browser and its driver, of one version.
pub(super) struct Programs {
    pub(super) browser: PathBuf,
    pub(super) driver: PathBuf,
}

impl Programs {
    /// Looks for them, and installs them where the system is Debian and lets us.
    pub(super) fn find_or_install() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        println!("there is no Chromium; installing it, which takes a few minutes");
        install(&PACKAGES)?;
        Self::find().context("Chromium was installed, but is not on the PATH")
    }

    fn find() -> Option<Self> {
        let browsers = ["chromium", "chromium-browser", "google-chrome"];
        Some(Self {
            browser: browsers.into_iter().find_map(on_path)?,
            driver: on_path("chromedriver")?,
        })
    }
}
