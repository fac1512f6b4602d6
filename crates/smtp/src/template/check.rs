//! What the engine would notice only when it gets there, and some branches are taken once a year;
//! would not notice at all; or would not survive.

use super::scan::{Piece, Token};
use super::{Data, Fault};

/// The deepest that brackets may stand in each other, and the most `else if`: the engine reads both by
/// recursion, and its own limit to depth, which is the same, counts neither.
pub(super) const MAX_DEPTH: usize = 64;

/// Refuses the first action that could do harm, or never do what it says.
pub(super) fn check(pieces: &[Piece<'_>]) -> Result<(), Fault> {
    let mut line = 1;
    let mut alternatives = 0;
    for piece in pieces {
        if let Piece::Action(action) = piece {
            if let [Token::Word("else"), Token::Word("if"), ..] = action.tokens[..] {
                alternatives += 1;
            }
            let reason = if alternatives > MAX_DEPTH {
                Some(format!("there are more than {MAX_DEPTH} `else if`"))
            } else {
                too_deep(&action.tokens).or_else(|| action.tokens.iter().find_map(objection))
            };
            if let Some(reason) = reason {
                let line = Some(line);
                return Err(Fault { line, reason });
            }
        }
        line += piece.line_ends();
    }
    Ok(())
}

fn too_deep(tokens: &[Token<'_>]) -> Option<String> {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(format!(
                "brackets stand deeper in each other than {MAX_DEPTH}"
            ));
        }
    }
    None
}

fn objection(token: &Token<'_>) -> Option<String> {
    match token {
        Token::Field(name) if !Data::FIELDS.contains(name) => {
            let known = Data::FIELDS.join(", .");
            Some(format!("there is no field .{name}; there are .{known}"))
        }
        // The engine reads too much or too little of it, and one that is cut short without end.
        Token::Quoted(text) if escapes(text).any(|escape| "xuU".contains(escape)) => {
            let reason = "an escape by number (\\x, \\u, \\U) in a string is not supported; write the \
                          character itself";
            Some(reason.to_owned())
        }
        // The engine takes it for an escape, which Go does not.
        Token::Raw(text) if text.contains('\\') => {
            Some("a backslash in a string in backquotes is not supported; use quotes".to_owned())
        }
        _ => None,
    }
}

/// What stands behind the backslashes of a string.
fn escapes(text: &str) -> impl Iterator<Item = char> {
    let mut characters = text.chars();
    std::iter::from_fn(move || {
        characters.find(|c| *c == '\\')?;
        characters.next()
    })
}
