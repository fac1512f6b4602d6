//! What the search table is asked for a part of a text.

/// Most trigrams that a part is looked for by; of a longer one they are spread over it.
const MOST: usize = 24;

/// FTS5's expressions for the trigrams of a part (three characters on end) in a column: a row with
/// the part has every one of them. None where the part has no trigram, or a U+0000, which the
/// tokenizer passes over.
///
/// Of text that is no UTF-8 the tokenizer reads bytes that continue no character as part of the
/// character before them: only there it may see another one than who searches.
pub(crate) fn trigrams(column: &str, part: &str) -> Vec<String> {
    let characters: Vec<char> = part.chars().collect();
    if characters.contains(&'\0') {
        return Vec::new();
    }
    let windows: Vec<&[char]> = characters.windows(3).collect();
    let mut expressions: Vec<String> = Vec::new();
    let step = windows.len().div_ceil(MOST).max(1);
    for window in windows.into_iter().step_by(step) {
        // In a string of FTS5 only the quotation mark means anything; it is doubled.
        let quoted = String::from_iter(window).replace('"', "\"\"");
        let expression = format!("{{{column}}}: \"{quoted}\"");
        if !expressions.contains(&expression) {
            expressions.push(expression);
        }
    }
    expressions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigram_is_three_characters_on_end_whatever_they_are() {
        assert_eq!(
            trigrams("email", "a\"日b"),
            ["{email}: \"a\"\"日\"", "{email}: \"\"\"日b\""]
        );
        assert_eq!(trigrams("email", "aaaaa"), ["{email}: \"aaa\""]);
    }

    #[test]
    fn what_has_no_trigram_or_a_nul_is_not_asked_for() {
        for part in ["", "a", "äö", "abc\0def"] {
            assert!(trigrams("id", part).is_empty(), "{part:?}");
        }
    }

    #[test]
    fn a_long_part_is_asked_for_by_some_of_its_trigrams() {
        let part: String = ('a'..='z').chain('0'..='9').cycle().take(36).collect();
        let some = trigrams("id", &part);
        assert!(some.len() <= MOST && some.len() > MOST / 2);
        assert_eq!(some.last().map(String::as_str), Some("{id}: \"678\""));
    }
}
