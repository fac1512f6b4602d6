//! Every member that an operation reads from its body, with the rules it is documented to obey.

/// `null` and `empty` say what becomes of such a value: a status, or `missing`. `most` is the limit
/// in bytes or characters, of each element in a list. `refuses` says which characters: `hidden` ones
/// (of control, of line ends, of direction) or U+0000 alone (`nul`), as a new `password` does, which
/// must be one line besides; an `identity` or `secret` is only compared, and a `code` that holds
/// others is simply none. `within` is the answer to another value that is acceptable.
const TABLE: &str = "
operation              field                kind   null    empty   most   refuses  within
create                 first_name           text   missing missing 254b   hidden   201
create                 last_name            text   missing missing 254b   hidden   201
create                 credentials.username text   missing missing 32c    hidden   201
create                 credentials.secret   text   missing missing 72b    password 201
create                 email                text   missing missing 254b   hidden   201
create                 tags                 texts  201     201     64c    hidden   201
create                 metadata             object 201     201     65536b nul      201
create                 private_metadata     object 201     201     65536b nul      201
create                 profile_picture      text   201     201     2048b  hidden   201
create                 role                 choice 201     201     -      -        201
create                 status               choice 201     201     -      -        201
issue_token            identity             text   missing missing 1024b  nul      401
issue_token            username             text   -       missing 1024b  nul      401
issue_token            secret               text   missing missing -      nothing  401
issue_token            password             text   -       missing -      nothing  401
issue_token            description          text   201     201     254b   hidden   201
revoke_refresh_token   token_id             text   missing missing 254b   nul      204
update                 first_name           text   200     200     254b   hidden   200
update                 last_name            text   200     200     254b   hidden   200
update                 tags                 texts  200     200     64c    hidden   200
update                 metadata             object 200     200     65536b nul      200
update                 private_metadata     object 200     200     65536b nul      200
update                 profile_picture      text   200     200     2048b  hidden   200
update_username        username             text   missing missing 32c    hidden   200
update_profile_picture profile_picture      text   200     200     2048b  hidden   200
update_tags            tags                 texts  200     200     64c    hidden   200
update_email           email                text   missing missing 254b   hidden   200
update_role            role                 choice missing missing -      -        200
update_secret          old_secret           text   missing missing -      -        -
update_secret          new_secret           text   missing missing 72b    password 200
send_password_reset    email                text   missing missing 254b   hidden   201
reset_secret           token                text   missing missing -      code     -
reset_secret           password             text   missing missing 72b    password 201
reset_secret           confirm_password     text   missing missing -      -        -
";

/// A member of a body.
pub(super) struct Field {
    pub(super) operation: &'static str,
    /// As it is named in refusals, e.g. `credentials.username`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) null: Option<Fate>,
    pub(super) empty: Option<Fate>,
    pub(super) most: Option<Most>,
    pub(super) refuses: Refused,
    pub(super) within: Option<u16>,
}

/// What JSON a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Texts,
    Object,
    /// A number or a name.
    Choice,
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Missing,
    Answered(u16),
}

/// The longest value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Most {
    Bytes(usize),
    Characters(usize),
}

/// Which characters a member must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Hidden,
    Nul,
    Password,
    Nothing,
    Code,
    /// Elsewhere.
    Unsaid,
}

/// The members of an operation's body.
pub(super) fn of(operation: &str) -> Vec<Field> {
    let mut fields = all();
    fields.retain(|field| field.operation == operation);
    fields
}

/// Every row.
pub(super) fn all() -> Vec<Field> {
    TABLE.trim().lines().skip(1).map(Field::read).collect()
}

impl Field {
    fn read(line: &'static str) -> Self {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [operation, name, kind, null, empty, most, refuses, within] = cells[..] else {
            panic!("{line}");
        };
        Self {
            operation,
            name,
            kind: match kind {
                "text" => Kind::Text,
                "texts" => Kind::Texts,
                "object" => Kind::Object,
                "choice" => Kind::Choice,
                other => panic!("{other}"),
            },
            null: fate(null),
            empty: fate(empty),
            most: limit(most),
            refuses: match refuses {
                "hidden" => Refused::Hidden,
                "nul" => Refused::Nul,
                "password" => Refused::Password,
                "nothing" => Refused::Nothing,
                "code" => Refused::Code,
                "-" => Refused::Unsaid,
                other => panic!("{other}"),
            },
            within: (within != "-").then(|| within.parse().unwrap()),
        }
    }

    /// The member's own name.
    pub(super) fn key(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

fn fate(cell: &str) -> Option<Fate> {
    match cell {
        "-" => None,
        "missing" => Some(Fate::Missing),
        status => Some(Fate::Answered(status.parse().unwrap())),
    }
}

fn limit(cell: &str) -> Option<Most> {
    let (number, unit) = cell.split_at(cell.len() - 1);
    match unit {
        "b" => Some(Most::Bytes(number.parse().unwrap())),
        "c" => Some(Most::Characters(number.parse().unwrap())),
        _ => None,
    }
}
