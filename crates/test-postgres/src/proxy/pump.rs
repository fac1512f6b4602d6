//! The two directions of one connection, each on a thread of its own.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::wire::{Answers, Statements, Told};
use super::{Moment, Shared};

/// What both directions of a connection know.
#[derive(Debug, Default)]
struct Conversation {
    /// How many answers the client has asked for; each ends with "ready for query".
    asked: u64,
    /// Whether the last of these was a "sync".
    last_is_sync: bool,
    /// The number of the answer that is to be lost.
    lost: Option<u64>,
}

/// Starts both directions.
pub(super) fn start(
    shared: &Arc<Shared>,
    number: u64,
    client: TcpStream,
    server: TcpStream,
) -> io::Result<()> {
    let conversation = Arc::new(Mutex::new(Conversation::default()));
    let (to_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let (ours, theirs) = (Arc::clone(shared), Arc::clone(&conversation));
    thread::spawn(move || {
        // Whatever ends one direction ends the connection.
        let _ = ask(&ours, number, client, to_server, &theirs);
        ours.end(number);
    });
    let ours = Arc::clone(shared);
    thread::spawn(move || {
        let _ = answer(&ours, number, server, to_client, &conversation);
        ours.end(number);
    });
    Ok(())
}

/// From the client to the server, message by message.
fn ask(
    shared: &Shared,
    number: u64,
    mut client: TcpStream,
    mut server: TcpStream,
    conversation: &Mutex<Conversation>,
) -> io::Result<()> {
    let mut statements = Statements::default();
    let mut pending = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        pending.extend_from_slice(&buffer[..read]);
        shared.wait_until_thawed();
        // Whole messages are sent together: fewer packets, and a cut between two of them.
        let mut whole = 0;
        let mut cut = false;
        while let Some(length) = statements.next_message(&pending[whole..]) {
            let message = &pending[whole..whole + length];
            let seen = statements.read(message);
            let moment = seen.statement.and_then(|text| shared.trapped(&text));
            if moment == Some(Moment::Before) {
                cut = true;
                break;
            }
            let mut conversation = conversation.lock().unwrap_or_else(PoisonError::into_inner);
            if moment == Some(Moment::After) {
                // An answer that was asked for by this very message, or by the next "sync".
                conversation.lost = Some(conversation.asked + 1);
            }
            if seen.wants_answer {
                conversation.asked += 1;
                conversation.last_is_sync = seen.is_sync;
            }
            drop(conversation);
            whole += length;
        }
        server.write_all(&pending[..whole])?;
        pending.drain(..whole);
        if cut {
            shared.end_trapped(number);
            return Ok(());
        }
    }
}

/// From the server to the client, up to the answer that is to be lost.
fn answer(
    shared: &Shared,
    number: u64,
    mut server: TcpStream,
    mut client: TcpStream,
    conversation: &Mutex<Conversation>,
) -> io::Result<()> {
    let mut answers = Answers::default();
    let mut pending = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = server.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        pending.extend_from_slice(&buffer[..read]);
        shared.wait_until_thawed();
        let mut whole = 0;
        let mut kept = Vec::with_capacity(pending.len());
        while let Some(length) = answers.next_message(&pending[whole..]) {
            let message = &pending[whole..whole + length];
            let mut conversation = conversation.lock().unwrap_or_else(PoisonError::into_inner);
            let told = answers.read(message);
            if told == Told::CopyBegins && conversation.last_is_sync {
                // The server passes over it; the one behind the rows ends the answer.
                conversation.asked -= 1;
            }
            let ended = told == Told::AnswerEnds;
            let lost = conversation.lost;
            drop(conversation);
            if lost == Some(answers.current()) {
                if ended {
                    // The server has done what it was asked; nobody learns that.
                    client.write_all(&kept)?;
                    shared.end_trapped(number);
                    return Ok(());
                }
            } else {
                kept.extend_from_slice(message);
            }
            if ended {
                answers.count();
            }
            whole += length;
        }
        pending.drain(..whole);
        client.write_all(&kept)?;
    }
}
