//! Every parameter of every query, wrong in every way that its row speaks of.

use super::case::{Case, Expected};
use super::way::Way;
use crate::client::escaped;

/// `kind`: a `number` from the first to the last of `rule`; a `text` of at most so many bytes; one
/// of the names of `rule`; a `moment`; `other` things have cases of their own.
const TABLE: &str = "
list   limit        number  1-100
list   offset       number  0-9223372036854775807
list   order        name    created_at,updated_at,first_name,last_name,username,email,id
list   dir          name    asc,desc
list   status       name    enabled,disabled,deleted,all,0,1,2
list   role         name    user,admin,all,0,1
list   only_total   name    true,false,True,False,TRUE,FALSE,t,f,T,F,1,0
list   id           text    1024
list   username     text    1024
list   email        text    1024
list   first_name   text    1024
list   last_name    text    1024
list   created_from moment  -
list   created_to   moment  -
list   tags         other   -
list   metadata     other   -
list   cursor       other   -
search limit        number  0-100
search offset       number  0-9223372036854775807
search id           text    1024
search username     text    1024
search first_name   text    1024
search last_name    text    1024
";

/// Single values that no general rule speaks of: whose parameter, its value as it is written, and
/// what comes of it.
const VALUES: &str = "
list   limit    0        invalid
list   limit    100      200
list   tags     %C3%A9   200
list   tags     a%2Bb    200
list   tags     ,,,      200
list   tags     %2B      200
list   metadata m4rk     invalid
list   metadata %5B%5D   invalid
list   metadata 1        invalid
list   metadata %22m4rk%22 invalid
list   metadata %7B      invalid
list   metadata %7B%7D%7B%7D invalid
list   metadata %5Bobject%20Object%5D invalid
list   metadata %7B%22a%22:%22%5Cu0000%22%7D invalid
list   metadata %7B%22a%22:1e400%7D invalid
list   metadata %7B%22a%22:%22%5Cud800%22%7D invalid
list   metadata %EF%BB%BF%7B%7D invalid
list   metadata null     200
list   metadata %7B%7D   200
search username ab       invalid
search username a%25     invalid
search id       ab       invalid
search username abc      200
search id       %25%25%25 200
search first_name a      200
search first_name %27%20OR%201=1-- 200
";

/// The cases of an operation's parameters.
pub(super) fn cases(way: &Way) -> Vec<Case> {
    let own = |table: &'static str| {
        let rows = table.trim().lines().map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let [operation, name, kind, rule] = cells[..] else {
                panic!("{line}");
            };
            (operation, name, kind, rule)
        });
        rows.filter(|(operation, ..)| *operation == way.operation)
    };
    let mut cases = Vec::new();
    for (_, name, kind, rule) in own(TABLE) {
        let parameter = Parameter { way, name };
        cases.extend(parameter.encodings());
        cases.extend(match kind {
            "number" => parameter.numbers(rule),
            "text" => parameter.texts(rule.parse().unwrap()),
            "name" => parameter.names(rule),
            "moment" => parameter.moments(),
            _ => Vec::new(),
        });
    }
    for (_, name, value, outcome) in own(VALUES) {
        let parameter = Parameter { way, name };
        cases.push(match outcome {
            "200" => parameter.accepted(value),
            _ => parameter.invalid(value),
        });
    }
    if way.operation == "list" {
        cases.extend(bounds(way));
    }
    if way.operation == "search" {
        cases.extend(nothing_to_search(way));
    }
    cases
}

/// The names of an operation's parameters.
pub(super) fn of(operation: &str) -> Vec<&'static str> {
    let rows = TABLE.trim().lines().map(|line| line.split_whitespace());
    rows.filter_map(|mut cells| (cells.next() == Some(operation)).then(|| cells.next())?)
        .collect()
}

/// The names of all parameters.
pub(super) fn names() -> Vec<&'static str> {
    [of("list"), of("search"), vec!["token"]].concat()
}

/// Counts and depths, both sides of each.
fn bounds(way: &Way) -> Vec<Case> {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        escaped(&format!("{{\"a\":{open}{close}}}"))
    };
    let tags = |count: usize| vec!["m4rk"; count].join(",");
    let (metadata, list) = (
        Parameter {
            way,
            name: "metadata",
        },
        Parameter { way, name: "tags" },
    );
    vec![
        metadata.accepted(&deep(64)),
        metadata.invalid(&deep(65)),
        list.accepted(&tags(64)),
        list.invalid(&tags(65)),
        list.invalid(&"m4rk%2B".repeat(64)),
    ]
}

/// Somebody must be looked for.
fn nothing_to_search(way: &Way) -> Vec<Case> {
    [
        "",
        "username=",
        "id=&first_name=",
        "limit=5",
        "email=m4rk",
        "Username=m4rk",
    ]
    .into_iter()
    .map(|query| {
        let request = way.asking(query);
        way.case(format!("?{query}"), request, Expected::missing("username"))
    })
    .collect()
}

