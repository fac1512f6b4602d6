//! Which ids SpiceDB, and so the platform, can hold.

/// The most bytes of an object's id.
const MAX_BYTES: usize = 1024;

/// Whether an object of SpiceDB may have this id: `[a-zA-Z0-9/_|\-=+]{1,1024}`.
///
/// SpiceDB also takes `*` as a subject, which means everybody: a user of that name would make the
/// whole world a member.
pub fn can_be_held(id: &str) -> bool {
    let id = id.as_bytes();
    (1..=MAX_BYTES).contains(&id.len()) && id.iter().all(|byte| may_stand_in_an_id(*byte))
}

fn may_stand_in_an_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/_|-=+".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_its_characters_can_be_held() {
        for id in [
            "a",
            "5bc4eb1d-1f53-4a3a-96f8-2b5c0c9e5f62",
            "/_|-=+",
            &"x".repeat(MAX_BYTES),
        ] {
            assert!(can_be_held(id), "{id}");
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
            assert!(!can_be_held(id), "{id}");
        }
    }
}
