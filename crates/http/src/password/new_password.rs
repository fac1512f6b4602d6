//! A new password, typed twice.

use users_domain::error::{Invalid, InvalidReason};
use users_domain::model::{Password, PasswordPolicy};
use utoipa::ToSchema;

use crate::openapi::fields;

const PASSWORD: &str = "password";
const AGAIN: &str = "confirm_password";

/// What somebody typed, and what he typed to make sure.
#[derive(ToSchema)]
pub(super) struct NewPassword {
    #[schema(schema_with = fields::new_password)]
    password: String,
    /// The same once more.
    #[schema(schema_with = fields::typed_password)]
    confirm_password: String,
}

impl NewPassword {
    /// Takes both by the names that they have in bodies and forms.
    pub(super) fn take(
        text: impl Fn(&'static str) -> Result<Option<String>, Invalid>,
    ) -> Result<Self, Invalid> {
        Ok(Self {
            password: text(PASSWORD)?.unwrap_or_default(),
            confirm_password: text(AGAIN)?.unwrap_or_default(),
        })
    }

    /// The password, if both are the same and the operator's rule is met.
    pub(super) fn accept(&self, policy: &PasswordPolicy) -> Result<Password, Invalid> {
        for (field, text) in [(PASSWORD, &self.password), (AGAIN, &self.confirm_password)] {
            if text.is_empty() {
                return Err(Invalid::new(field, InvalidReason::Missing));
            }
        }
        if self.password != self.confirm_password {
            let reason = InvalidReason::Malformed("differs from the new password");
            return Err(Invalid::new(AGAIN, reason));
        }
        let accepted = policy.accept(&self.password);
        accepted.map_err(|invalid| invalid.in_field(PASSWORD))
    }
}
