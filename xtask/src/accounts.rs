//! Accounts for measuring stores: as many as wanted, varied, and the same on every machine.
//!
//! A search is comparable at two sizes only if it finds as much at both. So some accounts have rare
//! words in their names, addresses, tags and metadata: [`Accounts::PER_RARE_WORD`] for each word, at
//! every size, spread evenly; no other account has any three letters on end of these words.

mod dice;
mod middle;
mod words;

use std::time::Duration;

use users_domain::model::{
    Effect, Email, EventBuilder, EventOperation, Metadata, PasswordHash, PersonName,
    RequestContext, Role, Status, Tags, Timestamp, User, UserId, Username,
};
use users_http::EnumFormat;
use users_http::account_record;
use uuid::Uuid;

use dice::Dice;

/// Accounts of a store of one size.
#[derive(Debug, Clone, Copy)]
pub struct Accounts {
    count: u64,
}

/// Accounts are made in these years before the last of them.
const YEARS: u64 = 5;
const SECONDS_PER_YEAR: u64 = 365 * 24 * 3600;
/// 2021-01-01, in seconds of Unix time.
const FIRST_MADE: i64 = 1_609_459_200;

impl Accounts {
    /// Words that are in few accounts.
    pub const RARE_WORDS: [&str; 4] = ["qwzx", "xqjw", "zxqk", "jqxz"];
    /// In how many, each.
    pub const PER_RARE_WORD: u64 = 50;
    /// All rare accounts must fit.
    pub const FEWEST: u64 = Self::PER_RARE_WORD * Self::RARE_WORDS.len() as u64;

    /// `count` accounts; those numbered from there on have no rare word.
    pub const fn new(count: u64) -> Self {
        Self { count }
    }

    /// How many there are.
    pub const fn count(self) -> u64 {
        self.count
    }

    /// The account with this number; any number will do.
    pub fn user(self, number: u64) -> User {
        let mut dice = Dice::of(number);
        let id = UserId::new(Uuid::from_u128(dice.roll_128()));
        let rare = self.rare_word(number);
        let first = words::name(&mut dice, 2);
        let length = 2 + dice.below(2);
        let last = words::name(&mut dice, length);
        let joint = ["_", "-"][dice.index_below(2)];
        let word = rare.unwrap_or_default();
        let username = format!("{first}{joint}{last}{word}{number}");
        let domain = words::domain(&mut dice);
        let email = format!("{first}.{last}{word}{number}@{domain}");
        let status = match dice.below(100) {
            // Lists show enabled accounts only: rare ones must be among them at every size.
            _ if rare.is_some() => Status::Enabled,
            0 | 1 => Status::Disabled,
            2 => Status::Deleted,
            _ => Status::Enabled,
        };
        let created_at = made_at(&mut dice);
        let later = Duration::from_secs(1 + dice.below(SECONDS_PER_YEAR));
        let updated_at = (dice.below(3) == 0).then_some(created_at + later);
        let verified_at = (dice.below(10) > 0).then_some(created_at + Duration::from_mins(5));
        User {
            id,
            first_name: PersonName::from_stored(words::capitalised(&first)),
            last_name: PersonName::from_stored(words::capitalised(&last)),
            username: Some(Username::from_stored(username)),
            email: Email::from_stored(email),
            secret: Some(PasswordHash::from_stored(words::password_hash(&mut dice))),
            tags: Tags::from_stored(tags(&mut dice, rare)),
            metadata: Metadata::from_stored(metadata(&mut dice, number, rare)),
            private_metadata: Metadata::default(),
            profile_picture: None,
            role: Role::User,
            status,
            auth_provider: None,
            created_at: Some(created_at),
            updated_at,
            updated_by: None,
            verified_at,
            tokens_valid_from: None,
            sessions_valid_from: None,
            version: 1,
        }
    }

    /// The account with this number as a line for `users import`, with its line end.
    pub fn line(self, number: u64) -> serde_json::Result<Vec<u8>> {
        let mut line = Vec::new();
        account_record::write(&self.user(number), EnumFormat::Names, &mut line)?;
        Ok(line)
    }

    fn rare_word(self, number: u64) -> Option<&'static str> {
        if number >= self.count || self.count < Self::FEWEST {
            return None;
        }
        let before =
            |number: u64| u128::from(number) * u128::from(Self::FEWEST) / u128::from(self.count);
        let rank = before(number);
        let is_rare = before(number + 1) > rank;
        let word = usize::try_from(rank).unwrap_or_default() % Self::RARE_WORDS.len();
        is_rare.then(|| Self::RARE_WORDS[word])
    }
}

/// A tag that the accounts with a rare word have.
pub fn rare_tag(word: &str) -> String {
    format!("rare-{word}")
}

