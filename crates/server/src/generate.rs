//! The documents that a machine can write from the tables of settings and commands.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::config::{Entry, Preset, REFUSED, SECTIONS, WITHOUT_EFFECT};

/// `docs/configuration.md`: every setting, group by group.
pub fn configuration_md() -> String {
    let mut text = String::from(
        "# Configuration

All settings are environment variables, read once at the start. `magistrala-users config` prints
the value that holds for each, and where it came from.

- **An empty variable is unset.**
- **Any `NAME` may be given as `NAME_FILE=path` instead**: the value is what the file holds, without
  the line end behind it. Both at once are a problem.
- `--config FILE` reads a TOML file of `NAME = value` lines, `NAME_FILE` included; the environment
  overrides it, and the flags of `dev` override both.
- Durations are numbers with units, as in Go: `300ms`, `15s`, `1h30m` (`ns us ms s m h`).
- Every wrong value is reported at once, one line each, and stops the start with exit code 2.
- A name that begins with `MG_USERS_` and means nothing is warned about, with the nearest known one.
",
    );
    for section in SECTIONS {
        let title = section.title;
        line(&mut text, format_args!("\n## {title}\n"));
        line(
            &mut text,
            format_args!("| variable | takes | `serve` | `dev` | what it does |"),
        );
        line(&mut text, format_args!("| --- | --- | --- | --- | --- |"));
        for entry in section.entries {
            let Entry {
                name,
                kind,
                description,
                ..
            } = entry;
            let serve = default_cell(entry.serve);
            let dev = default_cell(entry.dev);
            line(
                &mut text,
                format_args!("| `{name}` | {kind} | {serve} | {dev} | {description} |"),
            );
        }
    }
    line(
        &mut text,
        format_args!(
            "\n## Refused in this version\n\n\
             This version does not speak TLS, and passwords must not travel in the clear where\n\
             somebody believes them protected: each of these stops the start. Put a proxy that\n\
             speaks TLS in front of the service.\n"
        ),
    );
    names(&mut text, REFUSED);
    line(
        &mut text,
        format_args!(
            "\n## Known, without effect in this version\n\n\
             These settings of the service are accepted and named at the start, but nothing obeys \
             them yet.\n"
        ),
    );
    names(&mut text, WITHOUT_EFFECT);
    text
}

fn names(text: &mut String, names: &[&str]) {
    for name in names {
        line(text, format_args!("- `{name}`"));
    }
}

/// `docs/errors.md`: every error code of the API.
pub fn errors_md() -> String {
    format!(
        "# Errors\n\n\
         Every error is JSON with `message` (for people, may change), `code` (for programs, stays),\n\
         `request_id` (found in the log), and `field` where one is at fault. With\n\
         `Accept: application/problem+json` it is a problem document of RFC 9457 with the same\n\
         members.\n\n\
         What cannot be read as a request at all is answered 400, 408 or 431 with an empty body, and\n\
         the connection is closed.\n\n{}",
        users_http::errors_md()
    )
}

/// `docs/openapi.json`: the HTTP API.
pub fn openapi_json() -> String {
    users_http::openapi().to_owned()
}

/// `deploy/example.env`: the settings of `serve` with their defaults, commented out.
pub fn example_env() -> String {
    let mut text = String::from(
        "# Settings of `magistrala-users serve`. Take away the # in front of those to change.\n\
         # Any NAME may be given as NAME_FILE=path instead.\n",
    );
    for section in SECTIONS {
        line(&mut text, format_args!("\n# --- {} ---", section.title));
        for entry in section.entries {
            line(&mut text, format_args!(""));
            for described in wrapped(entry.description, 98) {
                line(&mut text, format_args!("# {described}"));
            }
            let default = match entry.serve {
                // Nobody should copy a password that everybody knows.
                Preset::Value(_) if entry.is_secret => "",
                Preset::Value(value) => value,
                Preset::Computed { meaning, .. } | Preset::Unset(meaning) => {
                    line(&mut text, format_args!("# If unset: {meaning}."));
                    ""
                }
            };
            line(&mut text, format_args!("#{}={default}", entry.name));
        }
    }
    text
}

/// `docs/cli.md`: the help of every command.
pub fn cli_md() -> String {
    let mut text = String::from("# Command line\n");
    let mut command = Cli::command();
    command.build();
    help(&command, &mut text);
    text
}

fn help(command: &clap::Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let long_help = command.clone().render_long_help().to_string();
    line(text, format_args!("\n## {name}\n\n```text"));
    for help_line in long_help.trim_end().lines() {
        line(text, format_args!("{}", help_line.trim_end()));
    }
    line(text, format_args!("```"));
    for subcommand in command.get_subcommands() {
        help(subcommand, text);
    }
}

fn default_cell(preset: Preset) -> String {
    match preset {
        Preset::Value(value) => format!("`{value}`"),
        Preset::Computed { meaning, .. } | Preset::Unset(meaning) => meaning.to_owned(),
    }
}

/// Words in lines of at most so many characters, as far as words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(text, "{content}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_documented_with_its_defaults() {
        let text = configuration_md();
        for entry in SECTIONS.iter().flat_map(|section| section.entries) {
            let row = text
                .lines()
                .find(|row| row.starts_with(&format!("| `{}` |", entry.name)));
            assert_eq!(
                row.expect(entry.name).matches(" | ").count(),
                4,
                "{}",
                entry.name
            );
        }
        assert!(
            text.contains("| `MG_USERS_STORE` | choice | `postgres` | `sqlite` |"),
            "{text}"
        );
        assert!(
            text.contains("| number of cores | number of cores |"),
            "{text}"
        );
        for name in ["MG_USERS_HTTP_SERVER_CERT", "MG_EMAIL_HOST"] {
            assert!(text.contains(&format!("- `{name}`\n")), "{text}");
        }
    }

    #[test]
    fn the_example_names_every_setting_and_sets_none() {
        let text = example_env();
        for entry in SECTIONS.iter().flat_map(|section| section.entries) {
            assert!(
                text.contains(&format!("\n#{}=", entry.name)),
                "{}",
                entry.name
            );
        }
        assert!(
            text.lines()
                .all(|line| line.is_empty() || line.starts_with('#')),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
        assert!(text.contains("\n#MG_USERS_HTTP_PORT=9002\n"), "{text}");
        assert!(!text.contains("12345678"), "{text}");
    }

    #[test]
    fn every_command_is_documented_with_its_help() {
        let text = cli_md();
        for name in [
            "", " dev", " serve", " migrate", " doctor", " config", " health",
        ] {
            assert!(
                text.contains(&format!("\n## magistrala-users{name}\n")),
                "{name}: {text}"
            );
        }
        assert!(
            text.contains("Usage: magistrala-users dev [OPTIONS]"),
            "{text}"
        );
        assert!(text.contains("--port <N>"), "{text}");
        assert!(!text.contains('\u{1b}'), "no colours");
    }
}
