//! As much of Postgres's protocol (version 3, "Message Formats" in its manual) as a proxy needs to
//! see statements pass and answers end.

use std::collections::HashMap;

/// "Length" and "code" of the requests that come before any message with a type.
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
const CANCEL_REQUEST: u32 = 80_877_102;

/// What the bytes of one side are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    /// Requests without a type, until the session starts.
    #[default]
    Startup,
    /// Messages with a type.
    Session,
    /// Nothing that can be read: encrypted, or no Postgres.
    Opaque,
}

/// What the client says.
#[derive(Debug, Default)]
pub(super) struct Statements {
    phase: Phase,
    /// The texts of prepared statements, by name.
    prepared: HashMap<Vec<u8>, String>,
    /// The texts of portals, by name.
    portals: HashMap<Vec<u8>, String>,
}

/// What one message of the client means.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The statement that it wants carried out.
    pub(super) statement: Option<String>,
    /// Whether the server will end an answer because of it.
    pub(super) wants_answer: bool,
    /// Whether it is a "sync", which the server passes over while it copies in.
    pub(super) is_sync: bool,
}

impl Statements {
    /// How long the first message of `bytes` is; `None` until it is whole.
    pub(super) fn next_message(&mut self, bytes: &[u8]) -> Option<usize> {
        match self.phase {
            Phase::Opaque => (!bytes.is_empty()).then_some(bytes.len()),
            Phase::Session => next_message(bytes),
            Phase::Startup => {
                // TLS begins with 22 where a request has the first byte of its length.
                if bytes.first().is_some_and(|first| *first != 0) {
                    self.phase = Phase::Opaque;
                    return Some(bytes.len());
                }
                let length = usize::try_from(number(bytes, 0)?).ok()?.max(8);
                (bytes.len() >= length).then_some(length)
            }
        }
    }

    /// Reads one whole message.
    pub(super) fn read(&mut self, message: &[u8]) -> Seen {
        match self.phase {
            Phase::Opaque => Seen::default(),
            Phase::Startup => {
                match number(message, 4) {
                    // The server answers with one byte; what comes next tells what it was.
                    Some(SSL_REQUEST | GSS_REQUEST) => {}
                    Some(CANCEL_REQUEST) => self.phase = Phase::Opaque,
                    _ => {
                        self.phase = Phase::Session;
                        // After all about passwords, the server is ready for the first time.
                        return Seen {
                            statement: None,
                            wants_answer: true,
                            is_sync: false,
                        };
                    }
                }
                Seen::default()
            }
            Phase::Session => self.read_typed(message),
        }
    }

    fn read_typed(&mut self, message: &[u8]) -> Seen {
        let Some((kind, body)) = message.split_first() else {
            return Seen::default();
        };
        let mut fields = body.get(4..).unwrap_or_default().split(|byte| *byte == 0);
        let mut field = || fields.next().unwrap_or_default().to_vec();
        let mut seen = Seen::default();
        match kind {
            b'Q' => {
                seen.statement = Some(text(&field()));
                seen.wants_answer = true;
            }
            b'P' => {
                let name = field();
                self.prepared.insert(name, text(&field()));
            }
            b'B' => {
                let portal = field();
                let statement = self.prepared.get(&field()).cloned().unwrap_or_default();
                self.portals.insert(portal, statement);
            }
            b'E' => seen.statement = self.portals.get(&field()).cloned(),
            b'S' => {
                seen.wants_answer = true;
                seen.is_sync = true;
            }
            b'F' => seen.wants_answer = true,
            _ => {}
        }
        seen
    }
}

/// What one message of the server means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The server is ready for the next statement.
    AnswerEnds,
    /// It waits for rows to copy in.
    CopyBegins,
    /// Anything else.
    Else,
}

/// What the server says.
#[derive(Debug, Default)]
pub(super) struct Answers {
    phase: Phase,
    /// How many answers have ended.
    ended: u64,
}

