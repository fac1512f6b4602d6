//! `cargo xtask e2e`: a person follows the links in mails, and somebody tries the API by its page,
//! with a real browser.
//!
//! The service is started as a user starts it, the mails are those that it wrote to its folder. For
//! what mails lead to, the browser runs no scripts, because the pages need none.

mod api_page;
mod browser;
mod programs;

use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::http1::Request;
use crate::mailbox::Mailbox;
use crate::process::build;
use crate::running_service::{RunningService, wanted_status, wanted_text};

use browser::{Browser, Scripts};
use programs::Programs;

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "secret-12345";
const NEW_PASSWORD: &str = "another 67890";

/// Runs every story to its end, or to the first page that is not as it should be.
pub(crate) fn run(root: &Path) -> Result<()> {
    let programs = Programs::find_or_install()?;
    let [binary] = build(root, ["magistrala-users"], &[])?;
    let folder = tempfile::tempdir()?;
    let service = RunningService::start(&binary, folder.path())?;
    let mut browser = Browser::open(&programs, &folder.path().join("browser"), Scripts::Off)?;
    println!("{} at {}", browser.version(), service.address());
    let mut mailbox = Mailbox::of(service.data());

    api_page::is_plain_without_scripts(&service, &mut browser)?;
    register(&service)?;
    verify_the_address(&service, &mut mailbox, &mut browser)?;
    set_a_new_password(&service, &mut mailbox, &mut browser)?;

    let folder = tempfile::tempdir()?;
    let service = RunningService::start(&binary, folder.path())?;
    let mut browser = Browser::open(&programs, &folder.path().join("browser"), Scripts::On)?;
    api_page::is_read_and_tried(&service, &mut browser)?;
    told("all three stories ended well");
    Ok(())
}

/// Ada proves her address by the link in a mail.
fn verify_the_address(
    service: &RunningService,
    mailbox: &mut Mailbox,
    browser: &mut Browser,
) -> Result<()> {
    let token = log_in(service, PASSWORD)?;
    let request = Request::new("POST", "/users/send-verification", Some(&token), None);
    send(service, &request, 200)?;
    let link = mailbox.next_link("verification")?;
    told("the verification mail came");

    browser.go_to(&link)?;
    browser.shows("h1", "Verify your e-mail address")?;
    browser.is_fit_for_everybody()?;
    let profile = profile_of(service, &token)?;
    ensure!(
        profile["verified_at"].is_null(),
        "to open the link was enough: {profile}"
    );
    told("the link shows a page and verifies nothing by itself");

    browser.click("button")?;
    browser.shows("h1", "Your e-mail address is verified")?;
    browser.shows("[role=status]", "Thank you")?;
    browser.is_fit_for_everybody()?;
    let profile = profile_of(service, &token)?;
    ensure!(
        profile["verified_at"].is_string(),
        "the page says that it is verified, the profile does not: {profile}"
    );
    told("the button verifies the address");

    browser.go_to(&link)?;
    browser.shows("h1", "Your e-mail address was not verified")?;
    browser.shows("[role=alert]", "link")?;
    ensure!(browser.count("button")? == 0, "a used link has a button");
    told("the link works once");
    Ok(())
}

/// Ada lost her password and sets another by the link in a mail.
fn set_a_new_password(
    service: &RunningService,
    mailbox: &mut Mailbox,
    browser: &mut Browser,
) -> Result<()> {
    let old_token = log_in(service, PASSWORD)?;
    let body = json!({ "email": EMAIL });
    let request = Request::new("POST", "/password/reset-request", None, Some(&body));
    send(service, &request, 201)?;
    let link = mailbox.next_link("reset")?;
    told("the reset mail came");

    browser.go_to(&link)?;
    browser.shows("h1", "Set a new password")?;
    browser.is_fit_for_everybody()?;
    browser.is_labelled("#password", "New password")?;
    browser.is_labelled("#confirm_password", "New password again")?;
    browser.type_into("#password", NEW_PASSWORD)?;
    browser.type_into("#confirm_password", "another 67891")?;
    browser.click("button")?;
    browser.shows("[role=alert]", "differs from the new password")?;
    browser.is_fit_for_everybody()?;
    log_in(service, PASSWORD)?;
    told("two passwords that differ are asked for again");

    browser.type_into("#password", NEW_PASSWORD)?;
    browser.type_into("#confirm_password", NEW_PASSWORD)?;
    browser.click("button")?;
    browser.shows("h1", "Your password is changed")?;
    browser.shows("[role=status]", "sign in with the new password")?;
    browser.is_fit_for_everybody()?;
    let token = log_in(service, NEW_PASSWORD)?;
    profile_of(service, &token)?;
    told("the new password signs in");

    send(service, &login(EMAIL, PASSWORD), 401)?;
    let with_old_token = Request::new("GET", "/users/profile", Some(&old_token), None);
    send(service, &with_old_token, 401)?;
    told("neither the old password nor an old token does");

    browser.go_to(&link)?;
    browser.shows("h1", "Your password was not changed")?;
    ensure!(browser.count("input")? == 0, "a used link has a form");
    told("the link works once");
    Ok(())
}

fn told(sentence: &str) {
    println!("  ok  {sentence}");
}

fn register(service: &RunningService) -> Result<()> {
    let body = json!({
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": EMAIL,
        "credentials": { "username": "ada", "secret": PASSWORD },
    });
    let request = Request::new("POST", "/users", None, Some(&body));
    send(service, &request, 201)
}

fn login(identity: &str, password: &str) -> Request {
    let body = json!({ "identity": identity, "secret": password });
    Request::new("POST", "/users/tokens/issue", None, Some(&body))
}

/// An access token of Ada's.
fn log_in(service: &RunningService, password: &str) -> Result<String> {
    let mut connection = service.connect()?;
    let answer = connection.send(&login(EMAIL, password))?;
    wanted_text(&answer, 201, "access_token")
}

fn profile_of(service: &RunningService, token: &str) -> Result<Value> {
    let request = Request::new("GET", "/users/profile", Some(token), None);
    let mut connection = service.connect()?;
    let answer = connection.send(&request)?;
    wanted_status(&answer, 200)?;
    answer.json()
}

fn send(service: &RunningService, request: &Request, status: u16) -> Result<()> {
    wanted_status(&service.connect()?.send(request)?, status)
}
