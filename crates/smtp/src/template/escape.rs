//! Makes an HTML template safe: whatever an action prints becomes text, never markup.

use super::scan::{Piece, Token};

/// Prints its argument as it is, also into HTML: the template's author vouches for it.
pub(super) const UNESCAPED: &str = "safeHTML";

/// Functions whose result is safe as they stand at the end of a pipeline.
const SAFE: [&str; 3] = ["html", "urlquery", UNESCAPED];

/// What begins an action that prints nothing itself.
const KEYWORDS: [&str; 10] = [
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
];

/// The template with `| html` at the end of every action that prints. That is right in the text of
/// elements and in quoted attributes; it cannot make scripts, styles and unquoted attributes safe.
pub(super) fn escaped(pieces: &[Piece<'_>]) -> String {
    let mut template = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) | Piece::Comment(text) => template.push_str(text),
            Piece::Action(action) => {
                let code = action.body.trim_end();
                template.push_str(action.opening);
                template.push_str(code);
                if prints(&action.tokens) && !is_safe(&action.tokens) {
                    template.push_str(" | html");
                }
                template.push_str(&action.body[code.len()..]);
                template.push_str(action.closing);
            }
        }
    }
    template
}

fn prints(tokens: &[Token<'_>]) -> bool {
    match tokens {
        [Token::Word(word), ..] => !KEYWORDS.contains(word),
        [Token::Variable, Token::Assign, ..] => false,
        _ => true,
    }
}

/// Whether the last command of the pipeline escapes by itself.
fn is_safe(tokens: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    let mut command = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Pipe if depth == 0 => command = at + 1,
            _ => {}
        }
    }
    matches!(tokens.get(command), Some(Token::Word(word)) if SAFE.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::scan::pieces;

    #[test]
    fn what_prints_is_escaped_and_nothing_else() {
        for (template, expected) in [
            ("a{{.User}}b", "a{{.User | html}}b"),
            ("{{- .User -}}", "{{- .User | html -}}"),
            ("{{ .User }}", "{{ .User | html }}"),
            ("{{.User | print}}", "{{.User | print | html}}"),
            ("{{html .User | print}}", "{{html .User | print | html}}"),
            ("{{html .User}}", "{{html .User}}"),
            ("{{.User | urlquery}}", "{{.User | urlquery}}"),
            ("{{(html .User)}}", "{{(html .User) | html}}"),
            (
                "{{print (.User | html)}}",
                "{{print (.User | html) | html}}",
            ),
            ("{{safeHTML .User}}", "{{safeHTML .User}}"),
            ("{{\"html\"}}", "{{\"html\" | html}}"),
            ("{{/* .User */}}", "{{/* .User */}}"),
            ("{{$x := .User}}{{$x}}", "{{$x := .User}}{{$x | html}}"),
            ("{{$x = .User}}", "{{$x = .User}}"),
            ("{{if .User}}{{end}}", "{{if .User}}{{end}}"),
            ("{{template \"t\" .User}}", "{{template \"t\" .User}}"),
            ("{{iffy .User}}", "{{iffy .User | html}}"),
            ("{{.\n}}", "{{. | html\n}}"),
        ] {
            assert_eq!(escaped(&pieces(template).unwrap()), expected);
        }
    }
}
