//! schemathesis in a Python environment of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;

use super::Search;
use super::exceptions::Exceptions;
use super::report::Report;
use crate::debian::install;
use crate::process::{program, run as run_program, status, succeeds};
use crate::running_service::{ADMIN_PASSWORD, ADMIN_USERNAME, RunningService};

/// How it is set up: what it consists of, how it judges, what it does before and after requests.
const SETUP: &str = "xtask/schemathesis";
/// Where it is installed.
const ENVIRONMENT: &str = "target/schemathesis";
/// Says what was installed; written last.
const INSTALLED: &str = "installed.txt";

/// An installed schemathesis.
pub(super) struct Schemathesis {
    program: PathBuf,
    setup: PathBuf,
}

impl Schemathesis {
    /// Looks for the wanted version, and installs it if it is not there.
    pub(super) fn find_or_install(root: &Path) -> Result<Self> {
        let setup = root.join(SETUP);
        let environment = root.join(ENVIRONMENT);
        let requirements = setup.join("requirements.txt");
        let wanted = fs::read_to_string(&requirements)
            .with_context(|| format!("cannot read {}", requirements.display()))?;
        let stamp = environment.join(INSTALLED);
        if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            find_or_install_python(root)?;
            println!("installing schemathesis into {ENVIRONMENT}");
            let mut python = program("python3", root);
            run_program(python.args(["-m", "venv", "--clear"]).arg(&environment))?;
            let pip = environment.join("bin/pip");
            let mut pip = program(&pip.to_string_lossy(), root);
            pip.args(["install", "--quiet", "--disable-pip-version-check"])
                .args(["--require-hashes", "--requirement"])
                .arg(&requirements);
            run_program(&mut pip).context(
                "cannot install schemathesis; it comes from PyPI, so this needs a connection to it \
                 once: then `cargo xtask fuzz-api` installs it, and later runs need none",
            )?;
            fs::write(&stamp, wanted)?;
        }
        Ok(Self {
            program: environment.join("bin/schemathesis"),
            setup,
        })
    }

    /// Runs all its checks in all its phases; what it says is shown as it comes. Tells whether it was
    /// content.
    pub(super) fn run(
        &self,
        service: &RunningService,
        search: &Search,
        exceptions: &Exceptions,
        folder: &Path,
    ) -> Result<(bool, Report)> {
        let address = format!("http://{}", service.address());
        let report = folder.join("report.json");
        let settings = folder.join("settings.json");
        let told = json!({
            "address": &address,
            "username": ADMIN_USERNAME,
            "secret": ADMIN_PASSWORD,
            "exceptions": exceptions.names().collect::<Vec<_>>(),
            "report": &report,
        });
        fs::write(&settings, told.to_string())?;

        // What it leaves behind goes with the folder.
        let mut command = program(&self.program.to_string_lossy(), folder);
        command
            .env("SCHEMATHESIS_HOOKS", self.setup.join("hooks.py"))
            .env("FUZZ_API", &settings)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg("--config-file")
            .arg(self.setup.join("schemathesis.toml"))
            .args(["run", &format!("{address}/openapi.json"), "--url", &address])
            .args(["--max-examples", &search.examples.to_string()])
            .args(["--seed", &search.seed.to_string()])
            .args(["--checks", "all", "--continue-on-failure", "--no-color"])
            // Its commands can be pasted; the tokens in them end with the service.
            .args(["--output-sanitize", "false"])
            .args(["--generation-database", "none"]);
        if let Some(operation) = &search.operation {
            command.args(["--include-operation-id", operation]);
        }
        let succeeded = status(&mut command)?.success();
        let text = fs::read_to_string(&report)
            .context("schemathesis reported nothing; what went wrong stands above")?;
        Ok((succeeded, Report::parse(&text)?))
    }
}

/// Python with what makes environments, which Debian packages apart.
fn find_or_install_python(root: &Path) -> Result<()> {
    let mut python = program("python3", root);
    if succeeds(python.args(["-c", "import ensurepip, venv"])) {
        return Ok(());
    }
    println!("there is no Python that makes environments; installing it");
    install(&["python3-venv"])
}
