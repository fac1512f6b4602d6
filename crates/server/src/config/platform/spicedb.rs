//! Settings of SpiceDB, by which the platform decides who may do what.

use std::fmt;
use std::time::Duration;

use crate::config::AuthKind;
use crate::config::grpc_client::Address;
use crate::config::kind;
use crate::config::reader::Reader;
use crate::config::variable::{Entry, Kind, Preset, Section, Variable};

/// The key that everybody knows.
const DOCUMENTED_KEY: &str = "12345678";

/// Where the relations of users are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoliciesKind {
    /// In SpiceDB.
    SpiceDb,
    /// Nowhere, or by somebody else.
    None,
}

const POLICIES_KIND: Kind<PoliciesKind> = Kind {
    name: "choice",
    expected: "spicedb or none",
    parse: |text| match text {
        "spicedb" => Ok(PoliciesKind::SpiceDb),
        "none" => Ok(PoliciesKind::None),
        _ => Err(None),
    },
};

/// A host's name or address; no URL.
const HOST_NAME: Kind<String> = Kind {
    expected: "a host name or address, not a URL",
    parse: |text| {
        let is_name = !text.contains(['/', '@', ' ', '[', ']']);
        is_name.then(|| text.to_owned()).ok_or(None)
    },
    ..kind::TEXT
};

static POLICIES: Variable<PoliciesKind> = Variable::new(
    "MG_USERS_POLICIES",
    POLICIES_KIND,
    Preset::Unset("`spicedb` with `MG_USERS_AUTH=grpc`, else `none`"),
    "Where the relations of users to the platform are kept: `spicedb`, or `none`. The auth service \
     issues no token for a user without them.",
);

static HOST: Variable<String> = Variable::new(
    "MG_SPICEDB_HOST",
    HOST_NAME,
    Preset::Value("localhost"),
    "Name or address of SpiceDB. The connection is plain, as those of the platform's other services \
     are: keep it in a network of your own.",
);

static PORT: Variable<u16> = Variable::new(
    "MG_SPICEDB_PORT",
    kind::PORT,
    Preset::Value("50051"),
    "Port of SpiceDB's gRPC server.",
);

static PRE_SHARED_KEY: Variable<String> = Variable::new(
    "MG_SPICEDB_PRE_SHARED_KEY",
    Kind {
        name: "secret",
        expected: "a key of printable ASCII characters",
        // It travels in a header.
        parse: |text| {
            let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            is_printable.then(|| text.to_owned()).ok_or(None)
        },
    },
    Preset::Value(DOCUMENTED_KEY),
    "The key that SpiceDB was started with. Who has it can make anybody administrator of the \
     platform.",
)
.secret();

pub(super) static SECTION: Section = Section {
    title: "SpiceDB",
    entries: &[
        &POLICIES.entry,
        &HOST.entry,
        &PORT.entry,
        &PRE_SHARED_KEY.entry,
    ],
};

/// What nothing looks at where no relations are kept.
pub(super) fn without_effect_if_none() -> impl Iterator<Item = &'static Entry> {
    SECTION.entries.iter().copied().skip(1)
}

/// How SpiceDB is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct SpiceDbSettings {
    /// Where it listens.
    pub address: Address,
    /// What it was started with.
    pub key: String,
    /// How long a call may take; above zero.
    pub timeout: Duration,
}

impl SpiceDbSettings {
    /// Whether the key is the documented one.
    pub fn has_documented_key(&self) -> bool {
        self.key == DOCUMENTED_KEY
    }
}

/// Where it is, and not the key.
impl fmt::Debug for SpiceDbSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpiceDbSettings")
            .field("address", &self.address)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Where relations are kept; `None` only if a problem was noted.
pub(super) fn read_kind(reader: &mut Reader, auth: Option<AuthKind>) -> Option<PoliciesKind> {
    if reader.found(&POLICIES.entry).is_some() {
        return reader.optional(&POLICIES);
    }
    auth.map(|auth| match auth {
        AuthKind::Grpc => PoliciesKind::SpiceDb,
        AuthKind::Embedded => PoliciesKind::None,
    })
}

/// How SpiceDB is reached if it is; `timeout` is that of the platform's calls.
pub(super) fn read(reader: &mut Reader, timeout: Option<Duration>) -> Option<SpiceDbSettings> {
    let host = reader.required(&HOST);
    let port = reader.required(&PORT);
    let key = reader.required(&PRE_SHARED_KEY);
    Some(SpiceDbSettings {
        address: Address {
            host: host?,
            port: port?,
        },
        key: key?,
        timeout: timeout?,
    })
}
