//! Tells HTML from plain text: a template file does not say which it is.

use super::scan::Piece;

/// Elements that a mail written in HTML can hardly do without.
const ELEMENTS: [&str; 31] = [
    "!doctype",
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "hr",
    "html",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "span",
    "strong",
    "style",
    "table",
    "td",
    "tr",
    "ul",
];

/// Whether a template is HTML: whether the tag of an element, like `<p>` or `<a href=...`, stands
/// anywhere outside its actions.
pub(super) fn is_html(pieces: &[Piece<'_>]) -> bool {
    pieces.iter().any(|piece| match piece {
        Piece::Text(text) => text.split('<').skip(1).any(begins_like_a_tag),
        Piece::Comment(_) | Piece::Action(_) => false,
    })
}

/// Whether this could stand behind an opening bracket. An address in brackets could not.
fn begins_like_a_tag(text: &str) -> bool {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '!'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || "/>".contains(c));
    ends && ELEMENTS.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::scan::pieces;

    fn html(template: &str) -> bool {
        is_html(&pieces(template).unwrap())
    }

    #[test]
    fn a_tag_makes_a_template_html() {
        for template in [
            "<!DOCTYPE html>\n<html>",
            "{{/* c */}}\n <HTML lang=\"en\">",
            "Subject: x\n\n<body\nstyle=\"\">",
            "Dear {{.User}},<br/>bye",
            "<a href=\"{{.Content}}\">here</a>",
            "<td{{if .User}} class=\"a\"{{end}}>",
        ] {
            assert!(html(template), "{template}");
        }
    }

    #[test]
    fn anything_else_is_plain_text() {
        for template in [
            "",
            "Dear {{.User}},\n\n{{.Content}}\n",
            "<{{.Content}}>",
            "<https://example.com/a> and <ada@example.com>",
            "1 < 2, a <- b, i<j",
            "{{/* <html> */}}{{\"<p>\"}}",
        ] {
            assert!(!html(template), "{template}");
        }
    }
}
