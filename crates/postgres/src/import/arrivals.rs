//! Accounts on their way into a table of the session, as `COPY` takes them in its binary format:
//! nothing in it has to be escaped, and times are exact (Postgres, COPY, "Binary Format").

use users_domain::model::{Arrival, PasswordHash, PictureUrl, User, Username};

use crate::moment::StoredMoment;
use crate::values::{JSONB_VERSION, length, write_array};

/// The columns of `users` that an account fills, in the order of [`Row::account`].
pub(super) const COLUMNS: &str = "id, email, secret, updated_by, username, first_name, last_name, \
     profile_picture, auth_provider, tags, metadata, private_metadata, created_at, updated_at, \
     verified_at, status, role, version, tokens_valid_from, sessions_valid_from";

/// Of our own types: an adopted table may have others, to which Postgres brings them. It goes with
/// the transaction, and hides no table of that name.
pub(crate) const CREATE: &str = "
    CREATE TEMPORARY TABLE arrivals (
        n integer, id text, email text, secret text, updated_by text, username text,
        first_name text, last_name text, profile_picture text, auth_provider text, tags text[],
        metadata jsonb, private_metadata jsonb, created_at timestamptz, updated_at timestamptz,
        verified_at timestamptz, status bigint, role bigint, version bigint,
        tokens_valid_from bigint, sessions_valid_from bigint
    ) ON COMMIT DROP";
pub(super) const COPY: &str = "COPY pg_temp.arrivals FROM STDIN (FORMAT binary)";

/// All of the above, `n` too.
const FIELDS: i16 = 21;
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();
const NULL: i32 = -1;

/// As much is sent at a time, or a little more.
const CHUNK: usize = 64 * 1024;

/// Accounts as they are sent. `n` is the place of each.
pub(super) fn chunks(accounts: &[Arrival]) -> impl Iterator<Item = Vec<u8>> + Send {
    let mut left = accounts.iter().zip(0..).peekable();
    let mut begun = false;
    std::iter::from_fn(move || {
        if begun && left.peek().is_none() {
            return None;
        }
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 4);
        if !begun {
            chunk.extend_from_slice(HEADER);
            begun = true;
        }
        while chunk.len() < CHUNK
            && let Some((arrival, n)) = left.next()
        {
            Row::begin(&mut chunk).account(n, &arrival.user);
        }
        if left.peek().is_none() {
            chunk.extend_from_slice(&TRAILER);
        }
        Some(chunk)
    })
}

/// A row: the number of its fields, then each behind its length.
struct Row<'a>(&'a mut Vec<u8>);

impl<'a> Row<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(&FIELDS.to_be_bytes());
        Self(out)
    }

    fn account(mut self, n: i32, user: &User) {
        self.bytes(&n.to_be_bytes());
        self.text(Some(user.id.as_str()));
        self.text(Some(user.email.as_str()));
        self.text(user.secret.as_ref().map(PasswordHash::as_str));
        self.text(user.updated_by.as_deref());
        self.text(user.username.as_ref().map(Username::as_str));
        self.text(Some(user.first_name.as_str()));
        self.text(Some(user.last_name.as_str()));
        self.text(user.profile_picture.as_ref().map(PictureUrl::as_str));
        self.text(user.auth_provider.as_deref());
        self.sized(|out| write_array(user.tags.as_slice(), out));
        for json in [&user.metadata, &user.private_metadata] {
            self.sized(|out| {
                out.push(JSONB_VERSION);
                out.extend_from_slice(json.as_str().as_bytes());
            });
        }
        for moment in [user.created_at, user.updated_at, user.verified_at] {
            match moment {
                Some(moment) => self.bytes(&StoredMoment::from(moment).to_be_bytes()),
                None => self.null(),
            }
        }
        self.number(Some(user.status.as_i16().into()));
        self.number(Some(user.role.as_i16().into()));
        self.number(Some(user.version));
        self.number(user.tokens_valid_from);
        self.number(user.sessions_valid_from);
    }

    fn null(&mut self) {
        self.0.extend_from_slice(&NULL.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&length(bytes.len()).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.bytes(text.as_bytes()),
            None => self.null(),
        }
    }

    fn number(&mut self, number: Option<i64>) {
        match number {
            Some(number) => self.bytes(&number.to_be_bytes()),
            None => self.null(),
        }
    }

    /// What is only known to be so long when it is written.
    fn sized(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.null();
        let begin = self.0.len();
        write(self.0);
        let size = length(self.0.len() - begin).to_be_bytes();
        self.0[begin - size.len()..begin].copy_from_slice(&size);
    }
}
