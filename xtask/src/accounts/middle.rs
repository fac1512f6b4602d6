//! Places in the depth of the default list.

use users_domain::model::{Cursor, Sort, Timestamp, User, UserQuery};

use super::Accounts;

/// Accounts among which those in the middle of the order are looked for.
const SAMPLE: u64 = 1000;
/// One in so many of them is in the middle.
const MIDDLE: usize = 10;

impl Accounts {
    /// Cursors that half of the default list is before, more or less.
    pub fn cursors_in_the_middle(self) -> Vec<Cursor> {
        let sample = SAMPLE.min(self.count());
        let mut users: Vec<User> = (0..sample)
            .map(|place| self.user(place * (self.count() / sample)))
            .collect();
        users.sort_by_key(|user| {
            let changed_at = user.updated_at.or(user.created_at);
            changed_at.unwrap_or(Timestamp::UNIX_EPOCH)
        });
        let margin = (users.len() - users.len() / MIDDLE) / 2;
        let filter = UserQuery::default().filter;
        users[margin..users.len() - margin]
            .iter()
            .map(|user| Cursor::after(user, &filter, Sort::default()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use users_domain::model::{CursorKey, UserFilter};

    use super::*;

    #[test]
    fn cursors_in_the_middle_have_half_of_the_accounts_before_them() {
        let accounts = Accounts::new(5000);
        let cursors = accounts.cursors_in_the_middle();
        assert!(cursors.len() >= 100, "{}", cursors.len());
        let moment = |cursor: &Cursor| match &cursor.key {
            CursorKey::Time(moment) => *moment,
            CursorKey::Id | CursorKey::Text(_) => None,
        };
        let moments: Vec<Option<i64>> = (0..5000)
            .map(|number| {
                let user = accounts.user(number);
                moment(&Cursor::after(
                    &user,
                    &UserFilter::default(),
                    Sort::default(),
                ))
            })
            .collect();
        for cursor in cursors {
            let middle = moment(&cursor);
            assert!(middle.is_some());
            let before = moments.iter().filter(|other| **other < middle).count();
            assert!((2000..3000).contains(&before), "{before}");
        }
    }
}
