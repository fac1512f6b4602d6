//! Statements and plans without what changes from call to call, or is too long to read.

use std::sync::LazyLock;

use regex::Regex;

/// More columns or values on end than this are cut.
const LONGEST_LIST: usize = 5;

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
    let item = r#"(?:(?:"?[a-z_]+"?\.)?"?[a-z_]+"?|\?|`[a-z_]+`(?:\.`[a-z_]+`)?)"#;
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
    LIST.replace_all(&text, "…").trim().to_owned()
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
                r#"SELECT … FROM "users" WHERE (id = ?)"#,
            ),
            (
                "SELECT `users`.`id`, `users`.`a`, `users`.`b`, `users`.`c`, `users`.`d`, `users`.`e` FROM `users` -- binds: [1]",
                "SELECT … FROM `users`",
            ),
            (
                "INSERT INTO t (a, b, c, d, e, f) VALUES ($1, $2, $3, $4, $5, $6)",
                "INSERT INTO t (…) VALUES (…)",
            ),
            ("SELECT a, b FROM t", "SELECT a, b FROM t"),
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
