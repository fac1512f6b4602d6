//! Somebody meets the API on its own page, registers with the example that stands there, and looks
//! at the profile.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::http1::Request;
use crate::running_service::{RunningService, wanted_status, wanted_text};

use super::browser::Browser;
use super::{login, told};

/// Reads the page and sends two requests from it.
pub(super) fn is_read_and_tried(service: &RunningService, browser: &mut Browser) -> Result<()> {
    let origin = format!("http://{}/", service.address());
    browser.go_to(&format!("{origin}docs"))?;
    browser.shows("html[lang=en] main h1", "Users")?;
    shows_every_operation(service, browser)?;
    told("the page shows every operation of the document");

    prepare(browser, "create")?;
    let example = browser.value(&within("create", "textarea"))?;
    execute(browser, "create", "201")?;
    told("the example of a registration makes an account");

    let example: Value = serde_json::from_str(&example)?;
    let email = example["email"].as_str().context("no address")?;
    let password = example["credentials"]["secret"].as_str();
    let password = password.context("no password")?;
    let mut connection = service.connect()?;
    let answer = connection.send(&login(email, password))?;
    authorize(browser, &wanted_text(&answer, 201, "access_token")?)?;
    prepare(browser, "view_profile")?;
    execute(browser, "view_profile", "200")?;
    browser.shows(&within("view_profile", ".curl"), "Authorization: Bearer ")?;
    let body = within("view_profile", ".live-responses-table .highlight-code");
    browser.shows(&body, email)?;
    told("with a token, the page shows the profile");

    has_no_complaints(browser)?;
    let requests = browser.requests()?;
    let answered_elsewhere = requests.iter().find(|url| !url.starts_with(&origin));
    ensure!(
        answered_elsewhere.is_none(),
        "the page asked elsewhere: {answered_elsewhere:?}"
    );
    ensure!(
        requests.contains(&format!("{origin}users/profile")),
        "the browser does not tell what it asked for: {requests:?}"
    );
    told("the page keeps to its policy and asks nobody else");
    Ok(())
}

/// Checks that the page leads to the document where there are no scripts.
pub(super) fn is_plain_without_scripts(
    service: &RunningService,
    browser: &mut Browser,
) -> Result<()> {
    browser.go_to(&format!("http://{}/docs", service.address()))?;
    browser.shows("html[lang=en] h1", "Users: the API")?;
    browser.shows("a[href='openapi.json']", "OpenAPI document")?;
    has_no_complaints(browser)?;
    told("without scripts, the page leads to the document");
    Ok(())
}

fn has_no_complaints(browser: &mut Browser) -> Result<()> {
    let complaints = browser.complaints()?;
    ensure!(complaints.is_empty(), "the browser says: {complaints:?}");
    Ok(())
}

fn shows_every_operation(service: &RunningService, browser: &mut Browser) -> Result<()> {
    let mut connection = service.connect()?;
    let answer = connection.send(&Request::new("GET", "/openapi.json", None, None))?;
    wanted_status(&answer, 200)?;
    let document = answer.json()?;
    let paths = document["paths"].as_object().context("no paths")?;
    let mut operations = 0;
    for (path, item) in paths {
        let methods = item.as_object().into_iter().flatten();
        for described in methods.map(|(_, described)| described) {
            let Some(id) = described["operationId"].as_str() else {
                continue;
            };
            operations += 1;
            let summary = described["summary"].as_str().context("no summary")?;
            let shown = within(id, ".opblock-summary");
            // A long path may be broken at its slashes with marks that nobody sees.
            browser.shows(&format!("{shown} [data-path='{path}']"), "")?;
            browser.shows(&shown, summary)?;
        }
    }
    let shown = browser.count(".opblock")?;
    ensure!(
        operations > 0 && shown == operations,
        "{shown} operations on the page, {operations} in the document"
    );
    Ok(())
}

/// Opens an operation and makes its fields ready to be filled in.
fn prepare(browser: &mut Browser, operation: &str) -> Result<()> {
    browser.press(&within(operation, ".opblock-summary-control"))?;
    browser.press(&within(operation, ".try-out__btn"))?;
    Ok(())
}

/// Sends the request of an operation and checks the status that the page shows.
fn execute(browser: &mut Browser, operation: &str, status: &str) -> Result<()> {
    browser.press(&within(operation, ".execute"))?;
    let shown = ".live-responses-table .response .response-col_status";
    browser.shows(&within(operation, shown), status)
}

/// Gives the page an access token for its requests.
fn authorize(browser: &mut Browser, token: &str) -> Result<()> {
    browser.press(".auth-wrapper .authorize")?;
    // The first of two.
    browser.shows(".auth-container h4", "access_token")?;
    browser.type_into(".auth-container input", token)?;
    browser.press(".auth-container .authorize")?;
    browser.shows(".auth-container h6", "Authorized")?;
    browser.press(".auth-container .btn-done")?;
    Ok(())
}

/// Selects what lies within the part of the page that shows an operation.
fn within(operation: &str, css: &str) -> String {
    format!(".opblock[id$='-{operation}'] {css}")
}
