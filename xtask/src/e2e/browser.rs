//! A browser without a window, driven by the WebDriver protocol (W3C, level 2).

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::http1::{Connection, Request};

use super::programs::Programs;

/// How long a page may take to show what is looked for, in milliseconds.
const PATIENCE: u32 = 10_000;
/// The name under which WebDriver hands out elements (section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Whether pages may run scripts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scripts {
    On,
    Off,
}

/// An open browser; it closes with this value.
pub(super) struct Browser {
    // The order in which they end: the browser first, then what drives it.
    session: Session,
    version: String,
    _driver: Driver,
}

impl Browser {
    /// Starts a browser that has never been used, its files in `folder`, which is its own.
    pub(super) fn open(programs: &Programs, folder: &Path, scripts: Scripts) -> Result<Self> {
        std::fs::create_dir(folder)?;
        let driver = Driver::start(programs, folder)?;
        let profile = folder.join("browser");
        std::fs::create_dir(&profile)?;
        let arguments = [
            "--headless",
            // Containers often run as root, where there is no sandbox to be had.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--no-proxy-server",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", profile.display()),
        ];
        // The browser's numbers for allowed and blocked.
        let setting = match scripts {
            Scripts::On => 1,
            Scripts::Off => 2,
        };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "timeouts": { "implicit": PATIENCE },
            "goog:chromeOptions": {
                "binary": programs.browser,
                "args": arguments,
                "prefs": { "profile.managed_default_content_settings.javascript": setting },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let mut connection = Connection::open(driver.address)?;
        let opened = call(&mut connection, "POST", "/session", Some(&wanted))
            .context("the browser does not open")?;
        let id = opened["sessionId"].as_str().context("no session")?;
        let version = &opened["capabilities"]["browserVersion"];
        let mut browser = Self {
            version: format!("Chromium {}", version.as_str().unwrap_or_default()),
            session: Session {
                connection,
                path: format!("/session/{id}"),
            },
            _driver: driver,
        };
        browser.go_to("data:text/html,<p>on</p><noscript><p>off</p></noscript>")?;
        let paragraphs = browser.count("p")?;
        let are_off = paragraphs == 2;
        ensure!(
            are_off == (scripts == Scripts::Off),
            "scripts are not as wanted"
        );
        Ok(browser)
    }

    /// What it is called.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Follows a link.
    pub(super) fn go_to(&mut self, url: &str) -> Result<()> {
        let body = json!({ "url": url });
        self.session.post("/url", &body).map(drop)
    }

    /// Checks that the first element that `css` selects says something.
    pub(super) fn shows(&mut self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css)?;
        let shown = self.session.get(&format!("{element}/text"))?;
        if shown.as_str().is_some_and(|shown| shown.contains(text)) {
            return Ok(());
        }
        bail!(
            "{css} shows {shown}, where {text:?} is due; {}",
            self.page()
        );
    }

    /// How many elements `css` selects on a page that is there already.
    pub(super) fn count(&mut self, css: &str) -> Result<usize> {
        self.session.post("/timeouts", &json!({ "implicit": 0 }))?;
        let found = self.session.post("/elements", &selector(css));
        self.session
            .post("/timeouts", &json!({ "implicit": PATIENCE }))?;
        Ok(found?.as_array().map_or(0, Vec::len))
    }

