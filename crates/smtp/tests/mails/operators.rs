//! Mails from operators' own template files.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use users_domain::model::{Mail, MailContent, Notice};
use users_smtp::{TemplateError, Templates};

use crate::eml::Eml;
use crate::{code, renderer, reset, to_ada, verification};

fn file(source: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail.tmpl");
    fs::write(&path, source).unwrap();
    (folder, path)
}

/// The mail, its type, and its text with `CODE` for the code.
fn render(source: &str, mail: &Mail) -> (String, String) {
    let (_folder, path) = file(source);
    let templates = Templates::load(Some(&path), Some(&path)).unwrap();
    let rendered = renderer(templates).render(mail).unwrap();
    let message = Eml::parse(&rendered.to_eml());
    let text = message.text().replace(code(mail), "CODE");
    (message.header("Content-Type").to_owned(), text)
}

fn refusal(source: impl AsRef<[u8]>) -> (PathBuf, TemplateError) {
    let (_folder, path) = file(source);
    let error = Templates::load(None, Some(&path)).unwrap_err();
    (path, error)
}

#[test]
fn a_plain_text_file_is_sent_as_plain_text() {
    let source = "Dear {{.User}},\n\nYou asked for this on {{.Host}}:\n\n{{.Content}}\n\n{{.Host}}\n{{.Footer}}\n";
    let (content_type, text) = render(source, &to_ada(verification()));
    assert_eq!(content_type, "text/plain; charset=utf-8");
    assert_eq!(
        text,
        "Dear ada,\n\nYou asked for this on https://users.example.com/verify-email:\n\n\
         https://users.example.com/verify-email?token=CODE\n\n\
         https://users.example.com/verify-email\n\n"
    );
}

#[test]
fn header_lines_of_old_templates_stand_in_the_text() {
    let source = "From: {{.From}}\n\
        To: {{range $i, $to := .To}}{{if $i}},{{end}}{{$to}}{{end}}\n\
        Subject: {{.Subject}}\n{{.Header}}\n{{.Content}}\n{{.Footer}}[{{.To}}]";
    let (_, text) = render(source, &to_ada(reset()));
    assert_eq!(
        text,
        "From: \"Users\" <users@example.com>\nTo: ada@example.com\n\
         Subject: Password Reset Request\n\n\
         https://users.example.com/password/reset?from=mail&token=CODE\n[[ada@example.com]]"
    );
}

#[test]
fn an_html_file_is_sent_as_html_and_escaped() {
    let source = "<html><style>p { margin: 0 }</style><title>{{.Subject}}</title>\
        <p>{{.User}} <a href=\"{{.Content}}\">here</a> {{.ExpiresIn}} {{.Footer}}</html>";
    let mut mail = to_ada(reset());
    mail.username = Some(users_domain::model::Username::from_stored(
        "<b>x".to_owned(),
    ));
    let (content_type, text) = render(source, &mail);
    assert_eq!(content_type, "text/html; charset=utf-8");
    assert_eq!(
        text,
        "<html><style>p { margin: 0 }</style><title>Password Reset Request</title>\
         <p>&lt;b&gt;x <a href=\"https://users.example.com/password/reset?from=mail&amp;token=CODE\">\
         here</a> 15 minutes </html>"
    );
}

#[test]
fn whatever_a_file_holds_arrives() {
    let long = "x".repeat(1200);
    let source = format!("\u{feff}äöü € = 100%\n.\n..dots\ttab \r\n{long}\nno end");
    let (_, text) = render(&source, &to_ada(reset()));
    assert_eq!(
        text,
        format!("äöü € = 100%\n.\n..dots\ttab \n{long}\nno end")
    );
    assert_eq!(render("", &to_ada(reset())).1, "");
}

#[test]
fn only_the_mail_with_a_file_looks_otherwise() {
    let (_folder, path) = file("mine");
    let renderer = renderer(Templates::load(Some(&path), None).unwrap());
    let is_mine = |content| {
        let mail = renderer.render(&to_ada(content)).unwrap();
        Eml::parse(&mail.to_eml())
            .header("Content-Type")
            .starts_with("text/plain")
    };
    assert!(is_mine(verification()));
    assert!(!is_mine(reset()));
    assert!(!is_mine(MailContent::Notice(Notice::PasswordChanged)));
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let missing = PathBuf::from("/nowhere/mail.tmpl");
    let error = Templates::load(Some(&missing), None).unwrap_err();
    assert!(matches!(error, TemplateError::Read { .. }));
    assert!(error.to_string().contains("/nowhere/mail.tmpl"), "{error}");

    let (path, error) = refusal(b"\xff\xfe");
    assert!(matches!(error, TemplateError::Read { .. }));
    assert!(error.to_string().contains(&path.display().to_string()));

    for (source, said) in [
        ("a\n{{.User", "in line 2: an action does not end"),
        ("{{if .User}}", "in line 1: unexpected EOF"),
        ("\n{{upper .User}}", "in line 2: function upper not defined"),
        ("{{.Nope}}", "in line 1: there is no field .Nope"),
        (
            "{{with .User}}{{else with .Host}}{{end}}",
            "in line 1: unexpected with in else",
        ),
    ] {
        let (path, error) = refusal(source);
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()), "{text}");
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn a_template_that_fails_on_one_mail_rejects_it_without_a_word_of_it() {
    // The sample has a username.
    let source = "{{.Content}}\n{{if not .User}}{{index .To 7}}{{end}}";
    let (_folder, path) = file(source);
    let renderer = renderer(Templates::load(None, Some(&path)).unwrap());
    let mail = crate::mail("ada@example.com", None, reset());
    let error = renderer.render(&mail).unwrap_err().to_string();
    assert_eq!(
        error,
        "the mail was rejected: the reset template fails in line 2"
    );
}
