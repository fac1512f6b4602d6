//! The mails that come with the program.

use time::macros::datetime;
use users_domain::model::{Mail, MailContent, Notice};
use users_smtp::{MailKind, Templates};

use crate::eml::Eml;
use crate::{ID, code, contents, mail, renderer, reset, to_ada, verification};

fn render(mail: &Mail) -> Eml {
    let rendered = renderer(Templates::builtin()).render(mail).unwrap();
    Eml::parse(&rendered.to_eml())
}

/// Plain text and HTML of a mail.
fn texts(mail: &Mail) -> [String; 2] {
    let parts = render(mail).parts();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].header("Content-Type"), "text/plain; charset=utf-8");
    assert_eq!(parts[1].header("Content-Type"), "text/html; charset=utf-8");
    [parts[0].text(), parts[1].text()]
}

#[test]
fn the_headers_are_exactly_these() {
    let message = render(&to_ada(verification()));
    let expected = [
        ("From", "Users <users@example.com>".to_owned()),
        ("To", "ada@example.com".to_owned()),
        ("Subject", "Email Verification".to_owned()),
        ("Date", "Tue, 24 Nov 2026 21:14:05 +0000".to_owned()),
        ("Message-ID", format!("<{ID}@example.com>")),
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("MIME-Version", "1.0".to_owned()),
        (
            "Content-Type",
            format!("multipart/alternative; boundary=\"{}\"", ID.simple()),
        ),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    assert_eq!(message.headers, expected);
}

#[test]
fn a_clock_that_is_far_off_still_gives_a_date() {
    for (written_at, date) in [
        (
            datetime!(0000-01-01 0:00 UTC),
            "Thu, 01 Jan 1970 00:00:00 +0000",
        ),
        (
            datetime!(9999-12-31 23:59:59 UTC),
            "Fri, 31 Dec 9999 00:00:00 +0000",
        ),
    ] {
        let mail = Mail {
            written_at,
            ..to_ada(reset())
        };
        assert_eq!(render(&mail).header("Date"), date);
    }
}

#[test]
fn the_subjects_are_the_platforms() {
    assert_eq!(
        render(&to_ada(verification())).header("Subject"),
        "Email Verification"
    );
    assert_eq!(
        render(&to_ada(reset())).header("Subject"),
        "Password Reset Request"
    );
    for (content, kind) in contents().into_iter().zip(MailKind::ALL) {
        let rendered = renderer(Templates::builtin())
            .render(&to_ada(content))
            .unwrap();
        assert_eq!(rendered.kind(), kind);
        assert_eq!(
            Eml::parse(&rendered.to_eml()).header("Subject"),
            kind.subject()
        );
    }
}

#[test]
fn a_mail_with_a_link_says_for_whom_and_how_long() {
    for (content, prefix, life) in [
        (
            verification(),
            "https://users.example.com/verify-email?token=",
            "for 24 hours (until 2026-11-25 21:14 UTC)",
        ),
        (
            reset(),
            "https://users.example.com/password/reset?from=mail&token=",
            "for 15 minutes (until 2026-11-24 21:29 UTC)",
        ),
    ] {
        let mail = to_ada(content);
        let link = format!("{prefix}{}", code(&mail));
        let [text, html] = texts(&mail);
        assert!(text.contains(&format!("\n\n{link}\n\n")), "{text}");
        let escaped = link.replace('&', "&amp;");
        assert!(html.contains(&format!("<a href=\"{escaped}\">")), "{html}");
        for text in [text, html] {
            for said in ["Hello ada,", "ada@example.com", life, "If it was not you"] {
                assert!(text.contains(said), "{said}: {text}");
            }
        }
    }
}

#[test]
fn a_notice_says_what_changed_and_holds_no_link() {
    for (notice, said) in [
        (Notice::EmailChanged, "has a new e-mail address"),
        (Notice::PasswordChanged, "was changed"),
    ] {
        for text in texts(&to_ada(MailContent::Notice(notice))) {
            for said in ["Hello ada,", "ada@example.com", said, "If it was not you"] {
                assert!(text.contains(said), "{said}: {text}");
            }
            assert!(!text.contains("http"), "{text}");
        }
    }
}

#[test]
fn an_account_without_a_name_is_greeted_all_the_same() {
    for content in contents() {
        for text in texts(&mail("ada@example.com", None, content)) {
            assert!(text.contains("Hello,"), "{text}");
            assert!(!text.contains("\"\"") && !text.contains("“”"), "{text}");
        }
    }
}

#[test]
fn pages_load_and_run_nothing() {
    for content in contents() {
        let [_, html] = texts(&to_ada(content));
        assert!(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
        for forbidden in [
            "<img",
            "<script",
            "<link",
            "src=",
            "url(",
            "@import",
            "<no value>",
        ] {
            assert!(!html.contains(forbidden), "{forbidden}: {html}");
        }
    }
}