    /// Presses a button that leads to another page, and waits until the present one is gone: the
    /// driver may answer before that.
    pub(super) fn click(&mut self, css: &str) -> Result<()> {
        let element = self.press(css)?;
        let begun = Instant::now();
        while self.session.get(&format!("{element}/name")).is_ok() {
            ensure!(
                begun.elapsed() < Duration::from_millis(PATIENCE.into()),
                "{css} led nowhere; {}",
                self.page()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Presses what a script of the page reacts to; returns the path of the element.
    pub(super) fn press(&mut self, css: &str) -> Result<String> {
        let element = self.find(css)?;
        let path = format!("{element}/click");
        self.session.post(&path, &json!({}))?;
        Ok(element)
    }

    /// What stands in a field.
    pub(super) fn value(&mut self, css: &str) -> Result<String> {
        let element = self.find(css)?;
        let value = self.session.get(&format!("{element}/property/value"))?;
        let value = value.as_str().context("a field without value")?;
        Ok(value.to_owned())
    }

    /// The address of everything that the page has asked for.
    pub(super) fn requests(&mut self) -> Result<Vec<String>> {
        let script = "return performance.getEntriesByType('resource').map(entry => entry.name)";
        let body = json!({ "script": script, "args": [] });
        let names = self.session.post("/execute/sync", &body)?;
        Ok(serde_json::from_value(names)?)
    }

    /// Types a text into an empty field.
    pub(super) fn type_into(&mut self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css)?;
        let body = json!({ "text": text });
        let path = format!("{element}/value");
        self.session.post(&path, &body).map(drop)
    }

    /// Checks that a screen reader announces a field by its name.
    pub(super) fn is_labelled(&mut self, css: &str, name: &str) -> Result<()> {
        let element = self.find(css)?;
        let label = self.session.get(&format!("{element}/computedlabel"))?;
        ensure!(label == name, "{css} is announced as {label}, not {name:?}");
        Ok(())
    }

    /// Checks what every page owes its readers: a language, a title that is its heading, and that
    /// the browser found nothing to complain about, such as a style that the page's own policy
    /// forbids.
    pub(super) fn is_fit_for_everybody(&mut self) -> Result<()> {
        let html = self.find("html")?;
        let language = self.session.get(&format!("{html}/attribute/lang"))?;
        ensure!(language == "en", "the page's language is {language}");
        let title = self.session.get("/title")?;
        self.shows("h1", title.as_str().unwrap_or_default())?;
        ensure!(title != "", "the page has no title");
        let main = self.find("main")?;
        let style = self.session.get(&format!("{main}/css/max-width"))?;
        ensure!(style != "none", "the page's style was not applied");
        let mut complaints = self.complaints()?;
        // That a page was answered with a status of 400 or more is meant.
        complaints.retain(|said| !said.contains("the server responded with a status of"));
        ensure!(complaints.is_empty(), "the browser says: {complaints:?}");
        Ok(())
    }

    /// What the browser's console has warned of since it was asked last: files that did not come,
    /// things that the page's policy forbids.
    pub(super) fn complaints(&mut self) -> Result<Vec<String>> {
        let log = self
            .session
            .post("/se/log", &json!({ "type": "browser" }))?;
        let said = log.as_array().into_iter().flatten();
        let said = said
            .filter(|entry| entry["level"] == "WARNING" || entry["level"] == "SEVERE")
            .filter_map(|entry| entry["message"].as_str());
        Ok(said.map(str::to_owned).collect())
    }

    /// The path of an element, once it is there.
    fn find(&mut self, css: &str) -> Result<String> {
        match self.session.post("/element", &selector(css)) {
            Ok(found) => {
                let id = found[ELEMENT].as_str().context("an element without id")?;
                Ok(format!("/element/{id}"))
            }
            Err(error) => Err(error.context(format!("no {css}; {}", self.page()))),
        }
    }

    /// The page as it is, for whoever looks into a failure.
    fn page(&mut self) -> String {
        let source = self.session.get("/source").unwrap_or_default();
        format!("the page is:\n{}", source.as_str().unwrap_or_default())
    }
}

fn selector(css: &str) -> Value {
    json!({ "using": "css selector", "value": css })
}

/// The driver's view of one browser.
struct Session {
    connection: Connection,
    path: String,
}

impl Session {
    fn get(&mut self, path: &str) -> Result<Value> {
        let path = format!("{}{path}", self.path);
        call(&mut self.connection, "GET", &path, None)
    }

    fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        let path = format!("{}{path}", self.path);
        call(&mut self.connection, "POST", &path, Some(body))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Where it has crashed there is nothing left to close.
        let _ = call(&mut self.connection, "DELETE", &self.path, None);
    }
}

/// One command of the protocol and its value.
fn call(
    connection: &mut Connection,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Result<Value> {
    let answer = connection.send(&Request::new(method, path, None, body))?;
    let status = answer.status;
    let mut json = answer.json()?;
    let value = json["value"].take();
    if status != 200 {
        let [error, message] = ["error", "message"].map(|member| value[member].as_str());
        let first_line = message.unwrap_or_default().lines().next();
        bail!(
            "{}: {}",
            error.unwrap_or("an unknown error"),
            first_line.unwrap_or_default()
        );
    }
    Ok(value)
}

/// A running chromedriver; it ends with this value.
struct Driver {
    process: Child,
    address: SocketAddr,
    /// Kept open, so that the driver may go on talking.
    output: BufReader<ChildStdout>,
}

impl Driver {
    fn start(programs: &Programs, folder: &Path) -> Result<Self> {
        let home = folder.join("home");
        std::fs::create_dir(&home)?;
        let mut process = Command::new(&programs.driver)
            // The system chooses a free one.
            .arg("--port=0")
            // What a browser leaves behind goes with the folder.
            .env("HOME", &home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", programs.driver.display()))?;
        let output = process.stdout.take().context("no standard output")?;
        let mut driver = Self {
            process,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            output: BufReader::new(output),
        };
        let mut said = String::new();
        let port = loop {
            let start = said.len();
            if driver.output.read_line(&mut said)? == 0 {
                bail!("chromedriver did not start; it said:\n{said}");
            }
            if let Some(port) = port(&said[start..]) {
                break port;
            }
        };
        driver.address.set_port(port);
        Ok(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in the line by which chromedriver says that it is ready.
fn port(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end().trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_line_that_names_it() {
        let line = "ChromeDriver was started successfully on port 41231.\n";
        assert_eq!(port(line), Some(41231));
        assert_eq!(port("Starting ChromeDriver 156.0 on port 0\n"), None);
    }
}
