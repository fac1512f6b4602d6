//! Defaults that are not those of the deployed service, whose database may have been taken over.

use super::Config;

/// A setting, and what is said where nobody has set it.
const DIFFERENT: [(&str, &str); 2] = [
    (
        "MG_USERS_API_ENUMS",
        "MG_USERS_API_ENUMS is unset, so answers carry role and status as numbers; the deployed \
         service's SDKs and UI expect `names`",
    ),
    (
        "MG_USERS_ALLOW_SELF_REGISTER",
        "MG_USERS_ALLOW_SELF_REGISTER is unset, so anybody may register; with the deployed service \
         nobody may unless it is set",
    ),
];

impl Config {
    /// What will be otherwise than with the deployed service because nobody has set it: a sentence
    /// each, for whoever takes its database over.
    pub fn differs_from_deployed(&self) -> impl Iterator<Item = &'static str> {
        let is_unset = |name: &str| {
            let mut settings = self.effective().iter();
            settings.any(|setting| setting.name == name && setting.origin.ends_with("default"))
        };
        DIFFERENT
            .into_iter()
            .filter(move |(name, _)| is_unset(name))
            .map(|(_, said)| said)
    }
}
