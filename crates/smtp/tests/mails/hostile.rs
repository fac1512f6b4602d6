//! Rows of older rules may hold anything; it must stay text, and never become a header.

use proptest::prelude::*;
use users_domain::ports::MailError;
use users_smtp::Templates;

use crate::eml::Eml;
use crate::{contents, mail, renderer, reset, to_ada};

#[test]
fn a_name_stays_text() {
    let name =
        "<img src=x onerror=alert(1)>\"'&\r\nBcc: eve@example.com\r\n\r\n{{.Content}}\u{202e}";
    for content in contents() {
        let rendered = renderer(Templates::builtin())
            .render(&mail("ada@example.com", Some(name), content))
            .unwrap();
        let parts = Eml::parse(&rendered.to_eml()).parts();
        let (text, html) = (parts[0].text(), parts[1].text());
        let replaced = "\u{fffd}\u{fffd}Bcc: eve@example.com\u{fffd}\u{fffd}\u{fffd}\u{fffd}{{.Content}}\u{fffd}";
        assert!(text.contains(replaced), "{text}");
        assert!(html.contains(replaced), "{html}");
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;"));
    }
}

#[test]
fn a_display_name_in_an_address_is_never_sent() {
    let stored = "Your bank <ada@example.com>";
    let rendered = renderer(Templates::builtin())
        .render(&mail(stored, Some("ada"), reset()))
        .unwrap();
    assert_eq!(rendered.to(), "ada@example.com");
    let eml = rendered.to_eml();
    assert_eq!(Eml::parse(&eml).header("To"), "ada@example.com");
    assert!(!String::from_utf8(eml).unwrap().contains("bank"));
}

#[test]
fn an_address_that_is_none_is_rejected_without_being_named() {
    for address in [
        "",
        "nobody",
        "ada@example.com\r\nBcc: eve@example.com",
        "a@b@",
    ] {
        let result = renderer(Templates::builtin()).render(&mail(address, None, reset()));
        let Err(MailError::Rejected { reason }) = result else {
            panic!("{address:?} was accepted");
        };
        assert_eq!(
            reason,
            "the account's address is none that mail can be sent to"
        );
    }
}

#[test]
fn neither_code_nor_address_is_printed() {
    let mail = to_ada(reset());
    let rendered = renderer(Templates::builtin()).render(&mail).unwrap();
    assert_eq!(format!("{rendered:?}"), "RenderedMail { kind: Reset, .. }");
}

/// Texts that look like addresses, and texts that do not.
fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zé\"\\\\ <>,\r\n\t.@-]{0,12}@[a-zé\r\n\\[\\].-]{1,8}\\.example",
        "(\"?[A-Za-z,\r\n ]{0,9}\"? ?<)?[a-z.+]{1,9}@[a-z.]{1,9}>?",
        "\"[ -~]{0,9}\"@example\\.com",
    ]
}

#[test]
fn no_text_panics_or_adds_a_header() {
    let renderer = renderer(Templates::builtin());
    proptest!(|(address in address(), name in any::<String>(), kind in 0..4_usize)| {
        let mail = mail(&address, Some(&name), contents()[kind].clone());
        if let Ok(rendered) = renderer.render(&mail) {
            let message = Eml::parse(&rendered.to_eml());
            prop_assert_eq!(
                message.header_names(),
                [
                    "From",
                    "To",
                    "Subject",
                    "Date",
                    "Message-ID",
                    "Auto-Submitted",
                    "MIME-Version",
                    "Content-Type",
                ]
            );
            prop_assert_eq!(message.header("To"), rendered.to());
            let (local, _) = rendered.to().rsplit_once('@').unwrap();
            prop_assert!(address.contains(local));
            prop_assert_eq!(message.parts().len(), 2);
        }
    });
}
