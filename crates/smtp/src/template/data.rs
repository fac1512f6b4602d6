//! What a template can say: the fields of the platform, and a few more.

use std::collections::HashMap;

use gtmpl_ng::Value;
use time::macros::format_description;
use users_domain::model::Timestamp;

/// Everything that a template knows about its mail.
pub(crate) struct Data<'m> {
    /// The bare address.
    pub(crate) to: &'m str,
    /// The sender, `"Name" <address>`.
    pub(crate) from: &'m str,
    pub(crate) subject: &'m str,
    /// The account's username; empty where it has none.
    pub(crate) user: &'m str,
    /// The link; empty where there is none.
    pub(crate) link: &'m str,
    /// When the mail was written, and from when on the link is of no use.
    pub(crate) life: Option<(Timestamp, Timestamp)>,
}

impl Data<'_> {
    /// The names of all fields.
    pub(super) const FIELDS: [&'static str; 10] = [
        "Content",
        "Expires",
        "ExpiresIn",
        "Footer",
        "From",
        "Header",
        "Host",
        "Subject",
        "To",
        "User",
    ];

    /// A mail to try templates with.
    pub(super) const SAMPLE: Data<'static> = Data {
        to: "ada@example.com",
        from: "\"Users\" <users@example.com>",
        subject: "Sample",
        user: "ada",
        link: "https://example.com/path?token=sample",
        life: Some((
            time::macros::datetime!(2026-01-01 0:00 UTC),
            time::macros::datetime!(2026-01-02 0:00 UTC),
        )),
    };

    /// An object, not a map: of a map, a field that is not there would print as `<no value>`.
    pub(super) fn to_value(&self) -> Value {
        let text = |text: &str| Value::String(text.to_owned());
        let host = self.link.split('?').next().unwrap_or_default();
        let (expires, expires_in) = match self.life {
            Some((written, end)) => (moment(end), span(end - written)),
            None => (String::new(), String::new()),
        };
        Value::Object(HashMap::from([
            ("Content".to_owned(), text(self.link)),
            ("Expires".to_owned(), text(&expires)),
            ("ExpiresIn".to_owned(), text(&expires_in)),
            ("Footer".to_owned(), text("")),
            ("From".to_owned(), text(self.from)),
            ("Header".to_owned(), text("")),
            ("Host".to_owned(), text(host)),
            ("Subject".to_owned(), text(self.subject)),
            ("To".to_owned(), Value::Array(vec![text(self.to)])),
            ("User".to_owned(), text(&one_line(self.user))),
        ]))
    }
}

/// A name from a row of older rules cannot begin a paragraph of its own, nor turn the text around
/// it.
fn one_line(name: &str) -> String {
    name.replace(
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        "\u{fffd}",
    )
}

/// A moment to the minute, as `2026-11-24 21:14 UTC`.
fn moment(moment: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    // Only a year beyond four digits has no such form.
    moment
        .to_offset(time::UtcOffset::UTC)
        .format(format)
        .unwrap_or_default()
}

/// How long something lasts, in the largest unit that says it exactly to the minute.
fn span(span: time::Duration) -> String {
    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;

    // Between making the code and writing the mail some microseconds pass.
    let minutes = (span + time::Duration::seconds(30)).whole_minutes();
    let (count, unit) = match minutes {
        ..=0 => return "less than a minute".to_owned(),
        minutes if minutes > DAY && minutes % DAY == 0 => (minutes / DAY, "day"),
        minutes if minutes % HOUR == 0 => (minutes / HOUR, "hour"),
        minutes => (minutes, "minute"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_its_largest_whole_unit() {
        let almost = time::Duration::microseconds(-40);
        for (minutes, words) in [
            (0, "less than a minute"),
            (-7, "less than a minute"),
            (1, "1 minute"),
            (15, "15 minutes"),
            (60, "1 hour"),
            (90, "90 minutes"),
            (24 * 60, "24 hours"),
            (48 * 60, "2 days"),
        ] {
            assert_eq!(span(time::Duration::minutes(minutes) + almost), words);
        }
    }

    #[test]
    fn every_field_has_a_value() {
        let Value::Object(fields) = Data::SAMPLE.to_value() else {
            panic!("no object");
        };
        let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, Data::FIELDS);
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(
            one_line("a\r\nb\u{202e}c\u{85}"),
            "a\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}"
        );
        assert_eq!(one_line("<b>&\"'xé"), "<b>&\"'xé");
    }
}