impl Answers {
    /// How long the first message of `bytes` is; `None` until it is whole.
    pub(super) fn next_message(&mut self, bytes: &[u8]) -> Option<usize> {
        let first = *bytes.first()?;
        if self.phase == Phase::Startup {
            // To a request for encryption the server answers one byte: no, or yes. Else it begins
            // with a message about the password, or an error.
            match first {
                b'N' if bytes.len() == 1 => return Some(1),
                b'S' | b'G' => self.phase = Phase::Opaque,
                _ => self.phase = Phase::Session,
            }
        }
        match self.phase {
            Phase::Opaque => Some(bytes.len()),
            _ => next_message(bytes),
        }
    }

    /// What one whole message means.
    pub(super) fn read(&self, message: &[u8]) -> Told {
        match message.first() {
            Some(b'Z') if self.phase == Phase::Session => Told::AnswerEnds,
            Some(b'G') if self.phase == Phase::Session => Told::CopyBegins,
            _ => Told::Else,
        }
    }

    /// The number of the answer that is being given, from 1.
    pub(super) fn current(&self) -> u64 {
        self.ended + 1
    }

    /// An answer has ended.
    pub(super) fn count(&mut self) {
        self.ended += 1;
    }
}

/// How long the first message of `bytes` is: a type, then a length that counts itself.
pub(super) fn next_message(bytes: &[u8]) -> Option<usize> {
    let length = usize::try_from(number(bytes, 1)?).ok()?.max(4) + 1;
    (bytes.len() >= length).then_some(length)
}

/// Whether one of the statements in `sql` ends a transaction so that it commits.
///
/// A semicolon in a literal may look like the end of a statement: tests know what they send.
pub(super) fn commits(sql: &str) -> bool {
    sql.split(';').any(|statement| {
        let mut words = statement.split_whitespace();
        let verb = words.next().unwrap_or_default();
        let prepared = words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("prepared"));
        (verb.eq_ignore_ascii_case("commit") && !prepared) || verb.eq_ignore_ascii_case("end")
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes(four.try_into().ok()?))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], length.to_be_bytes().as_slice(), body].concat()
    }

    fn started() -> Statements {
        let mut statements = Statements::default();
        let startup = [0, 0, 0, 8, 0, 3, 0, 0];
        assert_eq!(statements.next_message(&startup), Some(8));
        assert!(statements.read(&startup).wants_answer);
        statements
    }

    #[test]
    fn a_commit_is_known_in_any_dress() {
        for sql in [
            "COMMIT",
            " commit ;",
            "INSERT INTO t VALUES (1); COMMIT",
            "END",
            "Commit Work",
        ] {
            assert!(commits(sql), "{sql}");
        }
        for sql in [
            "COMMIT PREPARED 'x'",
            "SELECT 'COMMIT'",
            "ROLLBACK",
            "",
            "COMMITTED",
        ] {
            assert!(!commits(sql), "{sql}");
        }
    }

    #[test]
    fn a_message_is_taken_when_it_is_whole() {
        let query = message(b'Q', b"COMMIT\0");
        let mut statements = started();
        assert_eq!(statements.next_message(&query[..query.len() - 1]), None);
        assert_eq!(statements.next_message(&query), Some(query.len()));
        assert_eq!(statements.read(&query).statement.as_deref(), Some("COMMIT"));
    }

    #[test]
    fn a_prepared_statement_is_known_when_it_is_executed() {
        let mut statements = started();
        statements.read(&message(b'P', b"s1\0COMMIT\0\0\0"));
        let bind = statements.read(&message(b'B', b"p\0s1\0\0\0\0\0\0\0"));
        assert_eq!(bind, Seen::default());
        let execute = statements.read(&message(b'E', b"p\0\0\0\0\0"));
        assert_eq!(execute.statement.as_deref(), Some("COMMIT"));
        assert!(!execute.wants_answer);
        assert!(statements.read(&message(b'S', b"")).wants_answer);
    }

    #[test]
    fn what_is_encrypted_is_passed_on_unread() {
        let mut statements = Statements::default();
        let request = [&8_u32.to_be_bytes()[..], &SSL_REQUEST.to_be_bytes()[..]].concat();
        assert_eq!(statements.next_message(&request), Some(8));
        assert_eq!(statements.read(&request), Seen::default());
        let hello = [22, 3, 1, 2, 0, 1];
        assert_eq!(statements.next_message(&hello), Some(6));
        assert_eq!(statements.read(&hello), Seen::default());
    }
}
