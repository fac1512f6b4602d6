//! The recorded accounts.

use serde_json::Value;
use users_domain::model::{
    Email, Metadata, PersonName, PictureUrl, Role, Status, Tags, User, UserId, Username,
};
use users_testkit::fakes::PlainHasher;
use users_testkit::people;

use super::Result;
use super::record::{Record, time_in};

const ADMIN_PASSWORD: &str = "12345678";

/// Those that take part in many records, as they were made.
pub(super) struct Accounts {
    pub(super) admin: User,
    pub(super) ada: User,
    pub(super) grace: User,
}

impl Accounts {
    /// Finds them in the records of their registration; the administrator's first look at himself.
    pub(super) fn recorded(records: &[Record]) -> Result<Self> {
        let find = |case: &str| {
            let record = records.iter().find(|record| record.case == case);
            let account = record.and_then(|record| {
                let password = record.body()["credentials"]["secret"].as_str();
                read(record.answer(), password.unwrap_or(ADMIN_PASSWORD))
            });
            account.ok_or_else(|| format!("there is no record of the account in {case}"))
        };
        Ok(Self {
            admin: find("view_own_admin")?,
            ada: find("register_minimal")?,
            grace: find("register_full")?,
        })
    }

    /// The account that a request is about, as it was before it.
    pub(super) fn target(&self, record: &Record) -> User {
        let id = record.id_in_path().map(str::to_owned);
        let mut user = read(record.answer(), "secret-12345").unwrap_or_else(|| match id {
            Some(id) if id == self.grace.id.as_str() => self.grace.clone(),
            Some(id) if id != self.ada.id.as_str() => User {
                id: UserId::from_stored(id),
                ..people::user("somebody")
            },
            _ => self.ada.clone(),
        });
        match record.operation.as_str() {
            "enable" if record.case.contains("deleted") => user.status = Status::Deleted,
            "enable" => user.status = Status::Disabled,
            "disable" | "delete" => user.status = Status::Enabled,
            "update_role" if user.role == Role::Admin => user.role = Role::User,
            "update_role" => user.role = Role::Admin,
            "update_email" => user.email = Email::from_stored("before@example.com".to_owned()),
            "update_secret" => {
                let old = record.body()["old_secret"].as_str().unwrap_or_default();
                user.secret = Some(PlainHasher::hash_of(old));
            }
            _ => {}
        }
        user
    }

    /// Who sent the request. Whether his address was proven the record says; so it stands in the
    /// account.
    pub(super) fn caller(&self, record: &Record, target: &mut User) -> User {
        let said = record.asked("caller");
        let by_admin = said.contains("role 2")
            || (said == "personal access token" && !record.case.starts_with("pat_user"));
        if by_admin {
            let is_target = target.id == self.admin.id;
            return if is_target {
                target.clone()
            } else {
                self.admin.clone()
            };
        }
        let sees_a_part = record.answer()["id"].is_string() && record.answer()["email"].is_null();
        let mut caller = if sees_a_part {
            self.ada.clone()
        } else {
            target.clone()
        };
        if said.contains("verified true") {
            caller.verified_at = caller.verified_at.or(caller.created_at);
        }
        if caller.id == target.id {
            *target = caller.clone();
        }
        caller
    }
}

/// The account that an answer shows in full, or none.
fn read(answer: &Value, password: &str) -> Option<User> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = |value: &Value| match value {
        Value::Null => Metadata::default(),
        value => Metadata::from_stored(value.to_string()),
    };
    let tags = answer["tags"].as_array().into_iter().flatten();
    Some(User {
        id: UserId::from_stored(answer["id"].as_str()?.to_owned()),
        email: Email::from_stored(answer["email"].as_str()?.to_owned()),
        first_name: PersonName::from_stored(text(&answer["first_name"])),
        last_name: PersonName::from_stored(text(&answer["last_name"])),
        username: Some(Username::from_stored(text(
            &answer["credentials"]["username"],
        ))),
        secret: Some(PlainHasher::hash_of(password)),
        tags: Tags::from_stored(tags.map(text).collect()),
        metadata: metadata(&answer["metadata"]),
        private_metadata: metadata(&answer["private_metadata"]),
        profile_picture: answer["profile_picture"]
            .as_str()
            .map(|url| PictureUrl::from_stored(url.to_owned())),
        role: if answer["role"] == "admin" {
            Role::Admin
        } else {
            Role::User
        },
        status: if answer["status"] == "enabled" {
            Status::Enabled
        } else {
            Status::Disabled
        },
        auth_provider: None,
        created_at: time_in(&answer["created_at"]),
        updated_at: time_in(&answer["updated_at"]),
        updated_by: answer["updated_by"].as_str().map(str::to_owned),
        verified_at: time_in(&answer["verified_at"]),
        tokens_valid_from: None,
        sessions_valid_from: None,
        version: 1,
    })
}
