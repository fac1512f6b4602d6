//! What an account must be to come in as it is: by today's rules, or by what stores can hold.

use super::json::{JsonFault, STORED_JSON_DEPTH_LIMIT, check_stored_json};
use super::{Email, Metadata, PersonName, PictureUrl, Tags, User, UserId, Username, text};
use crate::error::{Invalid, InvalidReason};

/// Most characters of a text that stores keep in a column of bounded width: the width in every known
/// deployment, but for the id's.
const COLUMN_CHARS: usize = 254;

/// The last second of the year 9999: tokens that must be younger are never issued.
const LAST_SECOND: i64 = 253_402_300_799;

impl User {
    /// Whether every value obeys the rules that those of a registration obey; which one does not.
    /// Names and username may be absent, since accounts of other systems lack them; the hash is the
    /// hasher's to judge.
    pub fn check_rules(&self) -> Result<(), Invalid> {
        UserId::parse(self.id.as_str())?;
        Email::parse(self.email.as_str())?;
        if let Some(username) = &self.username {
            Username::parse(username.as_str())?;
        }
        for (field, name) in self.names() {
            if !name.as_str().is_empty() {
                PersonName::parse(field, name.as_str())?;
            }
        }
        if !self.tags.is_empty() {
            Tags::parse(self.tags.as_slice().to_vec())?;
        }
        for (field, metadata) in self.free_form() {
            if !metadata.is_empty() {
                Metadata::parse(field, metadata.as_str())?;
            }
        }
        if let Some(picture) = &self.profile_picture {
            PictureUrl::parse(picture.as_str())?;
        }
        for (field, text) in self.origins() {
            text::at_most_bytes(field, text, COLUMN_CHARS)?;
            text::refuse_hidden(field, text)?;
        }
        for (field, second) in [
            ("tokens_valid_from", self.tokens_valid_from),
            ("sessions_valid_from", self.sessions_valid_from),
        ] {
            if second.is_some_and(|second| !(0..=LAST_SECOND).contains(&second)) {
                return Err(Invalid::new(
                    field,
                    InvalidReason::OutOfRange {
                        min: 0,
                        max: LAST_SECOND.unsigned_abs(),
                    },
                ));
            }
        }
        Ok(())
    }

    /// Whether every store can hold it, whatever rules it breaks; what cannot be held.
    pub fn check_storable(&self) -> Result<(), Invalid> {
        fits_column("id", self.id.as_str(), UserId::MAX_BYTES)?;
        fits_column("email", self.email.as_str(), COLUMN_CHARS)?;
        if let Some(username) = &self.username {
            fits_column("credentials.username", username.as_str(), COLUMN_CHARS)?;
        }
        for (field, name) in self.names() {
            fits_column(field, name.as_str(), COLUMN_CHARS)?;
        }
        for (field, text) in self.origins() {
            fits_column(field, text, COLUMN_CHARS)?;
        }
        for tag in self.tags.as_slice() {
            refuse_nul("tags", tag)?;
        }
        if let Some(picture) = &self.profile_picture {
            refuse_nul("profile_picture", picture.as_str())?;
        }
        if let Some(secret) = &self.secret {
            refuse_nul("password_hash", secret.as_str())?;
        }
        for (field, metadata) in self.free_form() {
            check_stored_json(metadata.as_str()).map_err(|fault| {
                Invalid::new(
                    field,
                    match fault {
                        JsonFault::Malformed => InvalidReason::Malformed("is not valid JSON"),
                        JsonFault::TooDeep => InvalidReason::TooDeep {
                            limit: STORED_JSON_DEPTH_LIMIT,
                        },
                        JsonFault::NumberTooLong => InvalidReason::Malformed(
                            "holds a number of more digits than databases keep",
                        ),
                        JsonFault::HoldsNul => InvalidReason::Character("U+0000"),
                    },
                )
            })?;
        }
        Ok(())
    }

    fn names(&self) -> [(&'static str, &PersonName); 2] {
        [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
        ]
    }

    fn free_form(&self) -> [(&'static str, &Metadata); 2] {
        [
            ("metadata", &self.metadata),
            ("private_metadata", &self.private_metadata),
        ]
    }

    /// Who vouches for the account, and who changed it last.
    fn origins(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let provider = self.auth_provider.as_deref();
        let changed_by = self.updated_by.as_deref();
        let provider = provider.map(|text| ("auth_provider", text));
        provider
            .into_iter()
            .chain(changed_by.map(|text| ("updated_by", text)))
    }
}

fn fits_column(field: &'static str, text: &str, limit: usize) -> Result<(), Invalid> {
    refuse_nul(field, text)?;
    if text.len() > limit && text.chars().count() > limit {
        let unit = "characters";
        return Err(Invalid::new(field, InvalidReason::TooLong { limit, unit }));
    }
    Ok(())
}

fn refuse_nul(field: &'static str, text: &str) -> Result<(), Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new(field, InvalidReason::Character("U+0000")));
    }
    Ok(())
}