/// What the metadata of the accounts with a rare word contains.
pub fn rare_metadata(word: &str) -> Metadata {
    Metadata::from_stored(format!(r#"{{"badge":"{word}"}}"#))
}

/// What a registration commits with the account.
pub fn creation(user: &User) -> Effect {
    let made_at = user.created_at.unwrap_or(Timestamp::UNIX_EPOCH);
    let id = Uuid::parse_str(user.id.as_str()).unwrap_or_default();
    let context = RequestContext::default();
    let event = EventBuilder::new(
        id,
        EventOperation::Create,
        user.id.as_str(),
        made_at,
        &context,
    );
    Effect::Event(event.account(user).build())
}

fn made_at(dice: &mut Dice) -> Timestamp {
    let since = Duration::from_secs(dice.below(YEARS * SECONDS_PER_YEAR))
        + Duration::from_micros(dice.below(1_000_000));
    Timestamp::UNIX_EPOCH + time::Duration::seconds(FIRST_MADE) + since
}

/// None to four, few of them in many accounts and many in few.
fn tags(dice: &mut Dice, rare: Option<&str>) -> Vec<String> {
    let mut tags: Vec<String> = rare.map(rare_tag).into_iter().collect();
    for _ in 0..dice.below(5) {
        let tag = words::tag(dice);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn metadata(dice: &mut Dice, number: u64, rare: Option<&str>) -> String {
    let department = words::DEPARTMENTS[dice.index_below(words::DEPARTMENTS.len())];
    let level = dice.below(9);
    let city = words::capitalised(&words::name(dice, 3));
    let badge = rare
        .map(|word| format!(r#","badge":"{word}""#))
        .unwrap_or_default();
    format!(
        r#"{{"department":"{department}","level":{level},"city":"{city}","customer":{number}{badge}}}"#
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use users_domain::error::Invalid;

    use super::*;

    fn all(count: u64) -> Vec<User> {
        let accounts = Accounts::new(count);
        (0..count).map(|number| accounts.user(number)).collect()
    }

    #[test]
    fn a_rare_word_is_in_as_many_accounts_at_every_size() {
        for count in [Accounts::FEWEST, 333, 5000] {
            let users = all(count);
            for word in Accounts::RARE_WORDS {
                let found = |finds: &dyn Fn(&User) -> bool| {
                    users.iter().filter(|user| finds(user)).count() as u64
                };
                let username = |user: &User, part: &str| {
                    let username = user.username.as_ref().map(Username::folded);
                    username.is_some_and(|name| name.contains(part))
                };
                for part in [word, &word[..3], &word[1..]] {
                    assert_eq!(found(&|user| username(user, part)), Accounts::PER_RARE_WORD);
                    let email = found(&|user| user.email.folded().contains(part));
                    assert_eq!(email, Accounts::PER_RARE_WORD, "{part} of {count}");
                }
                let tag = rare_tag(word);
                let tagged = found(&|user| user.tags.as_slice().contains(&tag));
                assert_eq!(tagged, Accounts::PER_RARE_WORD);
                let part = rare_metadata(word);
                let badged = found(&|user| user.metadata.contains(&part));
                assert_eq!(badged, Accounts::PER_RARE_WORD);
            }
        }
    }

    #[test]
    fn accounts_beyond_the_count_are_not_rare() {
        let accounts = Accounts::new(300);
        assert!((300..900).all(|number| accounts.rare_word(number).is_none()));
    }

    #[test]
    fn every_account_is_one_that_could_register() {
        for user in all(2000) {
            let username = user.username.as_ref().expect("a username");
            let parsed = Username::parse(username.as_str()).and_then(|_| {
                Email::parse(user.email.as_str())?;
                UserId::parse(user.id.as_str())?;
                Tags::parse(user.tags.as_slice().to_vec())?;
                Metadata::parse("metadata", user.metadata.as_str())?;
                Ok::<_, Invalid>(())
            });
            assert_eq!(parsed, Ok(()), "{}", username.as_str());
        }
        let longest = Accounts::new(300).user(99_999_999);
        let username = longest.username.expect("a username");
        assert!(username.as_str().len() + 4 <= Username::MAX_CHARS);
    }

    #[test]
    fn accounts_are_varied_and_no_two_share_a_name() {
        let users = all(5000);
        let count =
            |text: &dyn Fn(&User) -> String| users.iter().map(text).collect::<HashSet<_>>().len();
        assert_eq!(count(&|user| user.id.to_string()), 5000);
        assert_eq!(count(&|user| user.email.folded()), 5000);
        let username = |user: &User| user.username.as_ref().map(Username::folded);
        assert_eq!(count(&|user| username(user).unwrap_or_default()), 5000);
        assert!(count(&|user| user.last_name.as_str().to_owned()) > 1000);
        let enabled = users.iter().filter(|user| user.status == Status::Enabled);
        assert!((4750..=4950).contains(&enabled.count()));
    }

    #[test]
    fn the_same_number_is_the_same_account() {
        let accounts = Accounts::new(1000);
        assert_eq!(accounts.user(17), accounts.user(17));
        let line = String::from_utf8(accounts.line(17).expect("a line")).expect("UTF-8");
        let read: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(read["id"], accounts.user(17).id.as_str());
        assert!(line.ends_with("}\n"));
    }
}
