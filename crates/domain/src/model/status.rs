//! Whether an account can be used.

/// The state of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// In use.
    #[default]
    Enabled,
    /// Suspended: nobody can sign in to it.
    Disabled,
    /// Marked for removal; the purge removes the row when it is old enough.
    Deleted,
}

impl Status {
    /// The number in the database and, by default, on the wire.
    pub const fn as_i16(self) -> i16 {
        match self {
            Self::Enabled => 0,
            Self::Disabled => 1,
            Self::Deleted => 2,
        }
    }

    /// The name in events and, on request, on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// A stored status: a number outside 0..=2 is treated as suspended.
    pub const fn from_stored(number: i16) -> Self {
        match number {
            0 => Self::Enabled,
            2 => Self::Deleted,
            _ => Self::Disabled,
        }
    }
}
