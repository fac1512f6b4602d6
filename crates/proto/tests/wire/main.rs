//! Each message, byte by byte, on bytes written by hand from the documented numbers of its fields.

#![expect(clippy::expect_used, reason = "a test may fail")]

mod platform;
mod spicedb;
mod users;

use std::fmt::Debug;

use prost::Message;

/// Fields that no message has, one of each kind: a number, a text, and eight and four bytes.
const UNKNOWN: [&str; 4] = [
    "f8 7f 01",
    "fa 7f 01 78",
    "f9 7f 00 00 00 00 00 00 00 00",
    "fd 7f 00 00 00 00",
];

/// A message on the wire.
struct Wire<M>(M);

impl<M: Message + Default + PartialEq + Debug> Wire<M> {
    fn of(message: M) -> Self {
        Self(message)
    }

    /// Whether it is written as these fields, and read from them, also between fields that a later
    /// version may have; and whether none of it is written if nothing of it is set.
    fn is(&self, fields: &[&str]) {
        let bytes = bytes(&fields.join(" "));
        assert_eq!(self.0.encode_to_vec(), bytes, "written: {:?}", self.0);
        assert_eq!(M::decode(&bytes[..]).as_ref(), Ok(&self.0), "read");
        for unknown in UNKNOWN.map(self::bytes) {
            let between = [&unknown[..], &bytes[..], &unknown[..]].concat();
            let read = M::decode(&between[..]);
            assert_eq!(read.as_ref(), Ok(&self.0), "read between others");
        }
        assert!(M::default().encode_to_vec().is_empty(), "defaults");
        assert_eq!(M::decode(&[][..]), Ok(M::default()), "defaults");
    }
}

/// Reads pairs of hexadecimal digits.
fn bytes(pairs: &str) -> Vec<u8> {
    pairs
        .split_whitespace()
        .map(|pair| u8::from_str_radix(pair, 16).expect("two digits"))
        .collect()
}

fn text(value: &str) -> String {
    value.to_owned()
}
