//! An account with a value in every field.

use time::macros::datetime;
use users_domain::model::{
    Email, Metadata, PasswordHash, PersonName, PictureUrl, Role, Status, Tags, User, UserId,
    Username,
};

/// The same account each time; `mark` stands in every value that is a person's own or a secret.
pub(super) fn complete(mark: &str) -> User {
    User {
        id: UserId::from_stored("85d02485-e3d4-4fe5-86a2-1628438f651c".to_owned()),
        first_name: PersonName::from_stored(format!("{mark} first")),
        last_name: PersonName::from_stored(format!("{mark} last")),
        username: Some(Username::from_stored(mark.to_owned())),
        email: Email::from_stored(format!("{mark}@example.com")),
        secret: Some(PasswordHash::from_stored(format!("$2b$10${mark}"))),
        tags: Tags::from_stored(vec![format!("{mark} tag"), "cobol".to_owned()]),
        metadata: Metadata::from_stored(format!(r#"{{"big":12345678901234567890,"of":"{mark}"}}"#)),
        private_metadata: Metadata::from_stored(format!(r#"{{"ssn":"{mark}"}}"#)),
        profile_picture: Some(PictureUrl::from_stored(format!(
            "https://example.com/{mark}.png"
        ))),
        role: Role::User,
        status: Status::Enabled,
        auth_provider: None,
        created_at: Some(datetime!(2026-11-23 12:14:06.544989 UTC)),
        updated_at: Some(datetime!(2026-11-23 12:14:19.500 UTC)),
        updated_by: Some("2f6b8275-0047-4d0c-b4bd-61571e82c5ed".to_owned()),
        verified_at: Some(datetime!(2026-11-23 12:14:08 UTC)),
        tokens_valid_from: None,
        sessions_valid_from: None,
        version: 1,
    }
}
