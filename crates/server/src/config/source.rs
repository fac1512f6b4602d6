//! Where values come from: each layer names its origin, accepts `NAME_FILE` for every `NAME`, and
//! is read by the `config` crate, which lays the layers over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::Path;

use ::config::{ConfigError, FileFormat, Map, Source, Value, ValueKind};

use super::environment::Environment;
use super::problem::Problem;
use super::variable::{Entry, Preset};
use super::{CommandLine, Profile, auth, entries, http, mail, store};

/// A value in a file may be this long, in bytes: enough for a bundle of certificates.
const MAX_FILE_LENGTH: u64 = 1024 * 1024;

/// The origin of what flags say.
pub(super) const COMMAND_LINE: &str = "command line";

/// What somebody wrote down, by name, before it is known which names mean something.
pub(super) struct Written {
    origin: String,
    /// Texts, or why there is none.
    values: BTreeMap<String, Result<String, &'static str>>,
}

impl Written {
    /// The environment; an empty variable is unset.
    pub(super) fn environment(environment: &dyn Environment) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in environment.variables() {
            // No setting has a name that is not UTF-8.
            let Ok(name) = name.into_string() else {
                continue;
            };
            if !value.is_empty() {
                values.insert(
                    name,
                    value.into_string().map_err(|_| "its value is not UTF-8"),
                );
            }
        }
        Self {
            origin: "environment".to_owned(),
            values,
        }
    }

    /// A TOML file of `NAME = value` lines; an empty text is unset.
    pub(super) fn toml_file(path: &Path) -> Result<Self, Problem> {
        let shown = path.display();
        let text = read_bounded(path)
            .map_err(|error| Problem::new(&format!("--config {shown}: {error}")))?;
        let table = ::config::File::from_str(&text, FileFormat::Toml)
            .collect()
            .map_err(|error| {
                Problem::new(&format!("--config {shown}: {}", without_excerpt(&error)))
            })?;
        let mut values = BTreeMap::new();
        for (name, value) in table {
            let text = match value.kind {
                ValueKind::Nil | ValueKind::Table(_) | ValueKind::Array(_) => {
                    Err("it takes one text, number, true or false, not a table or an array")
                }
                _ => value.into_string().map_err(|_| "it has no text"),
            };
            if text.as_ref().is_ok_and(String::is_empty) {
                continue;
            }
            values.insert(name, text);
        }
        Ok(Self {
            origin: format!("config file {shown}"),
            values,
        })
    }

    /// The names that have a value here.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// The values of known variables, those in files read.
    pub(super) fn into_layer(self, problems: &mut Vec<Problem>) -> Layer {
        let mut layer = Layer::default();
        for entry in entries() {
            let file_name = format!("{}_FILE", entry.name);
            let direct = self.values.get(entry.name);
            let (name, written) = match (direct, self.values.get(&file_name)) {
                (None, None) => continue,
                (Some(_), Some(_)) => {
                    problems.push(Problem::new(&format!(
                        "{} and {file_name} are both set ({}): set one of them",
                        entry.name, self.origin
                    )));
                    continue;
                }
                (Some(value), None) => (entry.name, value),
                (None, Some(path)) => (file_name.as_str(), path),
            };
            let text = match written {
                Ok(text) => text,
                Err(reason) => {
                    problems.push(Problem::new(&format!("{name} ({}): {reason}", self.origin)));
                    continue;
                }
            };
            if direct.is_some() {
                layer.put(entry, text.clone(), self.origin.clone());
                continue;
            }
            match read_value(Path::new(text)) {
                Ok(value) => layer.put(entry, value, format!("file {text}")),
                Err(reason) => problems.push(Problem::new(&format!(
                    "{name}={text:?} ({}): {reason}",
                    self.origin
                ))),
            }
        }
        layer
    }
}

/// The text of a file without the line end that editors and `echo` put behind it.
fn read_value(path: &Path) -> Result<String, String> {
    let mut text = read_bounded(path)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        Err("the file is empty".to_owned())
    } else {
        Ok(text)
    }
}

fn read_bounded(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_LENGTH + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read the file: {error}"))?;
    if bytes.len() as u64 > MAX_FILE_LENGTH {
        return Err("the file is longer than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}

/// The parser's complaint without the lines it quotes, for a secret may stand there.
fn without_excerpt(error: &ConfigError) -> String {
    let text = match error {
        ConfigError::FileParse { cause, .. } => cause.to_string(),
        other => other.to_string(),
    };
    text.lines()
        .filter(|line| !line.contains('|'))
        .collect::<Vec<_>>()
        .join(": ")
}

/// Values of known variables, each with its origin, as the `config` crate reads them.
#[derive(Clone, Default)]
pub(super) struct Layer {
    values: Vec<(&'static str, String, String)>,
}

impl Layer {
    /// What holds when nobody sets anything.
    pub(super) fn defaults(profile: Profile) -> Self {
        let mut layer = Self::default();
        for entry in entries() {
            let preset = entry.preset(profile);
            if let Some(value) = preset.value() {
                layer.put(entry, value, default_origin(entry, preset).to_owned());
            }
        }
        layer
    }

    /// What the flags say. They are the last word.
    pub(super) fn command_line(command_line: &CommandLine, problems: &mut Vec<Problem>) -> Self {
        let mut layer = Self::default();
        if let Some(data) = &command_line.data {
            for (entry, file) in [
                (&store::SQLITE_PATH.entry, users_sqlite::FILE_NAME),
                (&auth::KEY_PATH.entry, users_auth_embedded::KEY_FILE_NAME),
                (&mail::MAIL_DIR.entry, mail::MAIL_FOLDER),
            ] {
                if let Some(path) = data.join(file).to_str() {
                    layer.put(entry, path.to_owned(), COMMAND_LINE.to_owned());
                } else {
                    let folder = data.display();
                    problems.push(Problem::new(&format!("--data {folder}: it is not UTF-8")));
                    break;
                }
            }
        }
        if let Some(port) = command_line.port {
            layer.put(&http::PORT.entry, port.to_string(), COMMAND_LINE.to_owned());
        }
        layer
    }

    fn put(&mut self, entry: &Entry, value: String, origin: String) {
        self.values.push((entry.name, value, origin));
    }
}

/// How the origin of a value reads that nobody set.
pub(super) fn default_origin(entry: &Entry, preset: Preset) -> &'static str {
    if preset.is_same(entry.serve) {
        "default"
    } else {
        "dev default"
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let value = |(name, text, origin): &(&str, String, String)| {
            ((*name).to_owned(), Value::new(Some(origin), text.as_str()))
        };
        Ok(self.values.iter().map(value).collect())
    }
}

/// Names only: values may be secret.
impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.values.iter().map(|(name, ..)| name))
            .finish()
    }
}
