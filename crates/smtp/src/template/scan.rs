//! Finds the actions of a template, by the lexical rules of the engine that runs it: the engine
//! keeps what it has parsed to itself.

/// Part of a template; all parts together are the template.
pub(super) enum Piece<'t> {
    /// Stands in the mail as it is.
    Text(&'t str),
    /// Stands in no mail.
    Comment(&'t str),
    Action(Action<'t>),
}

/// What stands between two pairs of braces.
pub(super) struct Action<'t> {
    /// The braces, with the trim marker if there is one.
    pub(super) opening: &'t str,
    pub(super) body: &'t str,
    /// The braces, with the trim marker and the white space that belongs to it.
    pub(super) closing: &'t str,
    pub(super) tokens: Vec<Token<'t>>,
}

/// As much of an action's words as matters here. White space is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A keyword, a function, or a constant.
    Word(&'t str),
    /// A field, without its dot.
    Field(&'t str),
    Variable,
    /// `:=` or `=`.
    Assign,
    Pipe,
    Open,
    Close,
    /// What a string in quotes holds, as it is written.
    Quoted(&'t str),
    /// What a string in backquotes holds.
    Raw(&'t str),
    /// A number, a character, a dot, or a sign.
    Other,
}

/// A template of which an action does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unended {
    /// The line in which it begins, from 1.
    pub(super) line: usize,
}

impl<'t> Action<'t> {
    fn as_written(&self) -> [&'t str; 3] {
        [self.opening, self.body, self.closing]
    }
}

impl Piece<'_> {
    /// How many lines end in it.
    pub(super) fn line_ends(&self) -> usize {
        let ends = |text: &str| text.matches('\n').count();
        match self {
            Self::Text(text) | Self::Comment(text) => ends(text),
            Self::Action(action) => action.as_written().into_iter().map(ends).sum(),
        }
    }
}

/// Takes a template apart.
pub(super) fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Unended> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let (text, from) = rest.split_at(start);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let unended = || Unended {
            line: 1 + template[..template.len() - from.len()]
                .matches('\n')
                .count(),
        };
        let after = &from[2..];
        let marker = after.starts_with('-') && after[1..].starts_with(is_space);
        let content = if marker { &after[2..] } else { after };
        let length = if content.starts_with("/*") {
            let length = from.len() - content.len() + comment(content).ok_or_else(unended)?;
            pieces.push(Piece::Comment(&from[..length]));
            length
        } else {
            let opening = if marker { 3 } else { 2 };
            let (body, closing, tokens) = action(&from[opening..]).ok_or_else(unended)?;
            pieces.push(Piece::Action(Action {
                opening: &from[..opening],
                body,
                closing,
                tokens,
            }));
            opening + body.len() + closing.len()
        };
        rest = &from[length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// The length of a comment, its closing braces included.
fn comment(text: &str) -> Option<usize> {
    let end = text.find("*/")? + 2;
    Some(end + closing(&text[end..])?)
}

/// The length of closing braces, if they stand here.
fn closing(text: &str) -> Option<usize> {
    if text.starts_with("}}") {
        return Some(2);
    }
    let marked = text.starts_with(is_space) && text[1..].starts_with("-}}");
    marked.then_some(4)
}

/// The body of an action, its closing braces, and its tokens.
fn action(text: &str) -> Option<(&str, &str, Vec<Token<'_>>)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if let Some(length) = closing(rest) {
            return Some((&text[..at], &rest[..length], tokens));
        }
        let (length, token) = token(rest)?;
        tokens.extend(token);
        at += length;
    }
}

/// The length of the first token, and what it is; white space has a length only.
fn token(text: &str) -> Option<(usize, Option<Token<'_>>)> {
    let first = text.chars().next()?;
    let behind = &text[first.len_utf8()..];
    let named = || run(behind, is_word);
    Some(match first {
        c if is_space(c) => (1, None),
        // A quote behind a backslash never ends a string, however many backslashes there are.
        '"' => {
            let length = quoted(text, first)?;
            (length, Some(Token::Quoted(&text[1..length - 1])))
        }
        '\'' => (quoted(text, first)?, Some(Token::Other)),
        '`' => {
            let length = behind.find('`')?;
            (length + 2, Some(Token::Raw(&behind[..length])))
        }
        '$' => (1 + named(), Some(Token::Variable)),
        '.' => match named() {
            0 => (1, Some(Token::Other)),
            _ if behind.starts_with(|c: char| c.is_ascii_digit()) => {
                (1 + named(), Some(Token::Other))
            }
            length => (1 + length, Some(Token::Field(&behind[..length]))),
        },
        '|' => (1, Some(Token::Pipe)),
        '(' => (1, Some(Token::Open)),
        ')' => (1, Some(Token::Close)),
        '=' => (1, Some(Token::Assign)),
        ':' => (1, None),
        c if c.is_ascii_digit() => (run(text, |c| is_word(c) || c == '.'), Some(Token::Other)),
        c if is_word(c) => {
            let length = run(text, is_word);
            (length, Some(Token::Word(&text[..length])))
        }
        c => (c.len_utf8(), Some(Token::Other)),
    })
}

fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some(at + 1);
        }
        escaped = c == '\\';
    }
    None
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_action(template: &str) -> (String, Vec<Token<'_>>) {
        pieces(template)
            .unwrap()
            .into_iter()
            .find_map(|piece| match piece {
                Piece::Action(action) => Some((action.body.to_owned(), action.tokens)),
                _ => None,
            })
            .unwrap()
    }

    #[test]
    fn all_pieces_together_are_the_template() {
        for template in [
            "",
            "text",
            "{{.User}}",
            "a {{- .User -}} b {{/* c }} */}} d {{- /* e */ -}} f",
            "{{if eq .User \"}}\"}}x{{else}}y{{end}}{ { {{`{{`}}",
            "{{ $x := \"\\\"}}\" }}{{\n.To\n}}",
        ] {
            let again: String = pieces(template)
                .unwrap()
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) | Piece::Comment(text) => (*text).to_owned(),
                    Piece::Action(action) => action.as_written().concat(),
                })
                .collect();
            assert_eq!(again, template);
        }
    }

    #[test]
    fn braces_in_strings_end_nothing() {
        for template in [
            "{{ \"}}\" }}",
            "{{ `}}` }}",
            "{{ \"\\\"}}\" }}",
            "{{ '}' }}",
        ] {
            let (body, tokens) = first_action(template);
            assert_eq!(format!("{{{{{body}}}}}"), template);
            assert_eq!(tokens.len(), 1);
        }
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(
            first_action("{{- $x := printf `%d` (len .To) 1.5 | html -}}").1,
            [
                Token::Variable,
                Token::Assign,
                Token::Word("printf"),
                Token::Raw("%d"),
                Token::Open,
                Token::Word("len"),
                Token::Field("To"),
                Token::Close,
                Token::Other,
                Token::Pipe,
                Token::Word("html"),
            ]
        );
        assert_eq!(
            first_action("{{ $x.A.B . .5 }}").1,
            [
                Token::Variable,
                Token::Field("A"),
                Token::Field("B"),
                Token::Other,
                Token::Other,
            ]
        );
    }

    #[test]
    fn an_action_without_end_is_noticed() {
        for template in [
            "{{",
            "{{ .User",
            "{{ \"}}",
            "{{/* }}",
            "{{ ` }}",
            "{{/* */ }}",
        ] {
            let template = format!("a\n{{{{.\n}}}}{template}");
            let unended = pieces(&template).err();
            assert_eq!(unended, Some(Unended { line: 3 }), "{template}");
        }
    }
}
