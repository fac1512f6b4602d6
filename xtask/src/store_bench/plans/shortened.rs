//! Statements and plans without what changes from call to call, or is too long to read.

use std::sync::LazyLock;

use regex::Regex;

/// More columns or values on end than this are cut.
const LONGEST_LIST: usize = 5;

/// Each begins a line.
const CLAUSES: [&str; 5] = ["FROM", "WHERE", "ORDER BY", "VALUES", "ON CONFLICT"];

/// A text in quotes, with the type that it is cast to.
static TEXT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"E?'(?:[^']|'')*'(?:::(?:character varying|timestamp with(?:out)? time zone|[a-z_]+)(?:\[\])?)?",
    )
});
/// A parameter: `$1` of Postgres.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\$[0-9]+"));
static COST: LazyLock<Regex> = LazyLock::new(|| pattern(r"\s+\(cost=[^)]*\)"));
/// `a.b, "c"."d", ?, ...`
static LIST: LazyLock<Regex> = LazyLock::new(|| {
    let item = r#"(?:(?:"?[a-z_]+"?\.)?"?[a-z_]+"?|\?|-?[0-9]+|`[a-z_]+`(?:\.`[a-z_]+`)?)"#;
    pattern(&format!(r"{item}(?:, {item}){{{LONGEST_LIST},}}"))
});

#[expect(
    clippy::expect_used,
    reason = "the patterns stand in this file and are compiled by its tests"
)]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// A statement without its values, and without long lists.
pub(super) fn sql(text: &str) -> String {
    // diesel shows the values behind the statement.
    let text = text.split(" -- binds: ").next().unwrap_or(text);
    let text = PARAMETER.replace_all(text, "?");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = without_lists(&text);
    for clause in CLAUSES {
        text = text.replace(&format!(" {clause} "), &format!("\n{clause} "));
    }
    text.replace("DISTINCT\nFROM ", "DISTINCT FROM ")
}

fn without_lists(text: &str) -> String {
    let mut short = String::new();
    let mut done = 0;
    for list in LIST.find_iter(text) {
        // What a bracket follows is the name of a function, and no item.
        let last = list.as_str().rfind(", ").unwrap_or(list.len());
        let end = if text[list.end()..].starts_with('(') {
            list.start() + last
        } else {
            list.end()
        };
        short += &text[done..list.start()];
        short.push('…');
        done = end;
    }
    short + &text[done..]
}

/// A step of a plan of Postgres without costs and values.
pub(super) fn step(text: &str) -> String {
    let text = COST.replace_all(text, "");
    let text = TEXT.replace_all(&text, "?");
    PARAMETER.replace_all(&text, "?").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_and_values_are_cut_from_statements() {
        for (long, short) in [
            (
                r#"SELECT "users"."id", "users"."email", "users"."a", "users"."b", "users"."c", "users"."d" FROM "users" WHERE (id = $1)"#,
                "SELECT …\nFROM \"users\"\nWHERE (id = ?)",
            ),
            (
                "SELECT `users`.`id`, `users`.`a`, `users`.`b`, `users`.`c`, `users`.`d`, `users`.`e` FROM `users` -- binds: [1]",
                "SELECT …\nFROM `users`",
            ),
            (
                "INSERT INTO t (a, b, c, d, e, f) VALUES ($1, $2, $3, $4, $5, $6)",
                "INSERT INTO t (…)\nVALUES (…)",
            ),
            ("SELECT a, b\n  FROM t", "SELECT a, b\nFROM t"),
            (
                "SELECT a IS NOT DISTINCT FROM 1 WHERE b IN (1, 12, 13, 14, 15, 16, 17)",
                "SELECT a IS NOT DISTINCT FROM 1\nWHERE b IN (…)",
            ),
            (
                "SELECT a, b, c, d, e, f, coalesce(g, h), i",
                "SELECT …, coalesce(g, h), i",
            ),
        ] {
            assert_eq!(sql(long), short);
        }
    }

    #[test]
    fn plans_with_other_values_are_the_same() {
        let custom = "Index Cond: (lower(email) = 'o''neill@example.com'::character varying)";
        assert_eq!(step(custom), step("Index Cond: (lower(email) = $3)"));
        assert_eq!(
            step("  ->  Index Scan using a on b  (cost=0.42..8.44 rows=1 width=9)"),
            "  ->  Index Scan using a on b"
        );
        assert_eq!(
            step("Filter: (tags @> '{rare-qwzx}'::text[])"),
            "Filter: (tags @> ?)"
        );
    }
}
