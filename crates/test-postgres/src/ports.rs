//! Ports for servers that keep theirs over a restart.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which Linux takes the ports of outgoing connections: one of these would
/// take the port of a server that is away for a moment.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// A port of 127.0.0.1 that nobody listened at a moment ago.
pub(crate) fn free_port() -> u16 {
    let mut candidates = std::iter::repeat_with(|| {
        let above = random() % u64::from(RANGE.end - RANGE.start);
        RANGE.start + u16::try_from(above).expect("it is below the length of the range")
    });
    candidates
        .by_ref()
        .take(1000)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("of a thousand ports one is free")
}

/// A number that another process does not draw, for names and ports.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}
