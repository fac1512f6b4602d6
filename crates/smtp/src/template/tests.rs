//! What templates may hold, what is refused, and that HTML stays the author's.

use proptest::prelude::*;

use super::*;

const HOSTILE: Data<'static> = Data {
    user: "<b>&\"'xé {{.To}}",
    ..Data::SAMPLE
};

fn render(source: &str) -> String {
    Template::parse(source).unwrap().render(&HOSTILE).unwrap()
}

fn fault(source: &str) -> Fault {
    Template::parse(source).err().unwrap()
}

#[test]
fn every_construct_of_the_language_works() {
    for (source, expected) in [
        ("", ""),
        ("{{/* nothing */}}", ""),
        ("{{.Subject}} {{.Footer}}|", "Sample |"),
        ("{{.To}}", "[ada@example.com]"),
        (
            "{{range $index, $v := .To}}{{if $index}},{{end}}{{$v}}{{end}}",
            "ada@example.com",
        ),
        ("{{range .To}}{{.}}{{else}}none{{end}}", "ada@example.com"),
        ("{{if .Footer}}a{{else if .User}}b{{else}}c{{end}}", "b"),
        ("{{with .Footer}}F{{else}}no footer{{end}}", "no footer"),
        ("{{with .Subject}}{{.}}{{$.Footer}}{{end}}", "Sample"),
        ("{{len .To}} {{index .To 0}}", "1 ada@example.com"),
        (
            "{{printf \"%q %s %d\" .Subject .Footer 7}}",
            "\"Sample\"  7",
        ),
        ("{{.User | html}}", "&lt;b&gt;&amp;&#34;&#39;xé {{.To}}"),
        (
            "{{urlquery .User}}",
            "%3Cb%3E%26%22%27x%C3%A9+%7B%7B.To%7D%7D",
        ),
        ("{{and .User .Subject | len}}", "6"),
        ("{{or .Footer .Subject}}", "Sample"),
        (
            "{{not .Footer}} {{eq .Subject \"Sample\"}} {{ne 1 2}}",
            "true true true",
        ),
        ("a {{- .Subject -}} b{{- /* c */ -}} d", "aSamplebd"),
        ("{{$x := .Subject}}{{$x}}{{$x = \"y\"}}{{$x}}", "Sampley"),
        (
            "{{define \"t\"}}[{{.}}]{{end}}{{template \"t\" .Subject}}",
            "[Sample]",
        ),
        ("{{block \"b\" .Subject}}({{.}}){{end}}", "(Sample)"),
        (
            "{{.Host}} {{.Content}}",
            "https://example.com/path https://example.com/path?token=sample",
        ),
        (
            "{{.ExpiresIn}}, {{.Expires}}",
            "24 hours, 2026-01-02 00:00 UTC",
        ),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn what_is_not_understood_is_reported_with_its_line() {
    for (source, line, reason) in [
        ("a\n{{.User", 2, "an action does not end"),
        ("{{if .User}}", 1, "unexpected EOF"),
        ("{{end}}", 1, "unexpected {{end}}"),
        ("\n\n{{nope .User}}", 3, "nope"),
        (
            "{{with .User}}\n{{else with .Footer}}{{end}}",
            2,
            "unexpected with in else",
        ),
        ("{{.User}}\n{{.Nope}}", 2, "there is no field .Nope"),
        (
            "{{if .Footer}}\n{{$.Nope}}\n{{end}}",
            2,
            "there is no field .Nope",
        ),
        ("{{.User.Name}}", 1, "there is no field .Name"),
        ("\n{{template \"t\"}}", 2, "template t not defined"),
        ("{{index .To 1}}", 1, "unable to get 1"),
        ("{{range 100000000}}{{end}}", 1, "iterations"),
        ("\n{{print `a\\nb`}}", 2, "backslash"),
        ("\n{{print \"\\u00e9\"}}", 2, "write the character itself"),
    ] {
        let fault = fault(source);
        assert_eq!(fault.line, Some(line), "{source}: {fault:?}");
        assert!(fault.reason.contains(reason), "{source}: {fault:?}");
    }
}

#[test]
fn html_is_escaped_and_plain_text_is_not() {
    assert_eq!(render("Dear {{.User}}"), "Dear <b>&\"'xé {{.To}}");
    assert_eq!(
        render("<p title=\"{{.User}}\">{{printf \"%s!\" .User}}"),
        "<p title=\"&lt;b&gt;&amp;&#34;&#39;xé {{.To}}\">&lt;b&gt;&amp;&#34;&#39;xé {{.To}}!"
    );
    assert_eq!(
        render("<p>{{html .User}}{{.Subject | safeHTML}}{{safeHTML \"<br>\"}}"),
        "<p>&lt;b&gt;&amp;&#34;&#39;xé {{.To}}Sample<br>"
    );
    assert_eq!(
        render(
            "<style>p { color: red }</style><p>{{define \"t\"}}{{.}}{{end}}{{template \"t\" .User}}"
        ),
        "<style>p { color: red }</style><p>&lt;b&gt;&amp;&#34;&#39;xé {{.To}}"
    );
}

#[test]
fn a_string_that_the_engine_reads_otherwise_hides_no_action() {
    // For the engine, no quote behind a backslash ends a string.
    let text = render(r#"<p>{{print .User "\\" "}}"}}"#);
    assert!(!text.contains("<b>"), "{text}");
}

#[test]
fn a_panic_of_the_engine_is_a_fault() {
    let fault = fault("{{'\\u0\u{1e145}'}}");
    assert_eq!(fault.reason, "the template engine broke down");
}

#[test]
fn an_escape_that_would_keep_the_engine_busy_for_ever_is_refused() {
    for source in [
        "{{\"\\u\"}}",
        "{{\"\\x4\"}}",
        "{{\"\\u00e\"}}",
        "{{\"\\U0001\"}}",
        "{{\"a\\\\\\u\"}}",
        "{{\"\\u}\"",
    ] {
        fault(source);
    }
    assert_eq!(render("{{\"\\\\u\"}}"), "\\u");
}

#[test]
fn no_depth_of_brackets_overflows_the_stack() {
    let nested = |depth| format!("{{{{{}.User{}}}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(render(&nested(check::MAX_DEPTH)), HOSTILE.user);
    for depth in [check::MAX_DEPTH + 1, 100_000] {
        let fault = fault(&nested(depth));
        assert!(fault.reason.contains("deeper"), "{fault:?}");
    }
}

#[test]
fn no_number_of_alternatives_overflows_the_stack() {
    let chained = |count| {
        let alternatives = "{{else if .Footer}}".repeat(count);
        format!("{{{{if .Footer}}}}{alternatives}{{{{else}}}}none{{{{end}}}}")
    };
    assert_eq!(render(&chained(check::MAX_DEPTH)), "none");
    for count in [check::MAX_DEPTH + 1, 100_000] {
        let fault = fault(&chained(count));
        assert!(fault.reason.contains("else if"), "{fault:?}");
    }
}

/// An action of words in any order; about one in six is accepted.
fn action() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        ".User",
        ".To",
        ".",
        "$",
        "$x",
        "$x :=",
        "$x =",
        "|",
        "(",
        ")",
        "print",
        "printf",
        "html",
        "urlquery",
        "len",
        "index",
        "\"}}\"",
        "\"\\\"|html\"",
        "\"\\\\\"",
        "\"%s\"",
        "`}}`",
        "'}'",
        "0",
        "1.5",
        "-1",
        "true",
        ",",
        "/*",
        "*/",
    ]);
    let space = prop::sample::select(vec!["", " ", "\n"]);
    let words = prop::collection::vec((word, space), 1..5);
    let ends = prop::sample::select(vec![("{{", "}}"), ("{{- ", " -}}"), ("{{\n", "\t}}")]);
    (ends, words).prop_map(|((open, close), words)| {
        let words: String = words
            .iter()
            .flat_map(|(word, space)| [*word, space])
            .collect();
        format!("{open}{words}{close}")
    })
}

/// Actions between and inside the structures of the language.
fn scraps() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "{{/* }} */}}",
        "{{- /* {{.User}} */ -}}",
        "text",
        "{",
        "}}",
        "{{.User}}",
        "{{$x := .User}}",
        "{{$x}}",
        "{{with .User}}{{.}}{{end}}",
        "{{range .To}}{{.}}{{end}}",
        "{{range $i, $x := .To}}{{$i}}{{$x}}{{else}}{{.User}}{{end}}",
        "{{if .Footer}}{{else if .User}}{{.User}}{{else}}{{end}}",
        "{{define \"t\"}}{{.}}{{end}}{{template \"t\" .User}}",
        "{{block \"b\" .User}}{{.}}{{end}}",
    ]);
    let scrap = prop_oneof![fixed.prop_map(str::to_owned), action()];
    prop::collection::vec(scrap, 1..4).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// The engine and the scanner read alike: else something would print unescaped.
    #[test]
    fn no_accepted_html_template_prints_markup_from_its_data(scraps in scraps()) {
        let data = Data { user: "<", to: "<", subject: "<", ..Data::SAMPLE };
        if let Ok(template) = Template::parse(&format!("<p>{scraps}")) {
            prop_assert_eq!(template.format(), Format::Html);
            if let Ok(text) = template.render(&data) {
                prop_assert_eq!(text.matches('<').count(), 1, "{}", text);
            }
        }
    }

    /// Whatever a file holds, reading it ends, and without a panic.
    #[test]
    fn no_template_panics(source in any::<String>(), scraps in scraps()) {
        let _ = Template::parse(&source);
        let _ = Template::parse(&scraps);
        let _ = Template::parse(&format!("{{{{{source}}}}}"));
    }
}
