//! A password on its way through the queue.

use secrecy::{ExposeSecret, SecretSlice};
use users_domain::model::{Password, PasswordAttempt};

/// What is read of a password: wiped when dropped, and never longer than [`READ`] bytes, however
/// long the attempt, so that a full queue has a bounded size.
pub(crate) struct Candidate {
    bytes: SecretSlice<u8>,
    cut: bool,
}

/// bcrypt reads so many bytes, and a terminating zero byte where the password is shorter. Other
/// formats read more, but a longer password could not become a bcrypt hash.
const READ: usize = Password::MAX_BYTES;

impl Candidate {
    /// A new password; the policy has seen to its length.
    pub(crate) fn of_password(password: &Password) -> Self {
        Self::new(password.expose().as_bytes())
    }

    /// A password as typed.
    pub(crate) fn of_attempt(attempt: &PasswordAttempt) -> Self {
        Self::new(attempt.expose().as_bytes())
    }

    fn new(bytes: &[u8]) -> Self {
        let read = bytes.len().min(READ);
        Self {
            bytes: Box::<[u8]>::from(&bytes[..read]).into(),
            cut: bytes.len() > READ,
        }
    }

    /// The bytes, for hashing only.
    pub(crate) fn expose(&self) -> &[u8] {
        self.bytes.expose_secret()
    }

    /// Whether there was more than is read: such an attempt matches nothing.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(text: &str) -> Candidate {
        Candidate::of_attempt(&PasswordAttempt::new(text.to_owned()))
    }

    #[test]
    fn seventy_two_bytes_are_read_whole_and_more_are_cut() {
        let longest = candidate(&"x".repeat(72));
        assert_eq!((longest.expose().len(), longest.is_cut()), (72, false));
        let longer = candidate(&"x".repeat(73));
        assert_eq!((longer.expose().len(), longer.is_cut()), (72, true));
    }

    #[test]
    fn a_cut_may_fall_into_a_character() {
        let longer = candidate(&"ä€".repeat(30));
        assert_eq!((longer.expose().len(), longer.is_cut()), (72, true));
    }

    #[test]
    fn a_zero_byte_is_a_byte_like_any_other() {
        assert_eq!(candidate("a\0b").expose(), b"a\0b");
    }
}
