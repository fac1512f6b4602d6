//! Somebody to administer a fresh service, as `MG_USERS_ADMIN_*` say.

use tracing::{error, info, warn};
use users_domain::model::{Password, PasswordPolicy, RequestContext, UserId};
use users_domain::ports::Entropy;
use users_domain::services::{AdministratorOutcome, FirstAdministrator};
use users_domain::{Error, Users};

use crate::config::AdminSettings;

/// Random bytes of a made-up password: 144 bits, 24 characters.
const RANDOM_BYTES: usize = 18;

/// What is known of the administrator that the settings name.
pub enum Administrator {
    /// He was made now, with this password if none was set.
    Made(Option<Password>),
    /// He was there before; the settings changed nothing about him.
    There,
    /// Nobody with the settings' address administers this service; the log says why.
    Unknown,
}

/// Makes sure that there is an administrator.
///
/// It never stops a start: what goes wrong is logged, with what to do.
pub async fn ensure(
    users: &Users,
    entropy: &dyn Entropy,
    settings: &AdminSettings,
) -> Administrator {
    let made_up = match &settings.password {
        Some(_) => None,
        None => made_up_password(entropy),
    };
    let Some(password) = settings.password.as_ref().or(made_up.as_ref()) else {
        error!("no password was made up for the first administrator");
        return Administrator::Unknown;
    };
    let wanted = FirstAdministrator {
        email: settings.email.clone(),
        username: settings.username.clone(),
        first_name: settings.first_name.clone(),
        last_name: settings.last_name.clone(),
        password: password.clone(),
    };
    let outcome = users
        .registration
        .ensure_administrator(&RequestContext::default(), &wanted)
        .await;
    report(&outcome);
    match outcome {
        Ok(AdministratorOutcome::Created(_)) => Administrator::Made(made_up),
        Ok(AdministratorOutcome::Exists {
            administrator: true,
            ..
        }) => Administrator::There,
        _ => Administrator::Unknown,
    }
}

/// A password that nobody guesses, of letters, digits, `-` and `_`, which a shell and JSON leave
/// alone.
pub fn made_up_password(entropy: &dyn Entropy) -> Option<Password> {
    use base64::Engine as _;

    let mut bytes = [0; RANDOM_BYTES];
    entropy.fill(&mut bytes);
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    PasswordPolicy::anything().accept(&text).ok()
}

fn report(outcome: &Result<AdministratorOutcome, Error>) {
    match outcome {
        Ok(AdministratorOutcome::Created(id)) => {
            info!(user.id = %id, "the first administrator was made");
        }
        Ok(AdministratorOutcome::Exists {
            administrator: true,
            ..
        }) => {}
        Ok(AdministratorOutcome::Exists { id, .. }) => warn!(
            user.id = %id,
            "the account with the e-mail address MG_USERS_ADMIN_EMAIL is no administrator; it was \
             left as it is"
        ),
        Ok(AdministratorOutcome::OtherAdministrators(ids)) => {
            let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
            warn!(
                administrators = ids.join(","),
                "nobody has the e-mail address MG_USERS_ADMIN_EMAIL, and no account was made for it: \
                 there are administrators already; set it to the address of one of them, or make \
                 another with `magistrala-users users create-admin`"
            );
        }
        Ok(AdministratorOutcome::EmailTaken) => warn!(
            "there is no enabled administrator, and MG_USERS_ADMIN_EMAIL is the e-mail address of \
             an account that is not enabled, or differs only in upper and lower case from that of \
             an enabled one: set another"
        ),
        Err(error) => error!(
            %error,
            "whether there is an administrator could not be found out; the next start tries again"
        ),
    }
}
