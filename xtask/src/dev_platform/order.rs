//! What a person may tell the platform while it runs.

use users_domain::model::UserId;
use uuid::Uuid;

/// One part of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Auth,
    Keys,
    Domains,
    SpiceDb,
}

/// What a person tells the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// A part goes away.
    Away(Part),
    /// It comes back.
    Back(Part),
    /// Another key signs.
    Rotate,
    /// A personal access token is made.
    Pat(UserId),
    /// The relationships are shown.
    Relations,
}

impl Order {
    /// What may be typed.
    pub(crate) const HELP: &str = "Type: away PART, back PART (auth, keys, domains, spicedb), \
                                   rotate (keys), pat USER-ID, relations.";

    /// Reads a line; says what is wrong with it.
    pub(crate) fn read(line: &str) -> Result<Self, &'static str> {
        let words: Vec<_> = line.split_whitespace().collect();
        match *words.as_slice() {
            ["away", part] => Ok(Self::Away(Part::read(part)?)),
            ["back", part] => Ok(Self::Back(Part::read(part)?)),
            ["rotate"] => Ok(Self::Rotate),
            ["relations"] => Ok(Self::Relations),
            ["pat", user] => {
                let user = Uuid::parse_str(user).map_err(|_| "that is no user's id")?;
                Ok(Self::Pat(UserId::from_stored(
                    user.hyphenated().to_string(),
                )))
            }
            _ => Err("that is not understood"),
        }
    }
}

impl Part {
    fn read(word: &str) -> Result<Self, &'static str> {
        match word {
            "auth" => Ok(Self::Auth),
            "keys" => Ok(Self::Keys),
            "domains" => Ok(Self::Domains),
            "spicedb" => Ok(Self::SpiceDb),
            _ => Err("there is no such part"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_others_told() {
        let user = "0e8d9f4a-1b2c-4d3e-9f5a-6b7c8d9e0f1a";
        for (line, expected) in [
            ("away auth", Ok(Order::Away(Part::Auth))),
            ("  back   spicedb ", Ok(Order::Back(Part::SpiceDb))),
            ("rotate", Ok(Order::Rotate)),
            ("relations", Ok(Order::Relations)),
            (
                &format!("pat {user}"),
                Ok(Order::Pat(UserId::from_stored(user.to_owned()))),
            ),
            ("pat ada", Err("that is no user's id")),
            ("away moon", Err("there is no such part")),
            ("away", Err("that is not understood")),
            ("", Err("that is not understood")),
        ] {
            assert_eq!(Order::read(line), expected, "{line}");
        }
    }
}
