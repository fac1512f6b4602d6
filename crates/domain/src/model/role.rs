//! What an account may do on the platform as a whole.

/// The platform role of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Manages his own account.
    #[default]
    User,
    /// Administers the platform.
    Admin,
}

impl Role {
    /// The number in the database and, by default, on the wire.
    pub const fn as_i16(self) -> i16 {
        match self {
            Self::User => 0,
            Self::Admin => 1,
        }
    }

    /// The name in events and, on request, on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// A stored role: every number but 1 is a plain user.
    pub const fn from_stored(number: i16) -> Self {
        if number == 1 { Self::Admin } else { Self::User }
    }
}
