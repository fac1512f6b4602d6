//! Which ids SpiceDB can hold.

use users_domain::model::UserId;

/// The most bytes of an object's id.
const MAX_BYTES: usize = 1024;

/// Whether an object of SpiceDB may have this id: `[a-zA-Z0-9/_|\-=+]{1,1024}`.
///
/// SpiceDB also takes `*` as a subject, which means everybody: a user of that name would make the
/// whole world a member.
pub(crate) fn can_be_held(user: &UserId) -> bool {
    let id = user.as_str().as_bytes();
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(|byte| may_stand_in_an_id(*byte))
}

fn may_stand_in_an_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_|-=+".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(id: &str) -> bool {
        can_be_held(&UserId::from_stored(id.to_owned()))
    }

    #[test]
    fn ids_of_its_characters_can_be_held() {
        for id in [
            "a",
            "5bc4eb1d-1f53-4a3a-96f8-2b5c0c9e5f62",
            "/_|-=+",
            &"x".repeat(MAX_BYTES),
        ] {
            assert!(held(id), "{id}");
        }
    }

    #[test]
    fn other_ids_cannot() {
        for id in [
            "",
            "*",
            "a b",
            "a:b",
            "a#b",
            "a@b",
            "a.b",
            "é",
            "a\n",
            &"x".repeat(MAX_BYTES + 1),
        ] {
            assert!(!held(id), "{id}");
        }
    }
}