struct Parameter<'a> {
    way: &'a Way,
    name: &'static str,
}

impl Parameter<'_> {
    fn invalid(&self, value: &str) -> Case {
        self.case(value, Expected::invalid(self.name))
    }

    fn accepted(&self, value: &str) -> Case {
        self.case(value, Expected::Answered(200))
    }

    fn case(&self, value: &str, expected: Expected) -> Case {
        self.written(&format!("{}={value}", self.name), expected)
    }

    fn written(&self, query: &str, expected: Expected) -> Case {
        // A search looks for somebody in any case.
        let query = match (self.way.operation, self.name) {
            ("search", "limit" | "offset") => format!("username=grace&{query}"),
            _ => query.to_owned(),
        };
        let request = self.way.asking(&query);
        self.way.case(format!("?{query:.80}"), request, expected)
    }

    fn encodings(&self) -> Vec<Case> {
        let name = self.name;
        let mut cases: Vec<Case> = [
            "%",
            "%4",
            "%zz",
            "m4rk%",
            "%ff",
            "m4rk%c3%28",
            "%ed%a0%80",
            "%c0%80",
            "%f4%90%80%80",
            "%00",
            "m4rk%00",
        ]
        .into_iter()
        .map(|value| self.invalid(value))
        .collect();
        let (first, rest) = name.split_at(1);
        let first = escaped(first);
        for twice in [
            format!("{name}=1&{name}=1"),
            format!("{name}=&{name}=m4rk"),
            format!("{name}&{name}"),
            format!("{name}=1&{first}{rest}=1"),
        ] {
            cases.push(self.written(&twice, Expected::invalid(name)));
        }
        cases
    }

    fn numbers(&self, range: &str) -> Vec<Case> {
        let (least, most) = range.split_once('-').unwrap();
        let most: u128 = most.parse().unwrap();
        let mut cases = vec![
            self.accepted(least),
            self.accepted(&most.to_string()),
            self.accepted(&format!("00{least}")),
            self.invalid(&(most + 1).to_string()),
        ];
        for value in [
            "",
            "-1",
            "-0",
            "+1",
            "%2B1",
            "1.0",
            "1.",
            "1e1",
            "0x1",
            "1_0",
            "1,0",
            "1%20",
            "%201",
            "1%0a",
            "%D9%A3",
            "%EF%BC%91",
            "%E2%85%A0",
            "Infinity",
            "NaN",
            "null",
            "true",
            "m4rk",
            "18446744073709551616",
            "-9223372036854775809",
            &"9".repeat(5_000),
        ] {
            cases.push(self.invalid(value));
        }
        cases
    }

    fn texts(&self, most: usize) -> Vec<Case> {
        let wide = "%F0%9F%A6%80".repeat(most / 4);
        let mut cases = vec![
            self.accepted(&"m4rk".repeat(most / 4)),
            self.invalid(&format!("{}x", "m4rk".repeat(most / 4))),
            self.accepted(&wide),
            self.invalid(&format!("{wide}x")),
        ];
        // Only looked for: any character but U+0000, and none has a meaning of its own.
        for value in [
            "m4rk%25",
            "m4rk__",
            "m4rk%5C",
            "m4rk%0d%0a",
            "m4rk%E2%80%AE",
            "m4rk%27",
        ] {
            cases.push(self.accepted(value));
        }
        cases
    }

    fn names(&self, names: &str) -> Vec<Case> {
        let mut cases: Vec<Case> = names.split(',').map(|name| self.accepted(name)).collect();
        let wrong_case = match names.split(',').next() {
            Some("true") => "tRUE".to_owned(),
            first => first.unwrap_or_default().to_uppercase(),
        };
        for value in [
            &*wrong_case,
            "m4rk",
            "none",
            "3",
            "-1",
            "%201",
            "1%20",
            "1.0",
            "01",
            "%2B1",
            "%5B%5D",
            "asc;desc",
            "created_at,id",
            "id%20desc",
            "all,all",
            "name",
        ] {
            cases.push(self.invalid(value));
        }
        cases
    }

    fn moments(&self) -> Vec<Case> {
        let mut cases: Vec<Case> = [
            "",
            "2026-01-01T00:00:00Z",
            "2024-02-29T23:59:59.999999999Z",
            "2026-01-01T00:00:00%2B14:00",
            "2016-12-31T23:59:60Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ]
        .into_iter()
        .map(|value| self.accepted(value))
        .collect();
        for value in [
            "m4rk",
            "now",
            "0",
            "1767225600",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01%2000:00",
            // The plus is a space.
            "2026-01-01T00:00:00+01:00",
            "2026-02-29T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-32T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00%2B24:00",
            "2026-01-01T00:00:00%2B00:60",
            "2026-01-01T00:00:00Zm4rk",
            "%202026-01-01T00:00:00Z",
            "26-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "infinity",
            "%D9%A2%D9%A0%D9%A2%D9%A6-01-01T00:00:00Z",
        ] {
            cases.push(self.invalid(value));
        }
        cases
    }
}
